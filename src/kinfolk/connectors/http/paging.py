"""From one page to the next."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from kinfolk.connectors.file.json_lines import decoded
from kinfolk.connectors.http.asking import Answer, Request
from kinfolk.connectors.http.options import Pages
from kinfolk.errors import SourceError

_LARGEST = 512 << 20  # bytes of a JSON answer: it is decoded in memory
_LISTED = 8


@dataclass(frozen=True)
class Page:
    """A JSON answer: the whole document, and the records in it. odd: its text has more than plain characters."""

    document: Any
    records: list[Any]
    size: int
    odd: bool


def read_page(answer: Answer, records: str | None, shown: str) -> Page:
    """The answer as JSON, and its records: under `records`, else the document itself or the one list in it.

    The answer's file is gone afterwards.
    Errors  SourceError if it is no JSON, or holds no such records
    """
    try:
        return _read(answer, records, shown)
    finally:
        answer.file.discard()


def next_request(pages: Pages, asked: Request, answer: Answer, page: Page) -> Request | None:
    """The request for the page after this one; None if this is the last."""
    if pages.more and not at(page.document, pages.more):
        return None
    if pages.link_header:
        return linked(answer, answer.next)
    if pages.next_link:
        return linked(answer, at(page.document, pages.next_link))
    if not page.records:
        return None if not pages.cursor or pages.cursor.of_last else _by_cursor(pages, asked, page)
    if pages.number:
        param, first = pages.number.param, pages.number.first
        return asked.having(**{param: asked.params.get(param, first) + 1})
    if pages.offset:
        param = pages.offset.param
        return asked.having(**{param: asked.params.get(param, 0) + len(page.records)})
    return _by_cursor(pages, asked, page)


def first_request(url: str, params: Iterable[tuple[str, Any]], pages: Pages | None) -> Request:
    """The request for the first page."""
    asked = Request(url, dict(params))
    if pages and pages.number:
        return asked.having(**{pages.number.param: pages.number.first})
    return asked.having(**{pages.offset.param: 0}) if pages and pages.offset else asked


def linked(answer: Answer, link: Any) -> Request | None:
    """The request a link in an answer leads to; a link is often written without the lock its own host has."""
    if not isinstance(link, str) or not link:
        return None
    url = urljoin(answer.url, link)
    here, there = urlsplit(answer.url), urlsplit(url)
    if (
        (here.scheme, there.scheme) == ("https", "http")
        and here.hostname == there.hostname
        and there.port in (None, 80)
    ):
        url = there._replace(scheme="https", netloc=here.netloc).geturl()
    return Request(url)


def at(document: Any, path: str) -> Any:
    """What a path such as data.items leads to; steps of digits count items of a list. None if it leads nowhere."""
    for step in [] if path == "." else path.split("."):
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and step.isdigit():
            document = document[int(step)] if int(step) < len(document) else None
        else:
            return None
    return document


def _read(answer: Answer, records: str | None, shown: str) -> Page:
    size = answer.file.path.stat().st_size
    if size > _LARGEST:
        hint = "Ask for fewer records at once (`params`, `pages`), or for `format: jsonl`."
        raise SourceError(f"A page of {size:,} bytes is too large.", where=shown, hint=hint)
    body = answer.file.path.read_bytes()
    if not body.strip():
        raise SourceError("The answer is empty.", where=shown, hint="Look at `url` and `params`.")
    try:
        text = body.decode(answer.charset or "utf-8-sig", "surrogateescape")
        document = decoded(text)
    except (ValueError, LookupError, RecursionError) as error:
        raise _no_json(answer, body, shown) from error
    return Page(document, _records(document, records, shown), size, not text.isascii() or "\\u" in text)


def _by_cursor(pages: Pages, asked: Request, page: Page) -> Request | None:
    assert pages.cursor
    cursor = pages.cursor
    value = at(page.document, cursor.at) if cursor.at else at(page.records[-1], cursor.of_last or "")
    return asked.having(**{cursor.param: str(value)}) if isinstance(value, str) and value else None


def _records(document: Any, path: str | None, shown: str) -> list[Any]:
    if path is not None:
        found = at(document, path)
        if isinstance(found, list):
            return found
        if isinstance(found, dict):
            return [found]
        raise SourceError(
            f"There are no records at {path} in the answer.", where=shown, hint=f"{_holds(document)} Look at `records`."
        )
    if isinstance(document, list):
        return document
    lists = [key for key, value in document.items() if isinstance(value, list)] if isinstance(document, dict) else []
    if len(lists) == 1:
        return list(document[lists[0]])
    raise SourceError(
        "Nothing says where in the answer the records are.",
        where=shown,
        hint=f"{_holds(document)} Write `records:` in the source, or `records: .` if the whole answer is one record.",
    )


def _holds(document: Any) -> str:
    if not isinstance(document, dict):
        return "It is a list." if isinstance(document, list) else "It is a single value."
    names = [json.dumps(key, ensure_ascii=False) for key in document][:_LISTED]
    return (
        f"It holds {', '.join(names)}{' …' if len(document) > _LISTED else ''}." if names else "It is an empty object."
    )


def _no_json(answer: Answer, body: bytes, shown: str) -> SourceError:
    start = body[:200].lstrip().lower()
    if answer.kind == "text/html" or start.startswith((b"<!doctype html", b"<html")):
        what, hint = "The answer is a web page, perhaps one to log in.", "Look at `url` and `auth`."
    elif start[:1] in (b"{", b"["):
        what, hint = "The answer is no whole JSON: it breaks off or is damaged.", "Run again; or write `format: jsonl`."
    else:
        kind = answer.kind or "of no known kind"
        what, hint = f"The answer is no JSON; it says it is {kind}.", "Write `format:` in the source, or look at `url`."
    return SourceError(what, where=shown, hint=hint)
