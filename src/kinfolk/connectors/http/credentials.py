"""What an API is told to know who asks."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import httpx

from kinfolk.connectors.http.options import Auth, OAuth2
from kinfolk.errors import SourceError

PASSING = {408, 425, 429, 500, 502, 503, 504}  # statuses that may be another in a while
_EARLY = 30.0  # seconds before its end a token is taken for expired
_HIDDEN = "•••"


class PassingFailure(Exception):
    """A failure that may be over in a while. wait: seconds the server asks for."""

    def __init__(self, what: str, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait


class Credentials:
    """The credentials of one source; a token is fetched when it is first needed.

    secrets  texts that must not be seen in any message
    """

    def __init__(self, auth: Auth | None, secrets: Iterable[str], timeout: float) -> None:
        self._auth = auth or Auth.model_construct()
        self._secrets = set(secrets)
        self._timeout = timeout
        self._token: str | None = None
        self._expires = 0.0

    def given(self, before: Callable[[], None]) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and query parameters to send. before: called ahead of a request for a token.

        Errors  SourceError if no token is given; PassingFailure if it may be given in a while
        """
        auth = self._auth
        if auth.basic:
            pair = b64encode(f"{auth.basic.user}:{auth.basic.password}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}, {}
        if auth.bearer:
            return {"Authorization": f"Bearer {auth.bearer.token}"}, {}
        if auth.api_key:
            header, query = auth.api_key.header, auth.api_key.query
            return ({header: auth.api_key.secret}, {}) if header else ({}, {query or "": auth.api_key.secret})
        if auth.oauth2:
            if self._token is None or time.monotonic() > self._expires:
                before()
                self._fetch(auth.oauth2)
            return {"Authorization": f"Bearer {self._token}"}, {}
        return {}, {}

    def renew(self) -> bool:
        """Forgets a token that was refused; whether there was one, so that asking again makes sense."""
        worn = self._token is not None
        self._token = None
        return worn

    def hidden_in(self, words: str) -> str:
        """The words without any secret."""
        for secret in sorted({*self._secrets, *({self._token} if self._token else ())}, key=len, reverse=True):
            for form in (secret, quote(secret, safe="")):
                words = words.replace(form, _HIDDEN)
        return words

    def _fetch(self, oauth2: OAuth2) -> None:
        form = {"grant_type": "client_credentials"} | ({"scope": oauth2.scope} if oauth2.scope else {})
        pair = (quote(oauth2.client_id, safe=""), quote(oauth2.client_secret, safe=""))
        if oauth2.send == "body":
            form |= {"client_id": oauth2.client_id, "client_secret": oauth2.client_secret}
        try:
            auth = httpx.BasicAuth(*pair) if oauth2.send == "header" else None
            answer = httpx.post(oauth2.token_url, data=form, auth=auth, timeout=self._timeout)
        except httpx.HTTPError as error:
            raise PassingFailure("The address that gives tokens cannot be reached.") from error
        if answer.status_code in PASSING:
            raise PassingFailure(f"The address that gives tokens fails ({answer.status_code}).")
        told = _object(answer)
        token = told.get("access_token")
        if not answer.is_success or not isinstance(token, str):
            reason = told.get("error")
            code = f"{answer.status_code}, {reason}" if isinstance(reason, str) else str(answer.status_code)
            raise _no_token(oauth2, f"It gives no token ({self.hidden_in(code)}).")
        lives = told.get("expires_in")
        self._token = token
        self._expires = time.monotonic() + (float(lives) if isinstance(lives, (int, float)) else 3600.0) - _EARLY


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _no_token(oauth2: OAuth2, what: str) -> SourceError:
    url = httpx.URL(oauth2.token_url)
    return SourceError(
        what,
        where=f"{url.scheme}://{url.netloc.decode()}{url.path}",
        hint="Look at `client_id`, `client_secret`, `scope`, `send` and `token_url` under `auth: {oauth2: …}`.",
    )
