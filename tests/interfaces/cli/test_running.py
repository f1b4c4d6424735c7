"""`kinfolk run` as a service: it stays, logs, measures, and ends when it is told to."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kinfolk.commands.status import status
from tests.company import Company
from tests.interfaces.cli.test_cli import kinfolk


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.write("kinfolk.yml", 'name: Test\nschedule: "* * * * *"\n')
    made.source("crm", "record_id: id\npeople: {email: mail}\n")
    made.csv("crm", [{"id": 1, "mail": "ada@example.com"}])
    return made


@pytest.mark.slow
def test_it_runs_when_the_minute_comes_and_ends_by_itself(company: Company) -> None:
    log = company.folder / "runs.jsonl"
    done = kinfolk("run", company.folder, "--schedule", "--for", "62 seconds", "--json", "--log", log)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told[0]["run"]["status"] == "published" and told[0]["next"]["at"] > told[0]["due"]["at"]
    assert [json.loads(line)["event"] for line in log.read_text().splitlines()][0] == "run began"


def test_it_ends_when_it_is_told_to(company: Company) -> None:
    company.write("kinfolk.yml", 'name: Test\nschedule: "0 0 29 2 *"\n')
    process = subprocess.Popen(
        [sys.executable, "-m", "kinfolk", "run", str(company.folder), "--schedule"], stderr=subprocess.PIPE, text=True
    )
    waiting = Path(f"/proc/{process.pid}/wchan")
    until = time.monotonic() + 30
    while time.monotonic() < until and "futex" not in waiting.read_text():
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 0, told
    assert status(company.folder).runs == []


def test_log_lines_and_measurements_are_for_other_programs(company: Company) -> None:
    lines = [json.loads(line) for line in kinfolk("run", company.folder, "--log", "-").stdout.splitlines()]
    assert lines[-1]["event"] == "run ended"
    out = company.folder / "kinfolk.prom"
    kinfolk("metrics", company.folder, "--out", out)
    assert 'kinfolk_runs_total{project="Test",status="published"} 1.0' in out.read_text()
    assert [path.name for path in company.folder.glob(".kinfolk.prom*")] == []
    assert kinfolk("metrics", company.folder).stdout.startswith("# HELP kinfolk_runs_total")


@pytest.mark.parametrize(
    "words",
    [("--for", "1 hour"), ("--schedule", "--for", "soon"), ("--log", "-", "--json")],
)
def test_what_makes_no_sense_together_is_refused(company: Company, words: tuple[str, ...]) -> None:
    kinfolk("run", company.folder, *words, expect=2)
