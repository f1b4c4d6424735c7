"""`kinfolk quarantine`: rows that could not be landed: which, why, corrected, and sent again."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlglot import exp

from kinfolk.commands.collect.logs import taking_in
from kinfolk.commands.correction import Judge, correction
from kinfolk.commands.open_project import Where, open_project
from kinfolk.connectors import CONNECTORS
from kinfolk.engine.reader import Reader, reading
from kinfolk.engine.sql import query, sql, table
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.project import Project
from kinfolk.model.quarantined import Fix, Quarantined, Waiting
from kinfolk.model.run import Replay, RunOptions, RunRecord
from kinfolk.pipeline.fixes import write_fixes
from kinfolk.pipeline.run import run_project
from kinfolk.pipeline.watch import Watcher
from kinfolk.tables.landing import QUARANTINE
from kinfolk.tables.quarantine import FIXES, OPEN, SETTLED

_ABOUT = ("record_no", "source", "part", "line", "rules", "reason")  # columns of an export that are not the row's own


@dataclass(frozen=True)
class Replayed:
    """What sending rows again came to. back: rows that were set aside once more."""

    sent: int
    back: int
    run: RunRecord


def waiting(where: Where, source: str | None = None, environment: str | None = None) -> list[Waiting]:
    """What waits, by source, reason and load, the most rows first."""
    project = open_project(where, environment)
    check_source(project, source)
    with reading(project.state) as reader:
        if not reader.present(OPEN.name):
            return []
        none = query("select '' as source, cast(null as ubigint) as row_hash limit 0")
        fixes = query("select distinct source, row_hash from f", f=table(FIXES.name))
        found = query(
            "select o.source, coalesce(o.rules, o.reason) as reason, o.load_id, count(*) as rows, "
            "count(f.row_hash) as fixed from o left join f on f.source = o.source and f.row_hash = o.row_hash "
            "where $one group by all order by rows desc, 1, 2, 3",
            o=table(OPEN.name),
            f=exp.Subquery(this=fixes if reader.present(FIXES.name) else none, alias="f"),
            one=sql("$source is null or o.source = $source", source=source),
        )
        return [Waiting(*row) for row in reader.read(found).rows]


def check_source(project: Project, source: str | None) -> None:
    """Errors: NotFoundError where a source is named that the project does not have"""
    if source is not None and source not in {s.name for s in project.sources}:
        known = ", ".join(s.name for s in project.sources)
        raise NotFoundError(f"There is no source {source!r}.", hint=f"There are: {known}.")


def open_rows(
    project: Project,
    source: str | None = None,
    numbers: Sequence[int] | None = None,
    *,
    after: int = 0,
    most: int | None = None,
) -> list[Quarantined]:
    """Rows that wait, in order of their numbers; of one source, or of these numbers, where they are named.

    after, most  only those with a greater number, and so many at most
    """
    check_source(project, source)
    with reading(project.state) as reader:
        if not reader.present(OPEN.name):
            return []
        fixes = _fixes(reader)
        tree = query(
            "select * from o where ($source is null or source = $source) and $named and record_no > $after "
            "order by record_no limit $most",
            o=table(OPEN.name),
            source=source,
            after=after,
            most=most if most is not None else 1 << 40,
            named=sql("true") if numbers is None else sql("record_no in ($numbers)", numbers=[-1, *numbers]),
        )
        return [_quarantined(row, fixes) for row in reader.read(tree).dicts()]


def _fixes(reader: Reader) -> dict[tuple[str, int], str]:
    """(source, hash of the row as it came) -> the row as it was last corrected."""
    if not reader.present(FIXES.name):
        return {}
    found = reader.read(query("select source, row_hash, row from f order by fixed_at", f=table(FIXES.name)))
    return {(source, row_hash): row for source, row_hash, row in found.rows}


def _quarantined(row: Mapping[str, Any], fixes: Mapping[tuple[str, int], str]) -> Quarantined:
    fixed = fixes.get((row["source"], row["row_hash"]))
    readable = row["row_hash"] is not None
    return Quarantined(
        record_no=row["record_no"],
        source=row["source"],
        load_id=row["load_id"],
        part=row["part"],
        line=row["line"],
        record_id=row["record_id"],
        reason=row["reason"],
        rules=tuple((row["rules"] or "").split(", ")) if row["rules"] else (),
        row_hash=row["row_hash"],
        values=json.loads(fixed or row["text"]) if readable else None,
        text=row["text"],
        fixed=fixed is not None,
    )


def show(where: Where, record_no: int, environment: str | None = None) -> Quarantined:
    """One row that waits. Errors: NotFoundError when none of that number does."""
    return _one(open_rows(open_project(where, environment), numbers=[record_no]), record_no)


def _one(rows: Iterable[Quarantined], record_no: int) -> Quarantined:
    found = next((row for row in rows if row.record_no == record_no), None)
    if found is None:
        raise NotFoundError(
            f"No row {record_no} waits in quarantine.",
            hint="`kinfolk quarantine list --out rows.csv` writes all that do.",
        )
    return found


def export(where: Where, out: Path, source: str | None = None, environment: str | None = None) -> int:
    """Writes rows that wait into a CSV or JSON file, to be corrected there and given to `fix`; how many.

    Errors  KinfolkError for another kind of file
    """
    rows = [row for row in open_rows(open_project(where, environment), source) if row.values is not None]
    told = [{**{name: _cell(getattr(row, name)) for name in _ABOUT}, **(row.values or {})} for row in rows]
    if out.suffix == ".json":
        out.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    elif out.suffix == ".csv":
        columns = list(dict.fromkeys([*_ABOUT, *(name for row in told for name in row)]))
        with out.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(told)
    else:
        raise KinfolkError(f"{out} is neither .csv nor .json.", hint="Name the file rows.csv or rows.json.")
    return len(rows)


def _cell(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, tuple) else value


def fix(
    where: Where,
    edits: Mapping[int, Mapping[str, str | None]],
    by: str,
    environment: str | None = None,
    *,
    wait_seconds: float = 0,
) -> list[Fix]:
    """Keeps corrections, which are landed when their rows are sent again or come again; those that change nothing are
    left out.

    edits   number of a row -> column, or `column.name` inside one that holds JSON -> its new value
    Errors  NotFoundError for a row or a column there is not; BusyError while a run holds the project
    """
    project = open_project(where, environment)
    rows = open_rows(project, numbers=list(edits))
    with _judging(project) as judged:
        made = [correction(project, _one(rows, number), given, judged) for number, given in edits.items()]
    fixes = [one for one in made if one.changed]
    if fixes:
        write_fixes(project, fixes, by, wait_seconds)
    return fixes


@contextmanager
def _judging(project: Project) -> Iterator[Judge]:
    """Who tells of a corrected event what it may be used for. Errors: KinfolkError where the door is not installed"""
    if not taking_in(project):
        yield lambda _source, _values, _corrected: {}
        return
    try:
        from kinfolk.commands.collect.rejudging import Judges
    except ModuleNotFoundError as error:
        hint = "Install it with `pip install 'kinfolk[serve]'`."
        raise KinfolkError(f"To judge events, the package `{error.name}` is not installed.", hint=hint) from error
    with Judges(project) as judges:
        yield judges.judged


def edits_in(path: Path) -> dict[int, dict[str, str | None]]:
    """Corrections from a file that `export` wrote and somebody edited.

    Errors  KinfolkError when it is no such file; its line or row is named
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise KinfolkError(f"{path} cannot be read: {error}.") from None
    try:
        rows = json.loads(text) if path.suffix == ".json" else list(csv.DictReader(text.splitlines(keepends=True)))
        edits = {int(row["record_no"]): _edited(row) for row in rows}
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error):
        hint = "It must be a file that `kinfolk quarantine list --out` wrote, with its column record_no."
        raise KinfolkError(f"{path} holds no quarantined rows.", hint=hint) from None
    return edits


