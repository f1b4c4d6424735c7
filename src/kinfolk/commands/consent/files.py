"""`kinfolk consent import` and `export`: past consents from a file, and the whole ledger as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from kinfolk.commands.consent import subjects, table
from kinfolk.commands.consent.carrying import Beside, beside, carried
from kinfolk.commands.consent.people import published, records_of
from kinfolk.commands.consent.saying import Said, moment, policy_of, saying
from kinfolk.commands.open_project import open_project
from kinfolk.commands.records import record_named
from kinfolk.engine.reader import Reader
from kinfolk.errors import KinfolkError, NotFoundError, SourceError
from kinfolk.model.consent import FORBIDDING, Choice, Entry, Saying, Subject
from kinfolk.model.project import Project
from kinfolk.pipeline.ledger import open_ledger
from kinfolk.store.read.consents import entries, entries_of, erased_already
from kinfolk.store.write.consents import append

_TOLD = 20  # mistakes in one error
_LONGEST_DAY = timedelta(hours=25)  # in whose zone a day was meant, an export does not tell


@dataclass(frozen=True)
class Imported:
    """What became of a file's rows. known: rows that were recorded before, and are not recorded again"""

    rows: int
    recorded: int
    known: int


@dataclass(frozen=True)
class _Row:
    """What a row of a file says. act: the number of the act it was part of, where the file tells"""

    act: str
    said: list[Saying]


def import_file(folder: Path, file: Path, environment: str | None = None) -> Imported:
    """Records every row of a CSV file, or none.

    Errors  SourceError lists the rows that cannot be recorded, each with its line, or says why the file cannot be read
    """
    project = open_project(folder, environment)
    with file.open("rb") as content:
        return import_in(project, open_ledger(project), content, str(file))


def import_in(project: Project, ledger: Engine, file: IO[bytes], name: str) -> Imported:
    """The same in a project that is open, from a file that is. name: what errors call it"""
    policy_of(project)
    now, rows, mistakes = datetime.now(UTC), list[_Row](), list[str]()
    with ExitStack() as stack:
        reader = stack.enter_context(published(project))
        lines = list(table.read(file, name))
        gone = erased_already(ledger, {row["commitment"] for _, row in lines if row.get("commitment")})
        left = [(line, row) for line, row in lines if row.get("commitment") not in gone]  # who is erased stays so
        who = _Who(project, reader, left)
        for line, row in left:
            try:
                rows.append(_row(project, who, row, now))
            except KinfolkError as error:
                mistakes.append(f"  {Path(name).name}:{line}: {error}")
        if mistakes:
            raise _cannot(mistakes)
        known_beside = beside(reader, {said.subject for row in rows if not row.act for said in row.said})
    everybody = {said.subject for row in rows for said in row.said}
    known = {_same(entry.saying) for entry in entries_of(ledger, everybody)}
    new = [row for row in rows if not all(_same(said) in known for said in row.said)]
    append(ledger, list(_acts(new, known, known_beside)))
    return Imported(len(lines), len(new), len(lines) - len(new))


def exported(folder: Path, environment: str | None = None) -> Iterator[dict[str, Any]]:
    """Every row of the ledger, in order, in the columns that `import` takes. Who was erased is left empty."""
    for entry in entries(open_ledger(open_project(folder, environment))):
        yield _exported(entry)


def write_export(folder: Path, file: Path, environment: str | None = None) -> int:
    """Writes the ledger to a CSV file; returns how many rows it has."""
    lines = 0
    with file.open("w", encoding="utf-8", newline="") as target:
        for line in export_lines(open_ledger(open_project(folder, environment))):
            target.write(line)
            lines += 1
    return lines - 1  # one of them names the columns


def export_lines(ledger: Engine) -> Iterator[str]:
    """The ledger as CSV, a row at a time; the columns' names first."""
    return table.written(map(_exported, entries(ledger)))


class _Who:
    """Whom a row is about."""

    def __init__(self, project: Project, reader: Reader | None, lines: Sequence[tuple[int, dict[str, str]]]) -> None:
        self._reader = reader
        self._known: dict[str, list[Subject]] = {}
        country = project.defaults.country
        self._standard = {
            kind: subjects.standard(kind, {row[kind] for _, row in lines if row.get(kind)}, country)
            for kind in (subjects.EMAIL, subjects.PHONE)
        }

    def of(self, row: dict[str, str]) -> list[Subject]:
        """The subjects. Errors: KinfolkError when the row names nobody, or two"""
        given = [name for name in ("email", "phone", "customer", "record_id") if row.get(name)]
        if not given and row.get("commitment"):
            return [Subject.erased(row["commitment"])]
        if len(given) != 1:
            what = "The row names nobody." if not given else f"The row names somebody by {' and by '.join(given)}."
            raise KinfolkError(what, hint="Fill one of email, phone, customer, or source and record_id.")
        name, value = given[0], row[given[0]]
        if name in self._standard:
            return [subjects.told(name, value, self._standard[name][value])]
        asked = value if name == "customer" else f"{row.get('source') or ''}:{value}"
        if asked not in self._known:
            self._known[asked] = self._found(asked, customer=name == "customer")
        return self._known[asked]

    def _found(self, asked: str, *, customer: bool) -> list[Subject]:
        if self._reader is None:
            raise NotFoundError("Nothing has been published yet.", hint="Run `kinfolk run` first.")
        if customer:
            return records_of(self._reader, asked)
        source, record_id = record_named(self._reader, asked)
        return [Subject(subjects.RECORD, record_id, source)]


