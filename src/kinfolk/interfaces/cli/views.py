"""How projects, runs and query results look in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinfolk.model.run import RunRecord, RunStatus

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from kinfolk.commands.check import Checked
    from kinfolk.commands.status import Numbers
    from kinfolk.model.answer import Answer
    from kinfolk.model.schedule import Due

# What would move or colour the terminal, or turn its writing round, is shown by its number.
_CONTROLS = {n: f"\\x{n:02x}" for n in (*range(32), *range(127, 160)) if n not in (9, 10)}
_CONTROLS |= {n: f"\\u{n:04x}" for n in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def console() -> Console:
    """Where answers are written."""
    from rich.console import Console

    return Console(highlight=False, emoji=False)


def table(title: str, columns: Sequence[str], right: Iterable[str] = ()) -> Table:
    """An empty table in the house's style; columns named in `right` hold numbers."""
    from rich import box
    from rich.table import Table

    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    numbers = set(right)
    for name in columns:
        made.add_column(escaped(name), justify="right" if name in numbers else "left", overflow="fold")
    return made


def percent(share: float | None) -> str:
    """A share of one as per cent; an en dash where there is none."""
    return "–" if share is None else f"{share:.1%}"


_LONGEST = 500  # characters of a cell; --json has the rest


def cell(value: Any) -> str:
    """A value as a cell shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def made(folder: Path, files: Sequence[Path]) -> None:
    """What `init` made, and what to do next."""
    out = console()
    out.print(f"Made [bold]{escaped(folder)}[/] with {len(files)} files:")
    for file in files:
        out.print(f"  {escaped(file)}")
    out.print(f"\nNext: [bold]kinfolk run {escaped(folder)}[/]")


def checked(found: Checked) -> None:
    """A sound project in a few lines."""
    out = console()
    listed = table("", ["source", "read by", "feeds", "files"], right=["files"])
    for source in found.sources:
        listed.add_row(source.name, source.connector, ", ".join(source.feeds), str(source.parts))
    out.print(listed)
    out.print(f"Keys: {', '.join(found.keys) or 'none'}.")
    out.print(f"Compared: {', '.join(found.compared) or 'nothing'}.")
    if found.next_runs:
        out.print(f"By its schedule it runs next at {', '.join(due_words(due) for due in found.next_runs)}.")
    for warning in found.warnings:
        out.print(f"[yellow]{escaped(warning)}[/]")
    for remark in found.remarks:
        out.print(f"[yellow]{escaped(remark)}[/]")
    out.print(f"[green]{escaped(found.name)} is sound.[/]")


def due_words(due: Due) -> str:
    """When a run is due, as people read it."""
    where = f" ({escaped(due.environment)})" if due.environment else ""
    return f"{due.at:%Y-%m-%d %H:%M %Z}{where}"


def ran(record: RunRecord, folder: Path) -> None:
    """How a run ended."""
    out = console()
    if record.status is RunStatus.UNCHANGED:
        out.print(f"Nothing has changed since the last run ({record.seconds:.1f} s).")
        return
    read = sum(s.rows_in or 0 for s in record.steps if s.name.startswith("read."))
    made = next((s.rows_out for s in record.steps if s.name == "profiles.customers"), 0) or 0
    touched = any(s.name == "touched.customers" for s in record.steps)
    customers = f"{made:,} customers made anew" if touched else f"{made:,} customers"
    peak = max((s.peak_mb for s in record.steps), default=0)
    out.print(
        f"[green]Published[/] run {record.run_id}: {read:,} rows read, {customers}, "
        f"{record.seconds:.1f} s, {peak:,} MB at most."
    )
    rejected = sum(s.rows_rejected for s in record.steps)
    rejected += next((s.rows_out or 0 for s in record.steps if s.name == "quarantine.records"), 0) - rejected
    if rejected:
        out.print(f"[yellow]{rejected:,} rows could not be landed[/] and are kept in quarantine.records.")
    here = "" if folder == Path() else f" {escaped(folder)}"
    out.print(f"Next: kinfolk status{here}")


def numbers(out: Console, found: Numbers) -> None:
    """The published state: totals, sources, and everything that needs somebody's attention."""
    out.print(
        f"[bold]{found.customers:,}[/] customers from [bold]{found.records:,}[/] records, "
        f"core fields {percent(found.completeness)} complete, "
        f"[bold]{found.in_review:,}[/] pairs wait for a steward.\n"
    )
    listed = table(
        "Sources",
        ["source", "records", "customers", "duplicates before", "after (expected)"],
        right=["records", "customers", "duplicates before", "after (expected)"],
    )
    for s in found.sources:
        listed.add_row(
            s["source"], cell(s["records"]), cell(s["customers"]), percent(s["rate_before"]), percent(s["rate_after"])
        )
    out.print(listed)
    _attention(out, "Values that could not be read", found.unread, "values")
    _attention(out, "Rows that could not be landed", found.quarantined, "rows")
    _attention(out, "Guards", found.guards, "records")
    _attention(out, "Values that several people share (kinfolk identity shared lists them)", found.shared, "values")
    _attention(out, "Activity", found.unattached, "rows")
    for words in found.not_learned:
        out.print(f"[yellow]Matching:[/] {escaped(words)}")


def rows(answer: Answer) -> None:
    """A query's rows."""
    out = console()
    numeric = [c for i, c in enumerate(answer.columns) if any(isinstance(r[i], (int, float)) for r in answer.rows)]
    listed = table("", answer.columns, right=numeric)
    for row in answer.rows:
        listed.add_row(*["" if value is None else escaped(str(value)) for value in row])
    out.print(listed)
    if answer.truncated:
        out.print(f"[dim]The first {len(answer.rows)} rows; --limit 0 shows all.[/]")


def _attention(out: Console, title: str, found: list[dict[str, Any]], number: str, most: int = 8) -> None:
    if not found:
        return
    listed = table(title, [name.replace("_", " ") for name in found[0]], right=[number, "without customer"])
    for row in found[:most]:
        listed.add_row(*[escaped(value) for value in row.values()])
    out.print(listed)
    if len(found) > most:
        out.print(f"[dim]and {len(found) - most} more (--json lists all)[/]\n")


def escaped(value: Any) -> str:
    """A value as a cell shows it, with nothing in it that the terminal would take for a command or a style."""
    from rich.markup import escape

    return escape(cell(value).translate(_CONTROLS))
