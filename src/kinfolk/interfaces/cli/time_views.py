"""How earlier states look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kinfolk.interfaces.cli.views import cell, console, escaped, table

if TYPE_CHECKING:
    from kinfolk.commands.history import Published
    from kinfolk.commands.rollback import RolledBack

_NUMBERS = ("added", "changed", "deleted")


def history(found: Sequence[Published]) -> None:
    """The published states, one a line."""
    columns = ("state", "published (UTC)", *_NUMBERS, "customers", "snapshot")
    listed = table("Published states", columns, right=(*_NUMBERS, "customers", "snapshot"))
    for state in found:
        listed.add_row(
            f"run:{state.run_id}",
            f"{state.published_at:%Y-%m-%d %H:%M}",
            *[cell(state.changes.get(name)) for name in _NUMBERS],
            cell(state.rows.get("profiles.customers")),
            cell(state.snapshot_id),
            style="dim" if state.gone else "",
        )
    out = console()
    out.print(listed)
    for state in found:
        if state.gone:
            out.print(f"[dim]run:{state.run_id} is gone: {escaped(state.gone)}.[/]")
        elif state.back_to is not None:
            out.print(f"run:{state.run_id} is the state of run {state.back_to}, brought back.")


def rolled_back(found: RolledBack, asked: str) -> None:
    """What a rollback changes, or has changed."""
    out = console()
    listed = table(
        f"Back to the state of run {found.to.run_id}", ["table", "rows now", "rows then"], ["rows now", "rows then"]
    )
    for change in found.tables:
        listed.add_row(escaped(change.table), _rows(change.rows_now), _rows(change.rows_then))
    out.print(listed)
    if found.run is None:
        out.print(f"Nothing was done. To do it: kinfolk rollback {escaped(asked)} --yes")
    else:
        out.print(
            f"[green]Published[/] run {found.run.run_id}: the state of run {found.to.run_id}. "
            "The next run takes in again what came since."
        )


def _rows(rows: int | None) -> str:
    return "no table" if rows is None else f"{rows:,}"
