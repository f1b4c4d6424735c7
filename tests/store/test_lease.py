"""One writer at a time, and no lock that outlives its holder."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kinfolk.errors import BusyError
from kinfolk.store.write.lease import writer_lease

HOLDS = """
import sys
from pathlib import Path
from kinfolk.store.write.lease import writer_lease
with writer_lease(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def holder(state: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lease until it is told to end, or killed."""
    command = [sys.executable, "-c", HOLDS, str(state)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_writer_is_told_which_process_is_writing(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        told = rf"process {process.pid}, since 20\d\d-"
        with pytest.raises(BusyError, match=told), writer_lease(tmp_path):
            pytest.fail("Two writers at once.")


def test_a_writer_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.kill()
        assert process.wait(timeout=30) == -9
        with writer_lease(tmp_path):
            pass


def test_a_second_writer_may_wait_until_the_first_is_done(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        assert process.stdin is not None
        process.stdin.write("done\n")
        process.stdin.flush()
        with writer_lease(tmp_path, wait_seconds=60):
            pass
        assert process.wait(timeout=30) == 0


def test_a_writer_waits_no_longer_than_it_said(tmp_path: Path) -> None:
    with holder(tmp_path):
        started = time.monotonic()
        with pytest.raises(BusyError), writer_lease(tmp_path, wait_seconds=0.3):
            pytest.fail("Two writers at once.")
        assert time.monotonic() - started >= 0.3


def test_a_writer_that_fails_lets_the_next_one_write(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), writer_lease(tmp_path / "state"):
        raise RuntimeError
    with writer_lease(tmp_path / "state"):
        pass
    assert not (tmp_path / "state" / "writer.json").exists()


def test_two_projects_are_written_at_the_same_time(tmp_path: Path) -> None:
    with holder(tmp_path / "one"), writer_lease(tmp_path / "two"):
        pass
