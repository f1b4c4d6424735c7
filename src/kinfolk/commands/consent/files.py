"""`kinfolk consent import` and `export`: past consents from a file, and the whole ledger as one."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Engine

from kinfolk.commands.consent import subjects
from kinfolk.commands.consent.people import records_of
from kinfolk.commands.consent.saying import Said, policy_of, saying
from kinfolk.commands.open_project import open_project
from kinfolk.commands.review import record_named
from kinfolk.engine.reader import Reader, reading
from kinfolk.errors import KinfolkError, SourceError
from kinfolk.model.consent import Entry, Saying, Subject
from kinfolk.model.project import Project
from kinfolk.project.suggest import hint
from kinfolk.store.database import open_store
from kinfolk.store.read.consents import entries, entries_of
from kinfolk.store.write.consents import append

_WHO = ("email", "phone", "customer", "source", "record_id")
_SAID = (
    *("purpose", "decision", "effective_at", "policy_version", "channel", "topic"),
    *("collection_method", "collected_at", "recorded_by", "proof"),
)
_KEPT = ("seq", "part_of", "recorded_at", "expires_at", "commitment", "chain")  # in an export; made anew by an import
_TOLD = 20  # mistakes in one error


@dataclass(frozen=True)
class Imported:
    """What became of a file's rows. known: rows that were recorded before, and are not recorded again"""

    rows: int
    recorded: int
    known: int


def import_file(folder: Path, file: Path, environment: str | None = None) -> Imported:
    """Records every row of a CSV file, or none.

    Errors  SourceError lists the rows that cannot be recorded, each with its line, or says why the file cannot be read
    """
    project = open_project(folder, environment)
    with file.open("rb") as source:
        return import_in(project, open_store(project.state), source, str(file))


def import_in(project: Project, store: Engine, file: IO[bytes], name: str) -> Imported:
    """The same in a project that is open, from a file that is. name: what errors call it"""
    policy_of(project)
    now, acts, mistakes = datetime.now(UTC), list[list[Saying]](), list[str]()
    with ExitStack() as stack:
        who = _Who(project, stack)
        for line, row in _rows(file, name):
            try:
                acts.append(_act(project, who, row, now))
            except KinfolkError as error:
                mistakes.append(f"  {Path(name).name}:{line}: {error}")
    if mistakes:
        more = [f"  and {len(mistakes) - _TOLD} more"] if len(mistakes) > _TOLD else []
        what = "1 row cannot" if len(mistakes) == 1 else f"{len(mistakes)} rows cannot"
        raise SourceError("\n".join([f"{what} be recorded, so that none was:", *mistakes[:_TOLD], *more]))
    known = {_same(entry.saying) for entry in entries_of(store, {said.subject for act in acts for said in act})}
    new = list[list[Saying]]()
    for act in acts:
        if unknown := [said for said in act if _same(said) not in known]:
            new.append(unknown)
            known |= set(map(_same, unknown))
    append(store, new, now)
    return Imported(len(acts), len(new), len(acts) - len(new))


def exported(folder: Path, environment: str | None = None) -> Iterator[dict[str, Any]]:
    """Every row of the ledger, in order, in the columns that `import` takes. Who was erased is left empty."""
    yield from map(_exported, entries(open_store(open_project(folder, environment).state)))


def write_export(folder: Path, file: Path, environment: str | None = None) -> int:
    """Writes the ledger to a CSV file; returns how many rows it has."""
    lines = 0
    with file.open("w", encoding="utf-8", newline="") as target:
        for line in export_lines(open_store(open_project(folder, environment).state)):
            target.write(line)
            lines += 1
    return lines - 1  # one of them names the columns


def export_lines(store: Engine) -> Iterator[str]:
    """The ledger as CSV, a row at a time; the columns' names first."""
    line = StringIO(newline="")
    names = [*_KEPT[:3], *(name for name in _WHO if name != "customer"), *_SAID, *_KEPT[3:]]
    writer = csv.DictWriter(line, names)
    writer.writeheader()
    yield line.getvalue()
    for row in map(_exported, entries(store)):
        line.seek(0)
        line.truncate()
        moments = {name: value.isoformat() for name, value in row.items() if isinstance(value, datetime)}
        writer.writerow(row | moments)
        yield line.getvalue()


