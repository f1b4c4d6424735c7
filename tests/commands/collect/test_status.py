"""What `kinfolk collect status` finds, whatever state the project is in."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kinfolk.commands.collect.status import collect_status
from kinfolk.commands.open_project import open_project
from kinfolk.connectors.collect.log import Log
from kinfolk.errors import EngineError
from tests.serving import KEY, VISITORS, WEB, collecting

EVENT = b'{"type":"track","messageId":"m1","visitor":"u1/","userId":"u1","timestamp":"2026-03-01T12:00:00Z"}\n'


@pytest.fixture(autouse=True)
def _known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_KEY", KEY)


def sent(folder: Path, name: str = "web") -> None:
    log = Log(open_project(folder).collected / name)
    log.append(EVENT).result()
    log.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of eight megabytes."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", tmp_path], capture_output=True)
    if mounted.returncode:
        pytest.skip("Nobody may mount a disk here.")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def test_on_a_full_disk_nobody_is_told_to_restore_a_backup(small_disk: Path) -> None:
    company = collecting(small_disk / "shop")
    sent(company.folder)
    company.run()
    assert collect_status(company.folder).streams[0].waiting == 0
    with suppress(OSError), (small_disk / "rest").open("wb", buffering=0) as file:
        while True:
            file.write(b"0" * 4096)
    with pytest.raises(EngineError) as told:
        collect_status(company.folder)
    assert told.value.hint == "The disk is full: make room and try again. Nothing has to be restored for that."
    (small_disk / "rest").unlink()
    assert collect_status(company.folder).streams[0].waiting == 0


def test_a_log_that_no_source_reads_is_named(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    for name in ("web", "shop"):
        sent(tmp_path, name)
    (open_project(tmp_path).collected / "empty").mkdir()
    assert collect_status(tmp_path).unread == ("shop",)
    company.write("sources/web.yml", WEB + "status: paused\n")
    company.write("sources/visitors.yml", VISITORS + "status: paused\n")
    assert collect_status(tmp_path).unread == ("shop", "web")
