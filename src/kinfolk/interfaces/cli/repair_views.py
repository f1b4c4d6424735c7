"""How findings, backups and what was restored look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kinfolk.interfaces.cli.views import console, escaped
from kinfolk.model.finding import Severity

if TYPE_CHECKING:
    from kinfolk.commands.restore import Restored
    from kinfolk.model.backup import Manifest
    from kinfolk.model.finding import Finding

_STYLE = {Severity.BROKEN: "red", Severity.UNTIDY: "yellow"}


def examined(found: Sequence[Finding]) -> None:
    """Each finding: how bad, what, where, and what to do or what was done."""
    out = console()
    for finding in found:
        how = "[green]mended[/]" if finding.mended else f"[{_STYLE[finding.severity]}]{finding.severity}[/]"
        out.print(f"{how}  {escaped(finding.what)}")
        out.print(f"  [dim]{escaped(finding.where)}[/]")
        if not finding.mended:
            out.print(f"  {escaped(finding.hint)}")
    if not found:
        out.print("[green]Everything is as it should be.[/]")


def backed_up(made: Manifest, target: Path) -> None:
    """What a backup holds."""
    out = console()
    out.print(
        f"[green]Backed up[/] the state of run {made.run_id}: {len(made.files):,} files, checked, in {escaped(target)}."
    )
    out.print("The project's own files are not in it; keep those in git.")


def restored(found: Restored) -> None:
    """What was restored."""
    out = console()
    out.print(f"[green]Restored[/] the state of run {found.backup.run_id}, backed up {found.backup.made_at}.")
    if found.carried_over:
        out.print("Customer ids and record numbers given out since stay used up.")
    elif found.replaced:
        out.print("[yellow]The state replaced could not be read[/]: customer ids it gave out since may be given again.")
    out.print("The next run takes in what came since the backup.")
