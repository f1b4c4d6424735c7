"""How sources, and what the systems behind them hold, look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kinfolk.interfaces.cli.views import console, escaped, table

if TYPE_CHECKING:
    from kinfolk.commands.source import Added, Pinged, SourceListed
    from kinfolk.model.discovery import Dataset


def listed(found: Sequence[SourceListed]) -> None:
    """The sources, one a line."""
    shown = table("", ["source", "read by", "load", "feeds", "status"])
    for one in found:
        shown.add_row(*map(escaped, (one.name, one.connector, one.load, ", ".join(one.feeds), one.status)))
    console().print(shown)


def pinged(found: Sequence[Pinged]) -> None:
    """What answered, and what did not."""
    out = console()
    for one in found:
        mark = "[red]✗[/]" if one.error else "[green]✓[/]"
        out.print(f"{mark} [bold]{escaped(one.name)}[/]  {escaped(one.error or one.reached)}")


def discovered(found: Sequence[Dataset]) -> None:
    """Each dataset with its columns."""
    out = console()
    if not found:
        out.print("There is nothing that could be read.")
    for one in found:
        rows = "" if one.rows is None else f", about {one.rows:,} rows"
        key = f", key {', '.join(one.key)}" if one.key else ""
        out.print(f"[bold]{escaped(one.name)}[/][dim]{escaped(key + rows)}[/]")
        out.print("  " + escaped(", ".join(f"{name} ({kind})" if kind else name for name, kind in one.columns.items())))


def added(made: Added) -> None:
    """What was written and what was guessed."""
    out = console()
    out.print(f"Wrote [bold]{escaped(made.file.name)}[/] for {escaped(made.dataset.name)}.")
    for canonical, column in made.guessed.items():
        out.print(f"  {canonical} is taken from {escaped(column)} [dim](guessed)[/]")
    out.print("Next: look at the file, then [bold]kinfolk check[/].")
