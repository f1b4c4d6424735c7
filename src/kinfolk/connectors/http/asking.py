"""Requests and answers: credentials, patience and politeness; what goes wrong is told in sentences."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from kinfolk.connectors.file.formats import said
from kinfolk.connectors.file.temporary import TemporaryFile
from kinfolk.connectors.http.credentials import PASSING, Credentials, PassingFailure
from kinfolk.connectors.http.options import HttpOptions
from kinfolk.errors import SourceError

_REDIRECTS = 5
_LONGEST_WAIT = 600.0  # seconds a server may ask for
_SAID = 200  # characters of a server's own words that are shown


@dataclass(frozen=True)
class Request:
    """What is asked: an address, with parameters that are sent in the body where there is one."""

    url: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def having(self, **params: Any) -> Request:
        """The same with these parameters."""
        return Request(self.url, {**self.params, **params})

    @property
    def identity(self) -> str:
        """The same for the same question."""
        return json.dumps([self.url, self.params], sort_keys=True)


@dataclass(frozen=True)
class Answer:
    """A whole answer: its body is in a file of ours.

    kind  the media type, without its parameters
    next  the next page's address, where the header Link names one
    """

    url: str
    kind: str
    charset: str | None
    next: str | None
    file: TemporaryFile


class Api:
    """One API, asked with the options of a source."""

    def __init__(self, options: HttpOptions, credentials: Credentials, shown: str) -> None:
        self.options = options
        self.shown = shown
        self._credentials = credentials
        self._last = 0.0
        self._bare = False
        self._http = httpx.Client(timeout=options.timeout, headers={"User-Agent": "kinfolk", "Accept": "*/*"})

    def close(self) -> None:
        """Ends its connections."""
        self._http.close()

    def ask(self, request: Request) -> Answer:
        """The answer, whole. What fails for a passing reason is repeated, later and later.

        Errors  SourceError says what the API refuses, or that it could not be reached
        """
        for attempt in range(self.options.retries + 1):
            try:
                return self._once(request)
            except PassingFailure as failure:
                if failure.wait is not None and failure.wait > _LONGEST_WAIT:
                    what = f"{failure} It asks to be left alone for {failure.wait:,.0f} seconds."
                    raise self._error(what, "Run again later.") from failure
                if attempt == self.options.retries:
                    times = "" if attempt == 0 else f" It was tried {attempt + 1} times."
                    raise self._error(
                        f"{failure}{times}", "Look at `url` and `timeout`, or run again later."
                    ) from failure
                backoff = min(30.0, 0.5 * 2**attempt) * random.uniform(0.5, 1.0)
                time.sleep(backoff if failure.wait is None else failure.wait)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, request: Request) -> Answer:
        try:
            response = self._sent(request)
            if response.status_code == 401 and self._credentials.renew():
                response.close()
                response = self._sent(request)
            try:
                return self._received(response)
            finally:
                response.close()
        except httpx.TimeoutException as error:
            raise PassingFailure(f"No answer within {self.options.timeout:g} seconds.") from error
        except httpx.ConnectError as error:
            if "CERTIFICATE" in str(error):
                hint = "Name the authority that signed it in the environment (SSL_CERT_FILE), or look at `url`."
                raise self._error("Its certificate is not trusted.", hint) from error
            raise PassingFailure("It cannot be reached.") from error
        except httpx.LocalProtocolError as error:
            raise self._unsendable() from error
        except httpx.DecodingError as error:
            raise PassingFailure("The answer is damaged: it cannot be decompressed.") from error
        except httpx.TransportError as error:
            raise PassingFailure("The connection broke off before the answer was whole.") from error
        except httpx.InvalidURL as error:
            raise self._error("It names an address that is none.", "Look at `url` and `pages`.") from error

    def _sent(self, request: Request) -> httpx.Response:
        """The response's head; redirects are followed, and only the API's own address is told the credentials."""
        made = self._made(request)
        for _ in range(_REDIRECTS + 1):
            self._pace()
            response = self._http.send(made, stream=True)
            if response.next_request is None:
                return response
            response.close()
            made = self._redirected(response.next_request)
        raise self._error(f"It redirects more than {_REDIRECTS} times.", "Look at `url`.")

    def _made(self, request: Request) -> httpx.Request:
        url = httpx.URL(request.url)
        params: dict[str, Any] = {} if self.options.body is not None else dict(request.params)
        body = None if self.options.body is None else {**self.options.body, **request.params}
        headers: dict[str, str] = {}
        self._bare = not self._ours(url)
        if not self._bare:
            headers, more = self._credentials.given(self._pace)
            headers = {**self.options.headers, **headers}
            params |= more
        elif body is not None:
            raise self._error("It leads to another host, which is told nothing.", "Look at `pages`.")
        url = url.copy_merge_params({name: _text(value) for name, value in params.items()}) if params else url
        try:
            return self._http.build_request(self.options.method, url, headers=headers, json=body)
        except UnicodeEncodeError as error:
            raise self._unsendable() from error

    def _redirected(self, request: httpx.Request) -> httpx.Request:
        if request.url.scheme not in ("http", "https"):
            raise self._error("It redirects to something that is no web address.", "Look at `url`.")
        if self._ours(request.url):
            return request
        if request.method != "GET":
            raise self._error("It redirects a POST to another host, which is told nothing.", "Look at `url`.")
        self._bare = True
        return self._http.build_request("GET", request.url)

    def _ours(self, url: httpx.URL) -> bool:
        """Whether it is the host the credentials are for, and no less private a way to it."""
        if url.scheme not in ("http", "https"):
            raise self._error("It leads to something that is no web address.", "Look at `url` and `pages`.")
        own = httpx.URL(self.options.url)
        same = (url.host, url.port) == (own.host, own.port)
        return same and (url.scheme == own.scheme or url.scheme == "https")

    def _pace(self) -> None:
        if self.options.requests_per_second:
            due = self._last + 1 / self.options.requests_per_second
            time.sleep(max(0.0, due - time.monotonic()))
        self._last = time.monotonic()

    def _received(self, response: httpx.Response) -> Answer:
        if not response.is_success:
            raise self._refused(response)
        kind, _, _ = response.headers.get("content-type", "").partition(";")
        file = TemporaryFile()
        try:
            file.filled(response.iter_bytes())
        except OSError as error:
            file.discard()
            raise self._error(f"The answer cannot be kept: {said(error)}.", "Make room on the disk.") from error
        except BaseException:
            file.discard()
            raise
        following = response.links.get("next", {}).get("url")
        return Answer(str(response.url), kind.strip().lower(), response.charset_encoding, following, file)

    def _refused(self, response: httpx.Response) -> Exception:
        status = response.status_code
        words = self._words(response)
        if status in PASSING:
            busy = "It is asked too often" if status == 429 else "It fails"
            return PassingFailure(f"{busy} ({status}).{words}", _retry_after(response))
        if status in (401, 403) and self._bare:
            what = f"It leads to another host, which refuses to answer without credentials ({status})."
            return self._error(
                what, f"They are sent to {httpx.URL(self.options.url).host} only. Look at `url` and `pages`."
            )
        known = {
            401: ("It refuses the credentials (401).", "Look at `auth`, and whether the credentials have expired."),
            403: ("The credentials may not read this (403).", "Ask for the right to read it, or look at `auth`."),
            404: ("There is nothing at this address (404).", "Look at `url`."),
        }
        what, hint = known.get(status, (f"It refuses the request ({status}).", "Look at `url`, `params` and `pages`."))
        return self._error(what + words, hint)

    def _words(self, response: httpx.Response) -> str:
        """What the server says in JSON about its refusal, without what is secret."""
        try:
            said = json.loads(response.read()[:100_000])
        except (httpx.HTTPError, ValueError):
            return ""
        if isinstance(said, dict):
            said = next((said[key] for key in ("message", "detail", "error", "title") if said.get(key)), None)
        if isinstance(said, dict):
            said = said.get("message")
        if not isinstance(said, str):
            return ""
        clean = self._credentials.hidden_in(" ".join(said.split()))
        return f' It says: "{clean[:_SAID]}".'

    def _unsendable(self) -> SourceError:
        hint = "Look at `auth` and `headers`, and for a line end in what the environment holds."
        return self._error("A header holds a character that cannot be sent.", hint)

    def _error(self, what: str, hint: str) -> SourceError:
        return SourceError(what, where=self.shown, hint=hint)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds until the server wants to be asked again; None where it does not say."""
    written = response.headers.get("retry-after", "").strip()
    if written.isascii() and written.isdigit():
        return float(written)
    try:
        when = parsedate_to_datetime(written)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
