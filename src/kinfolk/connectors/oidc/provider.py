"""An identity provider: what it says of itself, where it lets people in, and what it says of who came."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from kinfolk.errors import KinfolkError

# Signatures by a key of the provider's that everybody may know. Those by a shared secret, and none, are no proof here.
_SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
_FRESH = 3600.0  # seconds for which what it says of itself is believed
_DOWN = 10.0  # seconds for which nobody else tries what has just failed
_SKEW = 60  # seconds that its clock may differ from ours
_PATIENCE = 5.0  # seconds that an answer may take
_HINT = "Try again; if that does not help, whoever runs this server should look at `sign_in` in policies/access.yml."


@dataclass(frozen=True)
class Exchange:
    """What proves that we are the ones who sent somebody there. verifier: of PKCE; nonce: that its answer repeats"""

    redirect_uri: str
    verifier: str
    nonce: str


@dataclass(frozen=True)
class _Known:
    """What the provider said of itself. until: by the monotonic clock"""

    description: Mapping[str, Any]
    keys: KeySet
    until: float


class Provider:
    """One provider, as one installation knows it. What it says of itself is asked once an hour, by whoever comes first.

    Errors  KinfolkError for a provider that does not answer, or not as OpenID Connect has it
    """

    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        self._issuer = issuer
        self._client = (client_id, client_secret)
        self._http = httpx.Client(timeout=_PATIENCE, headers={"User-Agent": "kinfolk", "Accept": "application/json"})
        self._lock = Lock()
        self._known: _Known | None = None
        self._failed: tuple[KinfolkError | None, float] = (None, 0.0)

    def sign_in_url(self, asked: Mapping[str, str]) -> str:
        """Where to send somebody. asked: what goes along, beside who we are"""
        url = self._endpoint("authorization_endpoint")
        query = urlencode({"response_type": "code", "client_id": self._client[0], **asked})
        return f"{url}{'&' if urlsplit(url).query else '?'}{query}"

    def claims(self, code: str, exchange: Exchange, wanted: Collection[str]) -> dict[str, Any]:
        """What the provider says of the person who came back with that code. What is not in its token is asked for.

        wanted  the claims that matter
        """
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": exchange.verifier}
        answer = self._tokens({**form, "redirect_uri": exchange.redirect_uri})
        claims = self._signed(str(answer.get("id_token", "")), exchange.nonce)
        if claims.keys() >= set(wanted) or "userinfo_endpoint" not in self._described():
            return claims
        bearer = {"Authorization": f"Bearer {answer.get('access_token', '')}"}
        more = self._asked("GET", self._endpoint("userinfo_endpoint"), headers=bearer)
        if more.get("sub") != claims["sub"]:
            raise _wrong("says of one person that they are another")
        return {**more, **claims}

    def _tokens(self, form: Mapping[str, str]) -> dict[str, Any]:
        ways = self._described().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        url = self._endpoint("token_endpoint")
        if "client_secret_basic" in ways:
            name, secret = (quote(part, safe="") for part in self._client)
            return self._asked("POST", url, data=form, auth=httpx.BasicAuth(name, secret))
        own = dict(zip(("client_id", "client_secret"), self._client, strict=True))
        return self._asked("POST", url, data={**form, **own})

    def _signed(self, token: str, nonce: str) -> dict[str, Any]:
        try:
            claims = self._decoded(token)
            several = isinstance(claims.get("aud"), list) and len(claims["aud"]) > 1
            jwt.JWTClaimsRegistry(
                leeway=_SKEW,
                iss={"essential": True, "value": self._described()["issuer"]},
                sub={"essential": True},
                aud={"essential": True, "value": self._client[0]},
                azp={"essential": several, "value": self._client[0]},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (JoseError, ValueError) as error:  # ValueError: text that is no token at all
            raise _wrong(f"gave an answer that cannot be believed ({error})") from error
        return claims

    def _decoded(self, token: str) -> dict[str, Any]:
        """By the keys that are known; where none has the name that the token says, they may have been changed."""
        try:
            return jwt.decode(token, self._fresh().keys, _SIGNATURES).claims
        except InvalidKeyIdError:
            return jwt.decode(token, self._fresh(anew=True).keys, _SIGNATURES).claims

    def _described(self) -> Mapping[str, Any]:
        return self._fresh().description

    def _fresh(self, *, anew: bool = False) -> _Known:
        with self._lock:
            if self._known is None or anew or monotonic() > self._known.until:
                self._known = self._look()
            return self._known

    def _look(self) -> _Known:
        """Who waits for a provider that is down holds up others: for a while nobody does after one who did."""
        failure, until = self._failed
        if failure and monotonic() < until:
            raise KinfolkError(failure.what, hint=failure.hint)
        try:
            return self._said()
        except KinfolkError as error:
            self._failed = error, monotonic() + _DOWN
            raise

    def _said(self) -> _Known:
        description = self._asked("GET", f"{self._issuer}/.well-known/openid-configuration")
        said = str(description.get("issuer", ""))
        if said.rstrip("/") != self._issuer:
            raise _wrong(f"calls itself `{said}`, not `{self._issuer}` as `issuer` has it")
        keys = self._asked("GET", self._url(description, "jwks_uri"))
        try:
            return _Known(description, KeySet.import_key_set(keys), monotonic() + _FRESH)  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise _wrong("has no keys that can be read") from error

    def _endpoint(self, name: str) -> str:
        return self._url(self._described(), name)

    def _url(self, description: Mapping[str, Any], name: str) -> str:
        """Only by TLS, where the provider itself is reached so."""
        url = description.get(name)
        if not isinstance(url, str) or urlsplit(url).scheme not in ("https", urlsplit(self._issuer).scheme):
            raise _wrong(f"has no `{name}` that can be used")
        return url

    def _asked(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, url, **options)
            body = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _wrong(f"does not answer ({error})") from error
        except ValueError as error:
            raise _wrong(f"answers with what is no JSON, and status {answer.status_code}") from error
        if not answer.is_success or not isinstance(body, dict):
            said = body.get("error") if isinstance(body, dict) else None
            raise _wrong(f"refuses, with status {answer.status_code}" + (f" and `{said}`" if said else ""))
        return body


def _wrong(what: str) -> KinfolkError:
    return KinfolkError(f"The identity provider {what}.", hint=_HINT)
