"""How a plan looks in a terminal: the one place where people in its examples are named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kinfolk.interfaces.cli.views import cell, console, escaped, table
from kinfolk.model.change import Change
from kinfolk.model.plan import Arrived, CustomerEffect, Fate, Moved, Plan, PlannedStep, TableEffect

if TYPE_CHECKING:
    from rich.console import Console

    from kinfolk.commands.plan import Planned

_MOST_STEPS = 40


def planned(found: Planned, saved: Path | None) -> None:
    """The whole plan, from what changed to how long it will take."""
    out, plan = console(), found.plan
    _definitions(out, plan)
    if not plan.steps:
        out.print("Nothing has arrived and no setting that matters has changed: a run would do nothing.")
        return
    _arrived(out, plan.arrived)
    if plan.decisions:
        count = plan.decisions
        out.print(
            f"{count} decision{'' if count == 1 else 's'} about pairs of records wait{'s' if count == 1 else ''}.\n"
        )
    _tables(out, plan.tables)
    if plan.customers:
        _customers(out, plan.customers, found)
    _steps(out, plan.steps)
    if plan.breaking:
        out.print("[bold red]Breaking[/]")
        for words in plan.breaking:
            out.print(f"  {escaped(words)}")
        out.print()
    _next(out, plan, saved)


def _definitions(out: Console, plan: Plan) -> None:
    if not plan.deployed:
        out.print("[yellow]What was published last kept no definition, so changed settings cannot be named.[/]\n")
    if not plan.changes:
        return
    listed = table("Definitions", ["", "setting", "before", "after", "where", "effect"])
    for change in plan.changes:
        listed.add_row(
            _kind(change), *map(escaped, (change.what, change.before, change.after, change.place, change.why))
        )
    out.print(listed)


def _kind(change: Change) -> str:
    return f"[red]{change.kind}, breaking[/]" if change.breaking else str(change.kind)


def _arrived(out: Console, arrived: Sequence[Arrived]) -> None:
    if not arrived:
        out.print("Nothing has arrived.\n")
        return
    numbers = ["parts", "rows", "new", "changed", "deleted", "refused"]
    listed = table("Arrived", ["source", *numbers], right=numbers)
    for a in arrived:
        counts = (len(a.parts), a.rows, a.added, a.changed, a.deleted, a.refused)
        listed.add_row(escaped(a.source), *map(cell, counts))
    out.print(listed)


def _tables(out: Console, tables: Sequence[TableEffect]) -> None:
    touched = [effect for effect in tables if effect.touched]
    if touched:
        numbers = ["before", "after", "added", "changed", "removed"]
        listed = table("Tables", ["table", *numbers, "columns", "owner"], right=numbers)
        for e in touched:
            counts = (e.before, e.after, e.added, e.changed, e.removed)
            listed.add_row(escaped(e.table), *map(cell, counts), escaped(columns(e)), escaped(e.owner))
        out.print(listed)
    same = len(tables) - len(touched)
    out.print(f"{same} published {'table stays as it is' if same == 1 else 'tables stay as they are'}.\n")


def columns(effect: TableEffect) -> str:
    """What happens to the columns of a table that is there already."""
    signs = [*(f"+{c}" for c in effect.columns_added), *(f"-{c}" for c in effect.columns_removed), *effect.retyped]
    return ", ".join(signs)


def _customers(out: Console, effect: CustomerEffect, found: Planned) -> None:
    out.print(f"[bold]Customers[/]  {customers_in_words(effect)}")
    for moved in effect.examples:
        out.print(f"  {moved.fate:<8} {escaped(_moved(moved, found))}")
    hidden = sum(effect.counts.values()) - len(effect.examples)
    if hidden > 0 and effect.examples:
        out.print(f"  [dim]and {hidden:,} more[/]")
    out.print()


def customers_in_words(effect: CustomerEffect) -> str:
    """How many there are and would be, and what becomes of them."""
    counts = ", ".join(f"{effect.counts.get(fate, 0):,} {fate}" for fate in Fate)
    return f"{effect.before:,} -> {effect.after:,}: {counts}"


def _moved(moved: Moved, found: Planned) -> str:
    before = " + ".join(_person(customer, found.people.before) for customer in moved.before)
    after = " + ".join(_person(customer, found.people.after) for customer in moved.after)
    return f"{before} -> {after}" if before and after else before or after


def _person(customer: str, names: Mapping[str, str]) -> str:
    name = names.get(customer)
    return f"{customer} ({name})" if name else customer


def _steps(out: Console, steps: Sequence[PlannedStep]) -> None:
    listed = table("Steps", ["step", "rows", "seconds", "why"], right=["rows", "seconds"])
    for step in steps[:_MOST_STEPS]:
        listed.add_row(escaped(step.title), cell(step.rows), f"{step.seconds:.2f}", escaped(step.why))
    out.print(listed)
    if len(steps) > _MOST_STEPS:
        out.print(f"[dim]and {len(steps) - _MOST_STEPS} more (--json lists all)[/]\n")


def _next(out: Console, plan: Plan, saved: Path | None) -> None:
    out.print(f"A run will take about [bold]{plan.seconds:.1f} s[/]. Nothing has been changed.")
    if saved:
        out.print(f"Next: kinfolk run --plan {escaped(saved)}")
