"""How tracking plans look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kinfolk.interfaces.cli.views import console, escaped, table

if TYPE_CHECKING:
    from kinfolk.commands.tracking import Tracked

_STYLES = {"unplanned": "yellow", "deprecated": "dim"}


def tracked(found: Sequence[Tracked]) -> None:
    """One event a line."""
    out = console()
    listed = table("Events", ("source", "event", "plan", "landed", "waiting", "last"), right=("landed", "waiting"))
    for one in found:
        style = _STYLES.get(one.planned)
        listed.add_row(
            escaped(one.source),
            escaped(one.event),
            f"[{style}]{one.planned}[/]" if style else one.planned,
            f"{one.landed:,}",
            f"{one.waiting:,}",
            f"{one.last:%Y-%m-%d %H:%M}" if one.last else "never",
        )
    out.print(listed)


def drafted(path: Path, text: str, *, written: bool) -> None:
    """A draft: where it is, or the draft itself."""
    out = console()
    if written:
        out.print(f"Drafted {escaped(path)}. Read it, correct it, then: kinfolk check")
    else:
        out.print(escaped(text), soft_wrap=True)
