"""A run killed at any moment, in any stage: what is published stays whole, and the next run completes by itself."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlglot import exp

from kinfolk.commands.doctor import doctor
from kinfolk.commands.open_project import open_project
from kinfolk.commands.run import run
from kinfolk.commands.status import status
from kinfolk.engine.inspection import orphans
from kinfolk.engine.reader import reading
from kinfolk.engine.sql import column, query, sql, table
from kinfolk.model.run import RunOptions, RunStatus, StepRecord

CHECKOUT = Path(__file__).resolve().parents[2]
FULL = RunOptions(full=True)
# What two runs of the same data say differently: when they were, and how many runs were begun before.
CLOCK = {"_loaded_at", "loaded_at", "happened_at", "run_id"}
SUMMED = {"rate_before", "rate_after"}  # sums of many floats, whose last digit depends on who is done first
TELLS_ITS_STEPS = """
import sys
from pathlib import Path
from kinfolk.commands.run import run
from kinfolk.model.run import RunOptions
from kinfolk.pipeline.watch import Silent

class Telling(Silent):
    def begin(self, title):
        print(title, flush=True)

print("started", flush=True)
run(Path(sys.argv[1]), options=RunOptions(full=True), watcher=Telling())
print("ended", flush=True)
"""

State = dict[str, tuple[object, ...]]


@pytest.mark.parametrize(
    ("records", "kills"), [(300, 3), pytest.param(30_000, 20, marks=pytest.mark.slow)], ids=["300", "30k"]
)
def test_killed_in_every_stage(tmp_path: Path, records: int, kills: int) -> None:
    folder = people(tmp_path / "people", records)
    whole = (folder / "data" / "crm.csv").read_bytes().splitlines(keepends=True)
    twin = tmp_path / "undisturbed"
    deliver(folder, whole, len(whole) // 2)
    shutil.copytree(folder, twin)
    run(folder)
    run(twin)
    chance = random.Random(7)
    before = published(twin)
    assert published(folder) == before
    for kill in range(kills):
        for each in (folder, twin):
            deliver(each, whole, len(whole) // 2 + (kill + 1) * len(whole) // (2 * kills))
        steps = run(twin, options=FULL).steps
        after = published(twin)
        assert after != before
        step = moment(steps, kill, kills)
        died_in = killed(folder, step, chance.random() * steps[step].seconds)
        seen = published(folder)
        assert seen in (before, after), f"killed in {died_in}: a state that is neither the one before nor the one after"
        assert status(folder, limit=1).runs[0].status in (RunStatus.FAILED, RunStatus.PUBLISHED)
        run(folder, options=FULL)
        assert published(folder) == after, f"killed in {died_in}: the next run came to another result"
        assert left_over(folder) == [], f"killed in {died_in}"
        before = after
    assert doctor(folder) == []


def people(folder: Path, records: int) -> Path:
    """A project of invented people."""
    command = [sys.executable, str(CHECKOUT / "benchmarks" / "people.py"), "--records", str(records)]
    subprocess.run([*command, "--seed", "7", "--out", str(folder)], check=True, capture_output=True)
    return folder


def deliver(folder: Path, whole: list[bytes], count: int) -> None:
    (folder / "data" / "crm.csv").write_bytes(b"".join(whole[:count]))


def moment(steps: tuple[StepRecord, ...], kill: int, kills: int) -> int:
    """The step to kill in: spread over all of them, and every third time the one that publishes."""
    last = len(steps) - 1
    return last if kill % 3 == 2 else kill * last // kills


def killed(folder: Path, step: int, delay: float) -> str:
    """Kills a run some time after it has begun that step; returns what it was at."""
    process = subprocess.Popen(
        [sys.executable, "-c", TELLS_ITS_STEPS, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    title = "started"
    for number, line in enumerate(process.stdout):
        title = line.strip()
        if number == step + 1:  # the first line comes before any step
            time.sleep(delay)
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return title


def published(folder: Path) -> State:
    """Every published table in a few numbers: its rows, and what is in them, the clock apart."""
    with reading(open_project(folder).state) as reader:
        found: State = {}
        for name, columns in sorted(reader.published.items()):
            compared = [compared_as(c) for c in sorted(columns) if c not in CLOCK]
            tree = query(
                "select count(*), bit_xor(hash($columns)), sum(hash($columns) % 1000003) from told",
                columns=compared,
                told=table(name),
            )
            [found[name]] = reader.read(tree).rows
        return found


def compared_as(name: str) -> exp.Expr:
    return sql("round($c, 9)", c=column(name)) if name in SUMMED else column(name)


def left_over(folder: Path) -> list[Path]:
    """Files that nothing needs: of the lake, and of work that did not fit into memory."""
    state = open_project(folder).state
    with reading(state) as reader:
        return [*orphans(reader.connection, state), *_working_folders(state)]


def _working_folders(state: Path) -> Iterator[Path]:
    for kind in ("spill", "restoring", "writer.json"):
        yield from state.glob(f"{kind}*")
