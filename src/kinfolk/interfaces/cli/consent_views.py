"""How consents look in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kinfolk.interfaces.cli.views import cell, console, escaped, table

if TYPE_CHECKING:
    from kinfolk.commands.consent.files import Imported
    from kinfolk.commands.consent.show import Shown, Told
    from kinfolk.model.consent import Entry, Subject, Verified


def recorded(written: Sequence[Entry], held_by_nobody: Sequence[Subject]) -> None:
    """The rows of one act, one a line; what was written down beside those who said it in one line."""
    out = console()
    for entry in written:
        said = entry.saying
        if not said.carried:
            out.print(escaped(f"Row {entry.seq}: {said.subject} {said.choice} {said.purpose}{_part(said)}."))
    if beside := list(dict.fromkeys(str(entry.saying.subject) for entry in written if entry.saying.carried)):
        out.print(escaped(f"Also written down for {', '.join(beside)}, to be found again when one of them changes."))
    for subject in held_by_nobody:
        out.print(f"[yellow]No record has {escaped(subject.value)}[/]: it will count for whoever has it one day.")
    out.print(f"A receipt: `kinfolk consent receipt {written[0].seq}`. The next run takes it into consent.state.")


def shown(found: Shown) -> None:
    """One channel and topic of a purpose a row; below it the basis, who said it, and where that is written."""
    who = f"customer {found.customer_id}" if found.customer_id else "nobody known"
    title = f"Consents of {who} at {found.at:%Y-%m-%d %H:%M} UTC"
    listed = table(title, ("purpose, and what it follows from", "allowed", "state", "since (UTC)", "until"))
    for state in found.states:
        origin = ", ".join(filter(None, (state.said_by, _written(state.seq, state.row))))
        below = f"{state.basis}: {origin}" if origin else str(state.basis)
        words = (f"{state.purpose}{_part(state)}\n  {below}", state.allowed, state.state)
        listed.add_row(*map(cell, (*words, _day(state.since), _day(state.expires_at))))
    console().print(listed)


def told(found: Sequence[Told]) -> None:
    """One thing said a line."""
    if not found:
        console().print("Nothing was ever said.")
        return
    listed = table("Said", ("when (UTC)", "who", "what", "purpose", "version", "by", "written"))
    for one in found:
        words = (one.said_by, one.choice, f"{one.purpose}{_part(one)}", one.policy_version, one.recorded_by)
        listed.add_row(*map(cell, (_day(one.effective_at), *words, _written(one.seq, one.row))))
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
    known = f"; {_count(done.known, 'was', 'were')} known" if done.known else ""
    console().print(
        f"{done.recorded:,} of {_count(done.rows, 'row', 'rows')} recorded{known}. The next run takes them in."
    )


def verified(found: Verified) -> None:
    """Whether the ledger is whole."""
    out = console()
    for problem in found.problems:
        out.print(escaped(problem))
    erased = f"; {_count(found.erased, 'names', 'name')} nobody any more" if found.erased else ""
    state = f"has {_count(len(found.problems), 'problem', 'problems')}" if found.problems else "is whole"
    out.print(f"The ledger {state}: {_count(found.entries, 'row', 'rows')}, {found.opened:,} opened{erased}.")
    out.print(f"Its last link is {found.last}:{found.chain}.", soft_wrap=True)
    out.print("Keep it elsewhere, and check it with --link: a ledger written anew, or cut short, has another.")


def _count(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


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


def _written(seq: int | None, row: str | None) -> str:
    """Where it is written: a row of a file, or of the ledger."""
    return row or (f"row {seq}" if seq else "")


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""
