"""How events of membership look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kinfolk.interfaces.cli.views import cell, console, escaped, table

if TYPE_CHECKING:
    from kinfolk.commands.events import Event


def events(found: Sequence[Event], *, every: bool = True) -> None:
    """One event a line. every: whether all were asked for"""
    out = console()
    if not found:
        none = "No record went to another customer. A first run has no events: nobody was there before."
        out.print(none if every else "No such event. Without --customer, --since and --kind all are listed.")
        return
    listed = table("Events", ("run", "when (UTC)", "kind", "record", "from", "to", "cause"), right=("run",))
    for event in found:
        listed.add_row(
            str(event.run_id),
            f"{event.happened_at:%Y-%m-%d %H:%M}",
            event.kind,
            escaped(f"{event.source}:{event.record_id}"),
            cell(event.customer_before),
            cell(event.customer_after),
            escaped(event.cause),
        )
    out.print(listed)