def _row(project: Project, who: _Who, row: dict[str, str], now: datetime) -> _Row:
    if not row["effective_at"]:
        raise KinfolkError("The row does not say when.", hint="Fill effective_at.")
    words = {name: row.get(name) or None for name in table.SAID[2:]}
    said = Said(row["purpose"], row["decision"], **words)
    of_a_ledger = bool(row.get("commitment"))
    made = [saying(project, subject, said, now, ended_too=of_a_ledger) for subject in who.of(row)]
    return _Row(row.get("part_of", ""), [_as_exported(project, one, row, now) for one in made])


def _as_exported(project: Project, said: Saying, row: dict[str, str], now: datetime) -> Saying:
    """With what an export tells and the words alone do not: when a grant ends, say, whatever the policy has today.

    Errors  KinfolkError when it gives a word more force than it can have
    """
    zone, told = ZoneInfo(project.time_zone), dict[str, Any]()
    if row.get("expires_at") and said.choice is Choice.GRANTED:
        told["expires_at"] = _promised(said, moment(row["expires_at"], zone), of_a_ledger=bool(row.get("commitment")))
    if row.get("ranks_at"):
        told["ranks_at"] = _within_a_day(said, moment(row["ranks_at"], zone), now)
    if "expires_at" in row and row.get("commitment"):  # a row of a ledger: what is empty there was empty
        told.setdefault("expires_at", None)
        told["notice"], told["carried"] = row.get("notice") or None, row.get("carried") == "yes"
    return replace(said, **told)


def _promised(said: Saying, end: datetime, *, of_a_ledger: bool) -> datetime:
    """When a grant ends. Errors: KinfolkError when that is before it began, or later than anybody was promised"""
    if end <= said.effective_at:
        raise KinfolkError("The grant ends before it begins.", hint="Correct expires_at, or leave it empty.")
    if not of_a_ledger and said.expires_at is not None and end > said.expires_at:
        what = f"A grant of {said.purpose} of that moment ends on {said.expires_at:%Y-%m-%d} at the latest."
        raise KinfolkError(what, hint="Leave expires_at empty; the policy has it.")
    return end


def _within_a_day(said: Saying, ranks_at: datetime, now: datetime) -> datetime:
    """Where a denial of a day stands among other words. Errors: KinfolkError when it would outlast its day"""
    if said.choice not in FORBIDDING:
        raise KinfolkError(f"Only a denial or withdrawal has ranks_at, not {said.choice}.", hint="Leave it empty.")
    if not said.effective_at <= ranks_at <= min(said.effective_at + _LONGEST_DAY, now):
        raise KinfolkError("ranks_at is of another day than effective_at, or still to come.", hint="Leave it empty.")
    return ranks_at


def _acts(rows: Sequence[_Row], known: set[tuple[object, ...]], known_beside: Beside) -> Iterator[list[Saying]]:
    """What is new of each act. What the file names no act of is one of its own, and its denials are carried on."""
    acts = dict[str, list[Saying]]()
    for number, row in enumerate(rows):
        unknown = [said for said in row.said if _same(said) not in known]
        known |= set(map(_same, unknown))
        if row.act:
            acts.setdefault(row.act, []).extend(unknown)
        else:
            acts[f"row {number}"] = carried(unknown, known_beside)
    yield from (act for act in acts.values() if act)


def _cannot(mistakes: Sequence[str]) -> SourceError:
    more = [f"  and {len(mistakes) - _TOLD} more"] if len(mistakes) > _TOLD else []
    what = "1 row cannot" if len(mistakes) == 1 else f"{len(mistakes)} rows cannot"
    return SourceError("\n".join([f"{what} be recorded, so that none was:", *mistakes[:_TOLD], *more]))


def _same(said: Saying) -> tuple[object, ...]:
    """What makes two rows the same thing said."""
    return said.subject, said.purpose, said.choice, said.effective_at, said.channel, said.topic, said.carried


def _exported(entry: Entry) -> dict[str, Any]:
    said = entry.saying
    row: dict[str, Any] = {"seq": entry.seq, "part_of": entry.part_of, "carried": said.carried}
    row |= {"recorded_at": entry.recorded_at}
    row |= dict.fromkeys(("email", "phone", "source", "record_id"))
    if not entry.erased:
        subject = said.subject
        record = subject.kind == subjects.RECORD
        row |= {"source": subject.source, "record_id": subject.value} if record else {subject.kind: subject.value}
    row |= {"purpose": said.purpose, "decision": str(said.choice)}
    row |= {name: getattr(said, name) for name in table.SAID[2:]}
    row |= {name: getattr(said, name) for name in ("ranks_at", "expires_at", "notice")}
    return row | {"commitment": entry.commitment, "chain": entry.chain}
