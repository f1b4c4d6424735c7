"""How consents look in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kinfolk.interfaces.cli.views import cell, console, escaped, table

if TYPE_CHECKING:
    from kinfolk.commands.consent.files import Imported
    from kinfolk.commands.consent.show import Shown, Told
    from kinfolk.commands.consent.verify import Verified
    from kinfolk.model.consent import Entry


def recorded(written: Sequence[Entry]) -> None:
    """The rows of one act, one a line."""
    out = console()
    for entry in written:
        said = entry.saying
        out.print(escaped(f"Row {entry.seq}: {said.subject} {said.choice} {said.purpose}{_part(said)}."))
    out.print(f"A receipt: `kinfolk consent receipt {written[0].seq}`. The next run takes it into consent.state.")


def shown(found: Shown) -> None:
    """One channel and topic of a purpose a line."""
    who = f"customer {found.customer_id}" if found.customer_id else "nobody known"
    listed = table(
        f"Consents of {who} at {_moment(found.at)} UTC",
        (
            "purpose",
            "channel",
            "topic",
            "allowed",
            "state",
            "basis",
            "since",
            "until",
            "said by",
            "where it is written",
        ),
    )
    for state in found.states:
        origin = state.row or (f"row {state.seq}" if state.seq else "")
        moments = (_moment(state.since), _moment(state.expires_at))
        words = (state.purpose, state.channel, state.topic, state.allowed, state.state, state.basis)
        listed.add_row(*map(cell, (*words, *moments, state.said_by, origin)))
    console().print(listed)


def told(found: Sequence[Told]) -> None:
    """One thing said a line."""
    if not found:
        console().print("Nothing was ever said.")
        return
    listed = table("Said", ("when (UTC)", "who", "what", "purpose", "channel", "topic", "version", "by", "written"))
    for one in found:
        origin = one.row or f"row {one.seq}"
        words = (one.said_by, one.choice, one.purpose, one.channel, one.topic, one.policy_version, one.recorded_by)
        listed.add_row(*map(cell, (_moment(one.effective_at), *words, origin)))
    console().print(listed)


def receipt(found: Mapping[str, Any]) -> None:
    """One field a line, under the section it is of."""
    out = console()
    for section, fields in found.items():
        out.print(escaped(section.replace("_", " ")), style="bold")
        for name, value in _flat(fields):
            out.print(escaped(f"  {name}: {value}"))


def imported(done: Imported) -> None:
    """What became of a file's rows."""
    known = f"; {done.known:,} were known" if done.known else ""
    console().print(f"{done.recorded:,} of {done.rows:,} rows recorded{known}. The next run takes them in.")


def verified(found: Verified) -> None:
    """Whether the ledger is whole."""
    out = console()
    for problem in found.problems:
        out.print(escaped(problem))
    erased = f"; {found.erased:,} name nobody any more" if found.erased else ""
    state = f"{len(found.problems)} problems" if found.problems else "whole"
    out.print(f"The ledger is {state}: {found.entries:,} rows, {found.opened:,} opened{erased}.")
    out.print(f"Its last link is {found.chain}. Keep it elsewhere: a ledger written anew has another.")


def _flat(fields: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        inner = value[0] if isinstance(value, list) else value
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{before}{name}.")
        elif inner is not None:
            yield f"{before}{name}", inner


def _part(said: Any) -> str:
    parts = [part for part in (said.channel, said.topic) if part]
    return f" ({', '.join(parts)})" if parts else ""


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
