"""Tables of databases as sources: all of them whole, or only what is new by their cursor."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinfolk.connectors.database.selecting import everything, from_value, these, without_value
from kinfolk.connectors.database.system import Database, Field, Kind, System
from kinfolk.connectors.database.trouble import not_installed, refused
from kinfolk.connectors.file.names import unique
from kinfolk.errors import SourceError
from kinfolk.model.discovery import Dataset
from kinfolk.model.locator import ArrowStream, Locator, Part, Rejection
from kinfolk.model.secret import Secret, revealed
from kinfolk.model.source import Source

if TYPE_CHECKING:
    import pyarrow as pa

_ISO = r"^\d{4}-\d\d-\d\d([ T]|$)"


@dataclass(frozen=True)
class DatabaseConnector:
    """Reads one kind of database. extra: what to install so that its driver is there."""

    system: System
    extra: str

    def parts(self, source: Source, folder: Path) -> list[Part]:
        """The one table or query. Errors: SourceError if the database cannot be reached or does not have it."""
        options = self._options(source.options)
        self._checked(source, folder, f"source {source.name}")
        return [Part(options.table or f"query of {source.name}", self.system.fingerprint(options, folder), folder)]

    def open(self, source: Source, part: Part) -> tuple[Locator, list[Rejection]]:
        """The rows as they come; of a source with a cursor those from `part.since` on, in its order."""
        names = unique(self._checked(source, part.path, part.name))
        return ArrowStream(names, lambda: self._rows(source, part, names)), []

    def ping(self, options: Mapping[str, Any], folder: Path) -> str:
        """Which product answers, in which version, and where."""
        settings = self._options(options)
        place = self.system.place(settings)
        with self._connected(options, folder, place) as database:
            return f"{database.version()} at {place}."

    def discover(self, options: Mapping[str, Any], folder: Path) -> list[Dataset]:
        """Every table and view, or the one that is named."""
        settings = self._options(options)
        wanted = options.get("table")
        query = options.get("query")
        base = {name: value for name, value in options.items() if name not in ("table", "query")}
        with self._connected(options, folder, self.system.place(settings)) as database:
            if query:
                fields = database.fields(everything(None, str(query)))
                return [Dataset("query", {n: f.type for n, f in fields.items()}, options={**base, "query": query})]
            found = [replace(d, options={**base, "table": d.name}) for d in database.datasets()]
        if wanted is None:
            return found
        named = [d for d in found if wanted in (d.name, d.name.rpartition(".")[2])]
        if not named:
            raise self._no_table(str(wanted), [d.name for d in found], self.system.place(settings))
        return [next((d for d in named if d.name == wanted), named[0])]

    def _options(self, written: Mapping[str, Any]) -> Any:
        known = {name: value for name, value in revealed(written).items() if value is not None}
        if not {"table", "query"} & set(known):  # to ping or to discover needs neither
            known["table"] = "any"
        return self.system.options(known)

    @contextmanager
    def _connected(self, written: Mapping[str, Any], folder: Path, where: str) -> Iterator[Database]:
        try:
            errors = self.system.errors()
        except ImportError as error:
            raise not_installed(self.system.name, self.extra, where) from error
        try:
            with self.system.connect(self._options(written), folder) as database:
                yield database
        except errors as error:
            # The driver's own error could show the address it was given, so it is not chained.
            raise refused(self.system.name, error, where, _secrets(written)) from None

    def _checked(self, source: Source, folder: Path, where: str) -> dict[str, Field]:
        """The columns of what is to be read. Errors: SourceError names the table that was meant, if another is near."""
        options = self._options(source.options)
        try:
            with self._connected(source.options, folder, where) as database:
                fields = database.fields(everything(options.table, options.query))
        except SourceError as error:
            if options.table and "`kinfolk source discover`" in (error.hint or ""):
                self._named(source.options, options, folder, where)
            raise
        if source.cursor:
            _column(source, fields)
        return fields

    def _named(self, written: Mapping[str, Any], options: Any, folder: Path, where: str) -> None:
        """Errors: SourceError if the database has no such table; any that says why it cannot be asked."""
        with self._connected(written, folder, where) as database:
            names = [dataset.name for dataset in database.datasets()]
        if not any(options.table in (name, name.rpartition(".")[2]) for name in names):
            raise self._no_table(options.table, names, where)

    def _no_table(self, wanted: str, names: list[str], where: str) -> SourceError:
        short = {name.rpartition(".")[2].lower(): name for name in names} | {name.lower(): name for name in names}
        near = [short[hit] for hit in get_close_matches(wanted.lower(), short, n=1)]
        shown = ", ".join(names[:10]) + (" …" if len(names) > 10 else "")
        hint = f"Did you mean {near[0]}?" if near else f"It has {shown}." if names else "It holds no table."
        return SourceError(f"{self.system.name} has no table {wanted}.", where=where, hint=hint)

    def _rows(self, source: Source, part: Part, names: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        options = self._options(source.options)
        with self._connected(source.options, part.path, part.name) as database:
            fields = database.fields(everything(options.table, options.query))
            if unique(fields) != names:
                raise SourceError("Its columns changed while it was read.", where=part.name, hint="Run again.")
            plain = everything(options.table, options.query)
            rows = these(plain, [(name, database.value(name, field)) for name, field in fields.items()])
            if source.cursor is None:
                yield from _renamed(database.batches(rows), names)
                return
            cursor = _column(source, fields)
            yield from _renamed(database.batches(without_value(rows, cursor)), names)
            since = (
                None
                if part.since is None
                else database.bound(_fitting(source, part.since, fields[cursor]), fields[cursor])
            )
            for batch in _renamed(database.batches(from_value(rows, cursor, since)), names):
                if fields[cursor].kind is Kind.TEXT:
                    _sorted_as_moments(source, batch, names[list(fields).index(cursor)])
                yield batch


def _column(source: Source, fields: Mapping[str, Field]) -> str:
    assert source.cursor is not None
    wanted = source.cursor.column
    found = next((n for n in fields if n == wanted), next((n for n in fields if n.lower() == wanted.lower()), None))
    if found is None:
        near = get_close_matches(wanted, fields, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"It has: {', '.join(list(fields)[:20])}."
        raise SourceError(f"There is no column {wanted!r} to be the cursor.", where=str(source.place), hint=hint)
    return found


def _fitting(source: Source, since: str, field: Field) -> str:
    """The value itself. Errors: SourceError where the cursor's column has another type than when it had this value."""
    number = re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", since) is not None
    if field.kind is Kind.NUMBER and not number or field.kind is Kind.MOMENT and number:
        assert source.cursor is not None
        raise SourceError(
            f"The cursor {source.cursor.column!r} is now of type {field.type}, but it had come to {since} before.",
            where=str(source.cursor.place),
            hint="Run once with --full, which reads all of the source anew.",
        )
    return since


def _sorted_as_moments(source: Source, batch: pa.RecordBatch, cursor: str) -> None:
    """Errors: SourceError where a cursor is text that is no moment: text has no order to rely on."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = batch.column(cursor)
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return
    if pc.all(pc.match_substring_regex(values, _ISO)).as_py() is False:
        raise SourceError(
            f"The cursor {cursor!r} is text that does not begin with a date such as 2026-01-31; the database does not "
            "order it by value, so what is new cannot be told.",
            where=str(source.place),
            hint="Choose a column of numbers or moments, or write a `query` that casts it to one.",
        )


def _renamed(batches: Iterator[pa.RecordBatch], names: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch.rename_columns(list(names))


def _secrets(written: Mapping[str, Any]) -> list[str]:
    found = [value.reveal() for value in written.values() if isinstance(value, Secret)]
    inner = [_secrets(value) for value in written.values() if isinstance(value, Mapping)]
    plain = [value for name, value in written.items() if name == "password" and isinstance(value, str)]
    return [*found, *plain, *(secret for secrets in inner for secret in secrets)]
