"""`kinfolk restore`: a backup becomes the state of a project."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from kinfolk.commands.open_project import open_project
from kinfolk.engine import lake
from kinfolk.errors import ExistsError
from kinfolk.model.backup import Manifest
from kinfolk.pipeline.backup import verify
from kinfolk.pipeline.restore import restore as put_back


@dataclass(frozen=True)
class Restored:
    """A backup that became the state. replaced: whether there was one before; carried_over: whether what outlives a
    rollback (ids and numbers given out since) was taken over from it."""

    backup: Manifest
    replaced: bool
    carried_over: bool


class Ledger(Enum):
    """A `yes` that says whose ledger of consents counts, where the backup's is no copy of the present one."""

    OF_THE_BACKUP = "of the backup"


def restore(
    folder: Path, source: Path, yes: bool | Ledger = False, environment: str | None = None, wait_seconds: float = 0
) -> Restored:
    """Makes the backup the project's state; over one that is there only with `yes`.

    Errors  ExistsError without `yes`, or where the ledger of consents is another; EngineError when the backup is
            damaged; BusyError. The state is as before.
    """
    project = open_project(folder, environment)
    there = lake.exists(project.state)
    if there and not yes:
        found = verify(source)
        raise ExistsError(
            f"The project has a state, and it would be replaced by that of run {found.run_id} "
            f"({found.published_at[:16].replace('T', ' ')} UTC). Nothing was done.",
            where=str(project.state),
            hint="The backup is whole. To restore it, add --yes.",
        )
    manifest, carried = put_back(project, source, wait_seconds, other_ledger=yes is Ledger.OF_THE_BACKUP)
    return Restored(manifest, there, carried)
