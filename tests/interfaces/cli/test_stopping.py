"""A run that is told to stop says so, ends at once, and leaves what was published untouched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kinfolk.commands.status import status
from tests.company import Company

QUERY = "select count(*) from range(10_000_000) a, range(10_000_000) b"

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="how busy a process is, is read in /proc")


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.source("crm", "record_id: id\npeople: {email: mail, first_name: name}\n")
    made.csv("crm", [{"id": n, "mail": f"m{n}@example.com", "name": "Ada"} for n in range(400_000)])
    return made


def stopped(words: list[str], begun: Callable[[int], bool], number: int) -> tuple[int, str]:
    """Starts the command, sends the signal once it has begun (asked by process id), and gives exit code and words."""
    process = subprocess.Popen([sys.executable, "-m", "kinfolk", *words], stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not begun(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    return process.returncode, told


def running(folder: Path) -> bool:
    """Whether a run is recorded as under way. How long a process takes to come so far depends on the machine."""
    return [run.status for run in status(folder).runs] == ["running"]


def computing(process: int) -> bool:
    """Whether it has worked for two seconds: it is well past its start."""
    return int(Path(f"/proc/{process}/stat").read_text().split()[13]) > 2 * os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_told_to_stop_says_so_and_is_recorded_as_failed(company: Company, number: int, code: int) -> None:
    found, told = stopped(["run", str(company.folder), "--json"], lambda _: running(company.folder), number)
    assert found == code, told
    assert json.loads(told)["what"] == f"Stopped by {signal.Signals(number).name}."
    now = status(company.folder)
    assert (now.numbers, [run.status for run in now.runs]) == (None, ["failed"])
    assert not (company.folder / ".kinfolk" / "writer.json").exists()


def test_a_query_under_way_is_stopped_too(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.source("crm", "record_id: id\npeople: {email: mail}\n")
    company.csv("crm", [{"id": 1, "mail": "a@example.com"}])
    company.run()
    found, told = stopped(["query", QUERY, "-p", str(tmp_path)], computing, signal.SIGINT)
    assert found == 130
    assert told == "Stopped by SIGINT. What was published before is untouched.\n"
