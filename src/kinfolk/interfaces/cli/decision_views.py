"""How pairs that wait, decisions, merges and a customer's history look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kinfolk.interfaces.cli import event_views, profile_views
from kinfolk.interfaces.cli.views import cell, console, escaped, percent, table

if TYPE_CHECKING:
    from rich.table import Table

    from kinfolk.commands.customer import History, Written
    from kinfolk.commands.review import Asked, Shown, Standing
    from kinfolk.model.decision import Decision, Rehearsed


def queue(found: Sequence[Asked]) -> None:
    """Pairs that wait, the most valuable first."""
    out = console()
    if not found:
        out.print("Nothing waits for a person.")
        return
    columns = ["record", "and record", "customers", "pairs", "probability", "value", "why"]
    made = table("Pairs that wait", columns, right=["pairs", "probability", "value"])
    for a in found:
        both = f"{a.customer_a}, {a.customer_b}"
        numbers = (cell(a.pairs), percent(a.probability), f"{a.value:.2f}")
        made.add_row(escaped(a.first), escaped(a.second), both, *numbers, escaped(a.reason))
    out.print(made)
    out.print("Next: kinfolk review show RECORD RECORD, then kinfolk review decide RECORD RECORD same|different")


def shown(found: Shown) -> None:
    """A pair's evidence, and what was decided about it."""
    profile_views.explained(found.explained)
    if found.decisions:
        console().print(_listed("Decisions", found.decisions))


def made(found: Sequence[Decision], *, waits: bool) -> None:
    """What was written down."""
    out = console()
    for decision in found[:20]:
        first, second = decision.records
        said = f"Decision {decision.decision_no}: {first} and {second}: {decision.verdict}, by {decision.decided_by}."
        out.print(escaped(said))
    if len(found) > 20:
        out.print(f"… and {len(found) - 20:,} more of the same act.")
    if waits:
        out.print("Next: kinfolk run")


def decisions(found: Sequence[Standing]) -> None:
    """Every decision and whether it holds."""
    out = console()
    if not found:
        out.print("Nobody has decided anything yet.")
        return
    made = table("Decisions", ["no", "records", "verdict", "by", "when (UTC)", "note", "standing"], right=["no"])
    for each in found:
        made.add_row(*_row(each.decision), escaped(each.standing))
    out.print(made)


def written(found: Written, *, waits: bool) -> None:
    """An act that was written down, or only rehearsed."""
    if found.rehearsed is None:
        made(found.decisions, waits=waits)
        return
    _rehearsed(found.rehearsed)


def history(found: History) -> None:
    """What made a customer what it is."""
    out = console()
    out.print(f"[bold]{found.customer_id}[/]: {escaped(', '.join(found.records))}")
    if found.aliases:
        out.print(f"Once also {', '.join(found.aliases)}.")
    links = table("What holds its records together", ["record", "and record", "by"])
    for first, second, key in found.links:
        links.add_row(
            escaped(first), escaped(second), "a decision" if key == "decision" else escaped(f"the same {key}")
        )
    for first, second, probability in found.pairs:
        links.add_row(escaped(first), escaped(second), f"likeness, {percent(probability)}")
    out.print(links)
    if found.decisions:
        out.print(_listed("Decisions about its records", found.decisions))
    if found.events:
        event_views.events(found.events)


def _rehearsed(found: Rehearsed) -> None:
    out = console()
    out.print(f"{len(found.decisions):,} decision(s) would be written, and the next run would change this:\n")
    records = table("Records", ["record", "customer", "would be"])
    for record in found.records:
        records.add_row(escaped(record.record), cell(record.before), cell(record.after))
    values = table("Golden values", ["customer", "field", "value", "would be"])
    for value in found.values:
        values.add_row(value.customer_id, value.field, escaped(cell(value.before)), escaped(cell(value.after)))
    moved = table("What customers did", ["kind", "rows", "records"], right=["rows"])
    for move in found.activity:
        more = " …" if move.rows > len(move.ids) else ""
        moved.add_row(move.kind, cell(move.rows), escaped(", ".join(move.ids)) + more)
    for listed in (records, values, moved):
        if listed.row_count:
            out.print(listed)
    if not found.records:
        out.print("No record would change its customer.")


def _listed(title: str, found: Sequence[Decision]) -> Table:
    made = table(title, ["no", "records", "verdict", "by", "when (UTC)", "note"], right=["no"])
    for decision in found:
        made.add_row(*_row(decision))
    return made


def _row(decision: Decision) -> list[str]:
    when = f"{decision.decided_at:%Y-%m-%d %H:%M}"
    told = (", ".join(decision.records), decision.verdict, decision.decided_by, when, decision.note or "")
    return [str(decision.decision_no), *map(escaped, told)]