def _edited(row: Mapping[str | None, Any]) -> dict[str, str | None]:
    values = {name: value for name, value in row.items() if name is not None and name not in _ABOUT}
    return {name: None if value is None or value == "" else str(value) for name, value in values.items()}


def replay(
    where: Where,
    source: str | None = None,
    environment: str | None = None,
    *,
    everything: bool = False,
    watcher: Watcher | None = None,
) -> Replayed:
    """Sends corrected rows (or all that broke a rule) through landing again, under the same rules, and publishes.

    Errors  as of a run: nothing was published, and the rows wait on
    """
    project = open_project(where, environment)
    check_source(project, source)
    record = run_project(project, CONNECTORS, RunOptions(replay=Replay(source, everything)), watcher)
    with reading(project.state) as reader:
        if not reader.present(SETTLED.name):
            return Replayed(0, 0, record)
        sent = query(
            "select count(*), count(*) filter (where exists (select 1 from q where q.load_id = s.load_id and "
            "q.source = s.source and q.row_hash = r.row_hash)) from s join r on r.record_no = s.record_no "
            "where s.how = 'replayed' and s.load_id in (select load_id from l where loaded_at >= $started)",
            s=table(SETTLED.name),
            q=table(QUARANTINE.name),
            r=table(QUARANTINE.name),
            l=table("landing.loads"),
            started=record.started_at.replace(tzinfo=None),
        )
        [(count, back)] = reader.read(sent).rows
    return Replayed(count, back, record)
