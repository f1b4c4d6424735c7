"""`kinfolk match`: who one record is, among all customers, without a run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from kinfolk.commands.open_project import open_project
from kinfolk.engine.reader import reading
from kinfolk.engine.standing import Standing
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.history import State
from kinfolk.model.project import Project
from kinfolk.model.source import Source
from kinfolk.pipeline.match_index import open_index
from kinfolk.project.suggest import hint
from kinfolk.stages.identity.index import Index
from kinfolk.stages.identity.single import Candidate, Matches
from kinfolk.stages.identity.single import match as match_one
from kinfolk.stages.staging import people_query, plain_source, row_columns
from kinfolk.tables.staging import canonical

__all__ = ["Candidate", "Matcher", "Matches", "match", "record_in"]

_OWN = ("_record_id", "_record_no", "_loaded_at")  # columns of a landed row that a record handed over has not
_CANONICAL = "match"
_NO_TEXT = re.compile("[\\0\ud800-\udfff]")


class Matcher:
    """Matches one record at a time against the customers of one published state.

    It answers for the state it opened, whatever is published meanwhile; `stale` tells whether to open anew. Any number
    of threads may share one.
    """

    def __init__(self, project: Project, index: Index, state: State) -> None:
        self._project, self._index, self.state = project, index, state
        self._standing: dict[str, tuple[Source, Standing]] = {}
        self._lock = Lock()

    @classmethod
    def open(cls, folder: Path | str, environment: str | None = None) -> Matcher:
        """A matcher for the project's last published state. The first for a state makes its index.

        Errors  ProjectError, NotFoundError when nothing was published, KinfolkError when there is nothing to match by
        """
        project = open_project(Path(folder), environment)
        return cls(project, *open_index(project))

    @property
    def stale(self) -> bool:
        """Whether a newer state than the one opened is published."""
        with reading(self._project.state) as reader:
            return reader.states()[-1].published_at != self.state.published_at

    def match(self, record: Mapping[str, Any], limit: int = 10, source: str | None = None) -> Matches:
        """Who the record is, and at most `limit` customers it may be, likeliest first.

        record  canonical columns of people -> values, as text that is standardised as a source's is; with `source`,
                columns of that source -> values, read by its mapping
        Errors  NotFoundError names a column or source there is not
        """
        of, standing = self._reader(source)
        row = {name.lower(): _text(name, value) for name, value in record.items()}
        columns = {name.lower(): name for name in row_columns(of)}
        known = columns.keys() | (set() if source else canonical("people").keys())
        for name in row:
            # A source has columns that say nothing of people; of canonical ones only a slip is unknown.
            if name not in known and not (source and row.keys() & known):
                what = f"No record is made from a column {name!r} of {source}." if source else f"{name!r} is no field."
                raise NotFoundError(what, hint=hint(name, columns.values()) or f"There are: {', '.join(columns)}.")
        asked = {columns[name]: value for name, value in row.items() if name in columns}
        return match_one(self._index, standing.ask(asked), limit)

    def _reader(self, source: str | None) -> tuple[Source, Standing]:
        """How rows of a source (or with canonical columns) become a record; planned once."""
        name = source or _CANONICAL
        with self._lock:
            if (source or "") not in self._standing:
                of = self._source(source)
                columns = (*row_columns(of), *_OWN)
                tree = people_query(of, self._index.rules.columns())
                self._standing[source or ""] = (of, Standing(tree, f"current.{name}", columns))
            return self._standing[source or ""]

    def _source(self, name: str | None) -> Source:
        if name is None:
            columns = dict.fromkeys(self._index.rules.columns())
            if columns.keys() & {"first_name", "middle_name", "last_name"}:
                columns["full_name"] = None
            return plain_source(_CANONICAL, columns, self._project.defaults)
        known = [source.name for source in self._project.sources if source.mapping("people")]
        if name not in known:
            raise NotFoundError(f"There is no source of people {name!r}.", hint=hint(name, known))
        return self._project.source(name)


def match(
    folder: Path,
    record: Mapping[str, Any],
    limit: int = 10,
    source: str | None = None,
    environment: str | None = None,
) -> Matches:
    """Who one record is (see Matcher.match). Errors: as of Matcher"""
    return Matcher.open(folder, environment).match(record, limit, source)


def record_in(path: Path) -> dict[str, Any]:
    """The record in a JSON file. Errors: KinfolkError when the file holds no single object"""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_once)
    except (OSError, ValueError) as error:
        raise KinfolkError(f"The record cannot be read: {error}.", where=str(path)) from None
    if not isinstance(found, dict):
        raise KinfolkError("The file holds no record.", where=str(path), hint='Write {"first_name": "Ana", …}.')
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; a name given twice is a mistake, not a matter of which comes last."""
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice!r} is given twice")
    return dict(pairs)


def _text(name: str, value: Any) -> str | None:
    """The value as a source would have written it. Errors: KinfolkError for what is no single text"""
    if isinstance(value, str) and _NO_TEXT.search(value):
        raise KinfolkError(f"{name} holds a character that no text has (NUL, or half of one).", hint="Leave it out.")
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, date, datetime)):
        return str(value)
    raise KinfolkError(f"{name} is no single value: {value!r}.")
