"""What is said of a lake that cannot be used."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kinfolk.engine.lake import unusable


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of eight megabytes."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", tmp_path], capture_output=True)
    if mounted.returncode:
        pytest.skip("Nobody may mount a disk here.")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def test_on_a_full_disk_nobody_is_told_to_restore_a_backup(small_disk: Path) -> None:
    catalogue = small_disk / "catalogue.sqlite"
    catalogue.write_bytes(b"what was published")
    with suppress(OSError), (small_disk / "rest").open("wb", buffering=0) as file:
        while True:
            file.write(b"0" * 4096)
    assert unusable(catalogue, "It cannot be read.").hint == (
        "The disk is full: make room and try again. Nothing has to be restored for that."
    )
    (small_disk / "rest").unlink()
    assert "Restore a backup" in (unusable(catalogue, "It cannot be read.").hint or "")