class _Who:
    """Whom a row is about; what is published is opened when a row names a record or a customer."""

    def __init__(self, project: Project, stack: ExitStack) -> None:
        self._project, self._stack = project, stack
        self._reader: Reader | None = None
        self._known: dict[str, list[Subject]] = {}

    def of(self, row: dict[str, str]) -> list[Subject]:
        """The subjects. Errors: KinfolkError when the row names nobody, or two"""
        given = [name for name in ("email", "phone", "customer", "record_id") if row.get(name)]
        if len(given) != 1:
            what = "The row names nobody." if not given else f"The row names somebody by {' and by '.join(given)}."
            raise KinfolkError(what, hint="Fill one of email, phone, customer, or source and record_id.")
        name, value = given[0], row[given[0]]
        if name == "email":
            return [subjects.email(value)]
        if name == "phone":
            return [subjects.phone(value)]
        asked = value if name == "customer" else f"{row.get('source') or ''}:{value}"
        if asked not in self._known:
            self._known[asked] = self._found(asked, customer=name == "customer")
        return self._known[asked]

    def _found(self, asked: str, *, customer: bool) -> list[Subject]:
        if self._reader is None:
            self._reader = self._stack.enter_context(reading(self._project.state))
        if customer:
            return records_of(self._reader, asked)
        source, record_id = record_named(self._reader, asked)
        return [Subject(subjects.RECORD, record_id, source)]


def _rows(file: IO[bytes], name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of the file, each with the line it ends on. Errors: SourceError"""
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        reader = csv.DictReader(text, strict=True)
        _check_columns(name, reader.fieldnames or ())
        for row in reader:
            if None in row or None in row.values():
                raise SourceError("The row has not as many values as the header.", where=f"{name}:{reader.line_num}")
            yield reader.line_num, {column: value.strip() for column, value in row.items()}
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"This is no CSV file in UTF-8: {error}.", where=name) from error
    finally:
        text.detach()  # the file is not ours to close


def _check_columns(file: str, names: Sequence[str]) -> None:
    known = (*_WHO, *_SAID, *_KEPT)
    for name in names:
        if name not in known:
            raise SourceError(f"`{name}` is not known here.", where=f"{file}:1", hint=hint(name, known))
    for name in ("purpose", "decision", "effective_at"):
        if name not in names:
            raise SourceError(f"There is no column `{name}`.", where=f"{file}:1", hint=hint(name, names))


def _act(project: Project, who: _Who, row: dict[str, str], now: datetime) -> list[Saying]:
    if not row["effective_at"]:
        raise KinfolkError("The row does not say when.", hint="Fill effective_at.")
    words = {name: row.get(name) or None for name in _SAID[2:]}
    said = Said(row["purpose"], row["decision"], **words)
    return [saying(project, subject, said, now) for subject in who.of(row)]


def _same(said: Saying) -> tuple[object, ...]:
    """What makes two rows the same thing said."""
    return said.subject, said.purpose, said.choice, said.effective_at, said.channel, said.topic


def _exported(entry: Entry) -> dict[str, Any]:
    said = entry.saying
    row: dict[str, Any] = {"seq": entry.seq, "part_of": entry.part_of, "recorded_at": entry.recorded_at}
    row |= dict.fromkeys(("email", "phone", "source", "record_id"))
    if not entry.erased:
        subject = said.subject
        record = subject.kind == subjects.RECORD
        row |= {"source": subject.source, "record_id": subject.value} if record else {subject.kind: subject.value}
    row |= {"purpose": said.purpose, "decision": str(said.choice)}
    row |= {name: getattr(said, name) for name in _SAID[2:]}
    return row | {"expires_at": said.expires_at, "commitment": entry.commitment, "chain": entry.chain}
