"""An identity provider of our own over real HTTP, which can be told to lie: tests of what must not be believed."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "kinfolk", "a secret: with/signs"
Claims = dict[str, Any]


@dataclass
class Provider:
    """What it says of itself and of whoever comes. person: claims; sign: how a token is made of claims"""

    url: str
    person: Claims = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))
    sign: Callable[[Provider, Claims], str] | None = None
    says: Claims = field(default_factory=dict)  # instead of what it would say of itself
    of_person: Claims | None = None  # at its API, instead of what the token says
    reuses_codes: bool = False
    asked: list[str] = field(default_factory=list)  # paths, in order
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def described(self) -> Claims:
        ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        found = {f"{name}_endpoint": f"{self.url}/{path}" for name, path in ends.items()}
        return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **found, **self.says}

    def claims(self, nonce: str) -> Claims:
        """Those of a token that can be believed."""
        now = int(time.time())
        usual = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        return usual | self.person

    def token(self, claims: Claims) -> str:
        if self.sign:
            return self.sign(self, claims)
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def redeemed(self, form: dict[str, str], authorization: str) -> Claims | None:
        """What a code is good for, where everything that must go with it does."""
        known = self.codes.get(form["code"]) if self.reuses_codes else self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        right = base64.b64encode(f"{CLIENT}:{'a%20secret%3A%20with%2Fsigns'}".encode()).decode()
        if known is None or authorization != f"Basic {right}" or form["redirect_uri"] != known["redirect_uri"]:
            return None
        if known["code_challenge"] != base64.urlsafe_b64encode(digest).rstrip(b"=").decode():
            return None
        return {"access_token": "access", "token_type": "Bearer", "id_token": self.token(self.claims(known["nonce"]))}


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        url, provider = urlsplit(self.path), self.provider
        provider.asked.append(url.path)
        if url.path == "/.well-known/openid-configuration":
            self._answer(provider.described())
        elif url.path == "/keys":
            self._answer(dict(KeySet([provider.key]).as_dict()))
        elif url.path == "/userinfo":
            self._answer({"sub": provider.person["sub"]} | (provider.of_person or {}))
        else:
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            code = secrets.token_urlsafe(8)
            provider.codes[code] = asked
            self.send_response(302)
            self.send_header(
                "location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            )
            self.end_headers()

    def do_POST(self) -> None:
        self.provider.asked.append(self.path)
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        answer = self.provider.redeemed(dict(parse_qsl(body)), self.headers.get("authorization", ""))
        self._answer(answer or {"error": "invalid_grant"}, 200 if answer else 400)

    def _answer(self, body: Claims, status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def provider(**person: Any) -> Iterator[Provider]:
    """A provider at which that person is signed in, until the block ends."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.provider = Provider(f"http://127.0.0.1:{server.server_port}", person)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield handler.provider  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
