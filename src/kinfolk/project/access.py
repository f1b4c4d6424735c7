"""policies/access.yml as frozen values."""

from __future__ import annotations

from datetime import timedelta

from kinfolk.model.access import ROLES, AccessPolicy, Oidc, Permission, Role, SignIn
from kinfolk.model.interval import interval
from kinfolk.project.files import Parsed
from kinfolk.project.written.access import AccessFile, OidcKeys, SignInKeys


def access_policy(parsed: Parsed[AccessFile] | None) -> AccessPolicy:
    """The policy of a file that holds no mistake; without a file, that which holds everywhere."""
    if parsed is None:
        return AccessPolicy()
    settings = parsed.settings
    written = {name: frozenset(map(Permission, entry.may)) for name, entry in settings.roles.items()}
    return AccessPolicy(
        roles={name: Role(name, may) for name, may in {**ROLES, **written}.items()},
        people={address: tuple(roles) for address, roles in settings.people.items()},
        groups={group: tuple(roles) for group, roles in settings.groups.items()},
        sign_in=_sign_in(settings.sign_in, parsed),
        place=parsed.document.place(),
    )


def _sign_in(keys: SignInKeys, parsed: Parsed[AccessFile]) -> SignIn:
    return SignIn(
        session=_length(keys.session),
        idle=_length(keys.idle),
        attempts=keys.attempts,
        locked=_length(keys.locked),
        passwords=keys.passwords,
        oidc=_oidc(keys.oidc, parsed) if keys.oidc else None,
    )


def _oidc(keys: OidcKeys, parsed: Parsed[AccessFile]) -> Oidc:
    secret = parsed.resolved.secrets.get(("sign_in", "oidc", "client_secret"), keys.client_secret)
    return Oidc(keys.issuer.rstrip("/"), keys.client_id, secret, keys.groups, keys.trust_email)


def _length(text: str) -> timedelta:
    found = interval(text)
    if found is None:
        raise AssertionError(f"{text} was checked to be a length of time")
    return found
