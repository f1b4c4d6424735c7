"""Signing in with the company's account: sent to its identity provider, and let in when it says who came."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from time import monotonic
from typing import Any

from kinfolk.commands.access.addresses import address_in
from kinfolk.commands.access.signing_in import begin_session
from kinfolk.commands.access.tokens import digest_of
from kinfolk.commands.serving import Served
from kinfolk.connectors.oidc.provider import Exchange, Provider
from kinfolk.errors import KinfolkError, NotAllowedError, NotFoundError
from kinfolk.model.access import Oidc, User
from kinfolk.model.secret import revealed
from kinfolk.policy.access import roles_of
from kinfolk.store.read.users import user_by_email, user_by_subject
from kinfolk.store.write.users import add_user, change_user

CALLBACK = "/sign-in/oidc/callback"
LASTS = 600  # seconds that somebody may take at the provider
_MOST = 10_000  # people who are there at the same time; of more, whoever left first has to begin again
_ASK = "Ask whoever looks after people here."
_VERIFIED = (True, "true")  # some providers write it so


@dataclass(frozen=True)
class Departure:
    """Somebody who was sent to the provider. onward: where they wanted to go; until: by the monotonic clock"""

    exchange: Exchange
    onward: str
    until: float


@dataclass(frozen=True)
class Arrival:
    """Somebody who was let in. secret: of their session; onward: where they wanted to go"""

    secret: str
    onward: str


class Departures:
    """Who was sent to the provider and has not come back.

    What they come back with (`state`, which others may see) is the sha256 of what only their browser knows.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._away: OrderedDict[str, Departure] = OrderedDict()

    def note(self, departure: Departure) -> tuple[str, str]:
        """What the browser is to keep, and the state."""
        secret = secrets.token_urlsafe(32)
        state = digest_of(secret)
        with self._lock:
            self._away[state] = departure
            while len(self._away) > _MOST or next(iter(self._away.values())).until < monotonic():
                self._away.popitem(last=False)
        return secret, state

    def take(self, secret: str, state: str) -> Departure | None:
        """Who comes back; None for who was not sent, or too long ago, or in another browser, or came back before."""
        if not hmac.compare_digest(digest_of(secret).encode(), state.encode()):
            return None
        with self._lock:
            found = self._away.pop(state, None)
        return found if found and found.until >= monotonic() else None


_DEPARTURES = Departures()


def depart(served: Served, onward: str) -> tuple[str, str]:
    """Where to send somebody who wants to sign in, and what their browser is to keep until they come back.

    Errors  NotFoundError where there is no provider; KinfolkError where it, or our own address, is not known
    """
    oidc = _configured(served)
    if served.public_url is None:
        raise KinfolkError(
            "The identity provider has to send people back, and nobody said how the world reaches this server.",
            hint="Start it as `kinfolk serve --url https://…`.",
        )
    exchange = Exchange(served.public_url + CALLBACK, secrets.token_urlsafe(48), secrets.token_urlsafe(32))
    secret, state = _DEPARTURES.note(Departure(exchange, onward, monotonic() + LASTS))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(exchange.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "redirect_uri": exchange.redirect_uri,
        "scope": "openid email profile",
        "state": state,
        "nonce": exchange.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return _provider(oidc).sign_in_url(asked), secret


def arrive(served: Served, secret: str, said: Mapping[str, str]) -> Arrival:
    """A session for who came back. secret: what their browser kept; said: what the address they came back to says

    Errors  NotAllowedError for who is not let in; KinfolkError for a provider that cannot be believed
    """
    oidc = _configured(served)
    departure = _DEPARTURES.take(secret, said.get("state", ""))
    if departure is None or said.get("iss", oidc.issuer).rstrip("/") != oidc.issuer:
        raise NotAllowedError("This attempt to sign in is over, or began elsewhere.", hint="Begin again.")
    if "code" not in said:
        raise NotAllowedError("The identity provider let nobody in.", hint="Begin again, or ask those who run it.")
    claims = _provider(oidc).claims(said["code"], departure.exchange, ("email", oidc.groups))
    groups = _groups(claims, oidc)
    session = begin_session(served, _person(served, oidc, claims, groups), groups)
    if session is None:
        raise NotAllowedError("The account was changed meanwhile.", hint="Begin again.")
    return Arrival(session, departure.onward)


def _configured(served: Served) -> Oidc:
    oidc = served.access.sign_in.oidc
    if oidc is None:
        raise NotFoundError("Nobody signs in with a company's account here.")
    return oidc


@lru_cache(maxsize=4)
def _provider(oidc: Oidc) -> Provider:
    return Provider(oidc.issuer, oidc.client_id, str(revealed(oidc.client_secret)))


def _groups(claims: Mapping[str, Any], oidc: Oidc) -> tuple[str, ...]:
    said = claims.get(oidc.groups, ())
    named = [said] if isinstance(said, str) else said
    return tuple(name for name in named if isinstance(name, str)) if isinstance(named, (list, tuple)) else ()


def _person(served: Served, oidc: Oidc, claims: Mapping[str, Any], groups: Sequence[str]) -> User:
    """Whom the provider speaks of: by what it calls them, and the first time by their verified address."""
    email = _address(claims, oidc)
    subject = f"{oidc.issuer} {claims['sub']}"
    user = user_by_subject(served.store, subject) or user_by_email(served.store, email)
    if user is None:
        user = _newcomer(served, email, groups, {"name": _name(claims), "subject": subject, "created_by": oidc.issuer})
    if not user.active:
        raise NotAllowedError(f"The account {email} was deactivated.", hint=_ASK)
    if user.subject != subject and user.subject and user.subject.startswith(f"{oidc.issuer} "):
        raise NotAllowedError(f"{email} is the account of somebody else of the same address.", hint=_ASK)
    known = {"email": email, "subject": subject, "name": user.name or _name(claims)}
    if all(getattr(user, field) == value for field, value in known.items()):
        return user
    try:
        return change_user(served.store, user.user_id, **known) or user
    except ValueError:
        raise NotAllowedError(f"{email} is somebody else's account here.", hint=_ASK) from None


def _newcomer(served: Served, email: str, groups: Sequence[str], known: Mapping[str, Any]) -> User:
    """An account for somebody who has none, where policies/access.yml gives them a role."""
    if not roles_of(served.access, email, (), groups):
        raise NotAllowedError(f"{email} has no account here, and no role that would give one.", hint=_ASK)
    made = add_user(served.store, email, **known) or user_by_email(served.store, email)
    if made is None:
        raise NotAllowedError("The account was changed meanwhile.", hint="Begin again.")
    return made


def _address(claims: Mapping[str, Any], oidc: Oidc) -> str:
    verified = claims.get("email_verified")
    if not isinstance(claims.get("email"), str):
        raise NotAllowedError("The identity provider does not say your e-mail address.", hint=_ASK)
    if verified not in _VERIFIED and not (verified is None and oidc.trust_email):
        raise NotAllowedError("The identity provider does not say that your e-mail address is verified.", hint=_ASK)
    return address_in(claims["email"])


def _name(claims: Mapping[str, Any]) -> str | None:
    return str(claims["name"]) if claims.get("name") else None
