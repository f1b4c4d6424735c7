"""How contracts and quarantined rows look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kinfolk.interfaces.cli.views import cell, console, escaped, table

if TYPE_CHECKING:
    from kinfolk.commands.contract import Difference, Entry, Remark
    from kinfolk.commands.quarantine import Replayed
    from kinfolk.model.quarantined import Fix, Quarantined, Waiting
    from kinfolk.model.signature import Signature


def waiting(found: Sequence[Waiting]) -> None:
    """What waits, by source, reason and load."""
    out = console()
    if not found:
        out.print("Nothing waits in quarantine.")
        return
    made = table("Rows that wait", ["source", "reason", "load", "rows", "fixed"], right=["load", "rows", "fixed"])
    for group in found:
        made.add_row(group.source, escaped(group.reason), str(group.load_id), cell(group.rows), cell(group.fixed))
    out.print(made)
    out.print("Next: kinfolk quarantine list --out rows.csv, then fix --file rows.csv, then replay")


def exported(out: Path, rows: int) -> None:
    """Where the rows went."""
    console().print(f"Wrote {rows:,} rows to {escaped(out)}. What could not be read as a row is not in it.")


def quarantined(row: Quarantined) -> None:
    """One row, where it stood and what is wrong with it."""
    out = console()
    out.print(f"Row {row.record_no}: {row.source}, {escaped(row.part)}, row {row.line}, load {row.load_id}")
    out.print(f"[yellow]{escaped(row.reason)}[/]")
    if row.values is None:
        out.print(escaped(row.text))
        return
    made = table("As corrected" if row.fixed else "As it came", ["column", "value"])
    for name, value in row.values.items():
        made.add_row(escaped(name), escaped(value or ""))
    out.print(made)


def fixed(fixes: Sequence[Fix]) -> None:
    """What was corrected."""
    out = console()
    for fix in fixes[:20]:
        told = ", ".join(f"{name} = {value or 'nothing'}" for name, value in fix.changed.items())
        out.print(f"Row {fix.row.record_no} ({fix.row.source}): {escaped(told)}")
    out.print(f"{len(fixes):,} rows corrected. Next: kinfolk quarantine replay")


def replayed(made: Replayed) -> None:
    """What sending rows again came to."""
    out = console()
    if not made.sent:
        out.print("No corrected row waits. `--all` sends every row that broke a rule.")
        return
    out.print(f"{made.sent:,} rows sent again, {made.sent - made.back:,} landed.")
    if made.back:
        out.print(f"[yellow]{made.back:,} still break a rule[/] and wait on: kinfolk quarantine list")


def drafted(path: Path, text: str, *, written: bool) -> None:
    """A draft: where it is, or the draft itself."""
    out = console()
    if not written:
        out.print(escaped(text), soft_wrap=True)
        return
    out.print(f"Drafted {escaped(path)}. Read it, correct it, then: kinfolk check")


def linted(remarks: Sequence[Remark]) -> None:
    """What is remarkable about the contracts."""
    out = console()
    for remark in remarks:
        out.print(f"{escaped(remark.where)}: [yellow]{escaped(remark.what)}[/] ({remark.source})", soft_wrap=True)
    out.print("[green]Every contract is sound.[/]" + (f" {len(remarks)} remarks." if remarks else ""))


def compared(found: Difference) -> None:
    """What one version changes, and the version step it needs."""
    out = console()
    if not found.changes:
        out.print(f"Versions {found.old} and {found.new} promise the same.")
        return
    for change in found.changes:
        style = "red" if change.breaking else "green"
        out.print(f"[{style}]{change.kind:10}[/] {escaped(change)}", soft_wrap=True)
    out.print(f"\nNeeds a {found.step} step from {found.old}: {found.version} or later. The new one is {found.new}.")
    if found.understated:
        out.print("[red]The new version claims less than it changes.[/]")


def signed(signature: Signature) -> None:
    """Who agreed to what."""
    words = f"{signature.by} signs version {signature.version} of {signature.source} as {signature.party}"
    console().print(f"{escaped(words)}. Commit contracts/signatures.yml.")


def logged(source: str, entries: Sequence[Entry]) -> None:
    """A change log, newest first."""
    out = console()
    if not entries:
        out.print("No version is known yet: commit the contract, or run the project.")
    for entry in entries:
        about = " ".join(part for part in (entry.commit, entry.by, entry.about) if part)
        out.print(f"[bold]{escaped(source)} {entry.version or '(unreadable)'}[/] {entry.at} {escaped(about)}")
        for change in entry.changes or ():
            out.print(f"  {'!' if change.breaking else '-'} {escaped(change)}", soft_wrap=True)
