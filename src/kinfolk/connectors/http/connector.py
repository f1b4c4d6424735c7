"""HTTP APIs: page after page of JSON records, or files that are fetched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from kinfolk.connectors.file.formats import open_file
from kinfolk.connectors.file.json_lines import Found, accepted, compact, object_batches
from kinfolk.connectors.file.options import FormatOptions
from kinfolk.connectors.file.rows import rejected
from kinfolk.connectors.file.temporary import kept_for
from kinfolk.connectors.http.asking import Answer, Api, Request
from kinfolk.connectors.http.credentials import Credentials
from kinfolk.connectors.http.options import HttpOptions
from kinfolk.connectors.http.paging import Page, first_request, linked, next_request, read_page
from kinfolk.errors import NothingToLoadError, SourceError
from kinfolk.model.discovery import Dataset
from kinfolk.model.locator import ArrowBatches, DelimitedFile, Locator, Part, Rejection
from kinfolk.model.secret import Secret, revealed, secrets_in
from kinfolk.model.source import Source

_MOST_PAGES = 1_000_000
_KINDS = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "application/json-lines": "jsonl",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "excel",
}


class HttpConnector:
    """HTTP APIs."""

    def parts(self, source: Source, folder: Path) -> list[Part]:
        """The API as one part. Nothing tells beforehand whether it would answer as before, so it is always read."""
        HttpOptions.model_validate(revealed(source.options))
        return [Part(_shown(source.options), f"asked at {datetime.now(UTC).isoformat()}", folder)]

    def open(self, source: Source, part: Part) -> tuple[Locator, list[Rejection]]:
        """A locator for all pages. The first is here already; the others are fetched while they are read.

        Errors  SourceError if the API refuses, cannot be reached or answers with something else;
                NothingToLoadError if it answers with no records where all were asked for
        """
        options = HttpOptions.model_validate(revealed(source.options))
        with ExitStack() as unless_opened:
            api = unless_opened.enter_context(closing(_api(source.options)))
            request = _first(options, part.since)
            answer = api.ask(request)
            unless_opened.callback(answer.file.discard)
            kind = _kind(answer, options)
            locator = _file(api, answer, part, options, kind) if kind else _json(api, request, answer, part)
            unless_opened.pop_all()
        return locator, []

    def ping(self, options: Mapping[str, Any], folder: Path) -> str:
        """A sentence on what the first page holds. Errors: SourceError as for `open`."""
        page, kind = _peeked(options)
        held = f"{len(page.records):,} records on its first page" if page else f"a file ({kind})"
        return f"{_shown(options)} answers with {held}."

    def discover(self, options: Mapping[str, Any], folder: Path) -> list[Dataset]:
        """The one dataset an address stands for, with the fields of its first page."""
        page, _ = _peeked(options)
        columns: dict[str, str] = {}
        for record in page.records if page else []:
            for name, value in record.items() if isinstance(record, dict) else ():
                columns.setdefault(name, _type(value))
        return [Dataset(_shown(options), columns, options=dict(options))]


HTTP = HttpConnector()


def _api(options: Mapping[str, Any]) -> Api:
    made = HttpOptions.model_validate(revealed(options))
    return Api(made, Credentials(made.auth, secrets_in(options), made.timeout), _shown(options))


def _shown(options: Mapping[str, Any]) -> str:
    """The address as it may be seen: references unresolved, without its query."""
    written = options["url"]
    url = urlsplit(str(written.reference if isinstance(written, Secret) else written))
    return f"{url.scheme}://{url.netloc}{url.path}" if url.scheme else url.path


def _first(options: HttpOptions, since: str | None) -> Request:
    params = dict(options.params)
    if since is not None and options.since_param:
        params[options.since_param] = since
    return first_request(options.url, params.items(), options.pages)


def _kind(answer: Answer, options: HttpOptions) -> str | None:
    """The format of a file; None = JSON, page by page."""
    return options.format or _KINDS.get(answer.kind)


def _file(api: Api, answer: Answer, part: Part, options: HttpOptions, kind: str) -> Locator:
    """A locator for a file, or, where there are several pages, for the rows of one file after the other."""
    settings = options.model_dump(include=set(FormatOptions.model_fields)) | {"format": kind}
    opened = partial(_opened, part, FormatOptions.model_validate(settings))
    first = opened(answer)
    if options.pages is None:
        api.close()
        return first
    if not options.pages.link_header:
        raise SourceError(
            f"Pages of {kind} can be followed by `link_header` only.", where=api.shown, hint="Look at `pages`."
        )
    return ArrowBatches(first.columns, partial(_file_pages, api, answer, first, opened), api.close, first.notes)


def _opened(part: Part, settings: FormatOptions, answer: Answer) -> Locator:
    return kept_for(open_file(replace(part, path=answer.file.path), settings), answer.file)


def _file_pages(api: Api, answer: Answer, locator: Locator, opened: Any) -> Iterator[pa.RecordBatch | Rejection]:
    follow, rows = _Followed(api.shown), 0
    while True:
        follow.told(hashlib.sha256(answer.file.path.read_bytes()).digest())
        read = locator.exact if isinstance(locator, DelimitedFile) else getattr(locator, "rows", None)
        if not callable(read):
            raise SourceError("Parquet does not come in pages.", where=api.shown, hint="Remove `pages`.")
        last = rows
        for found in read():
            if not isinstance(found, Rejection):
                numbers = [rows + int(number or 0) for number in found.column("_row").to_pylist()]
                last = max(last, *numbers)
                shifted = pa.array(numbers, pa.int64())
                found = found.set_column(found.schema.get_field_index("_row"), "_row", shifted)
            yield found
        rows = last
        if locator.discard:
            locator.discard()
        request = linked(answer, answer.next)
        if request is None:
            return
        follow.asked(request)
        answer = api.ask(request)
        locator = opened(answer)


def _json(api: Api, request: Request, answer: Answer, part: Part) -> ArrowBatches:
    page = read_page(answer, api.options.records, api.shown)
    if not page.records and part.since is None:
        following = next_request(api.options.pages, request, answer, page) if api.options.pages else None
        if following is None:
            raise NothingToLoadError(
                "It answers with no records.", where=api.shown, hint="Look at `params`, `records` and `since_param`."
            )
    objects = partial(_objects, api, request, answer, page)
    return ArrowBatches((), partial(object_batches, objects), api.close)


def _objects(api: Api, request: Request, answer: Answer, page: Page) -> Iterator[Found]:
    """Every record of every page, or why it is none."""
    options, follow, number = api.options, _Followed(api.shown), 0
    follow.asked(request)
    while True:
        if page.records:
            follow.told(hashlib.sha256(json.dumps(page.records).encode()).digest())
        length = page.size // max(len(page.records), 1)
        for record in page.records:
            number += 1
            plain = isinstance(record, dict) and not page.odd
            yield record if plain else _checked(record, number), length
        following = next_request(options.pages, request, answer, page) if options.pages else None
        if following is None:
            return
        request = following
        follow.asked(request)
        answer = api.ask(request)
        page = read_page(answer, options.records, api.shown)


def _checked(record: Any, number: int) -> dict[str, Any] | Rejection:
    try:
        return accepted(record, number, compact(record))
    except RecursionError:
        return rejected(number, "nested too deeply", json.dumps(record, ensure_ascii=False))


class _Followed:
    """The way through the pages so far, to notice when it goes in a circle."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._questions: set[str] = set()
        self._answers: set[bytes] = set()

    def asked(self, request: Request) -> None:
        """Errors: SourceError if that was asked before."""
        question = hashlib.sha256(request.identity.encode()).hexdigest()
        if question in self._questions or len(self._questions) >= _MOST_PAGES:
            raise self._circle("leads back to a page that was read already")
        self._questions.add(question)

    def told(self, content: bytes) -> None:
        """Errors: SourceError if a page before had the same records."""
        if content in self._answers:
            raise self._circle("holds the same records as a page before it")
        self._answers.add(content)

    def _circle(self, how: str) -> SourceError:
        return SourceError(
            f"Page {len(self._questions)} {how}. Nothing was changed.",
            where=self._shown,
            hint="Look at `pages`: the API may expect another parameter.",
        )


def _peeked(options: Mapping[str, Any]) -> tuple[Page | None, str | None]:
    """The first page, where it is JSON, and else the format of what came."""
    with closing(_api(options)) as api:
        answer = api.ask(_first(api.options, None))
        kind = _kind(answer, api.options)
        if kind is None:
            return read_page(answer, api.options.records, api.shown), None
        answer.file.discard()
        return None, kind


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (dict, list)):
        return "object" if isinstance(value, dict) else "list"
    return "text" if value is None or type(value) is str else "number"
