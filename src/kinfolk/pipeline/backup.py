"""Backup: every published state that is kept, and the history of runs, as of one moment; also while a run goes on."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from kinfolk.engine import lake
from kinfolk.engine.reader import reading
from kinfolk.errors import ExistsError, NotFoundError
from kinfolk.model.backup import Manifest
from kinfolk.model.project import Project
from kinfolk.pipeline import archive

CATALOGUE, CONTROL, DATA = "lake/catalog.sqlite", "control.sqlite", "lake/data"


def back_up(project: Project, target: Path) -> Manifest:
    """Writes a backup to `target`, a folder or a file that ends in .zip, and reads it again to see that it is whole.

    The catalogue is copied first. The files it knows are never written to again, and stay for a day after the last
    state that needs them has expired, so a run may go on meanwhile.

    Errors  NotFoundError when nothing was published; ExistsError when something of that name is there
    """
    if target.exists():
        raise ExistsError("There is something of that name already.", where=str(target), hint="Choose another name.")
    if not lake.exists(project.state):
        raise NotFoundError(
            "Nothing has been published yet.", where=str(project.state), hint="Run `kinfolk run` first."
        )
    with tempfile.TemporaryDirectory() as folder, archive.writing(target) as store:
        copied = Path(folder)
        # The store first: what the lake knows and the store does not, the next run writes down; not the other way.
        if (project.state / CONTROL).exists():
            archive.copy_database(project.state / CONTROL, copied / CONTROL)
        archive.copy_database(project.state / CATALOGUE, copied / CATALOGUE)
        with reading(copied) as reader:
            last = reader.states()[-1]
            data = lake.data_folder(copied)
            names = sorted({file.path.relative_to(data).as_posix() for file in reader.files()})
        files = {
            name: archive.put(store, name, copied / name) for name in (CATALOGUE, CONTROL) if (copied / name).exists()
        }
        for name in names:
            files[f"{DATA}/{name}"] = archive.put(store, f"{DATA}/{name}", project.state / DATA / name)
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = Manifest(project.name, made_at, last.run_id, last.published_at.isoformat(), files)
        archive.put_manifest(store, manifest)
    verify(target)
    return manifest


def verify(path: Path) -> Manifest:
    """The manifest of a backup, every file of which is as written. Errors: EngineError names the one that is not."""
    with archive.opened(path) as store, tempfile.TemporaryDirectory() as folder:
        manifest = archive.manifest_of(store, path)
        for name, checksum in manifest.files.items():
            archive.take(store, path, name, checksum, Path(folder) / "checked")
    return manifest
