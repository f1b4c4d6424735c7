"""How a server and its runs stand, again and again: memory, processor time, disk, and events that wait."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from main_job import say  # noqa: E402

from kinfolk.commands.collect.status import collect_status  # noqa: E402


@dataclass(frozen=True)
class Sample:
    """How the server stood at a moment.

    at       seconds since sending began
    run_mb   the highest memory of a run since the sample before
    run_cpu  seconds of a processor that runs have had since then
    waiting  events that no run had landed
    load     what waits for a processor on the whole machine
    """

    at: float
    server_mb: float
    run_mb: float
    run_cpu: float
    load: float
    log_mb: float
    lake_mb: float
    waiting: int


class Watch(threading.Thread):
    """Samples each minute, and what runs have needed in between."""

    def __init__(self, project: Path, pid: int, every: float) -> None:
        super().__init__(daemon=True)
        self.project, self.pid, self.every = project, pid, every
        self.samples: list[Sample] = []
        self.over = threading.Event()
        self._highest = 0.0
        self._cpu: dict[int, float] = {}

    def run(self) -> None:
        """Until `over` is set."""
        began, counted = time.monotonic(), 0.0
        following = began + self.every
        while not self.over.wait(0.2):
            self._look()
            if time.monotonic() < following:
                continue
            used = sum(self._cpu.values())
            sample = self._sample(time.monotonic() - began, used - counted)
            say(
                f"{sample.at:6.0f} s  server {sample.server_mb:,.0f} MB, runs {sample.run_mb:,.0f} MB at most and "
                f"{sample.run_cpu:.1f} CPU s, log {sample.log_mb:,.0f} MB, lake {sample.lake_mb:,.0f} MB, "
                f"{sample.waiting:,} events wait, load {sample.load:.1f}"
            )
            self.samples.append(sample)
            following, self._highest, counted = following + self.every, 0.0, used

    def _look(self) -> None:
        for child in children(self.pid):
            self._highest = max(self._highest, memory_mb(child, "VmHWM"))
            self._cpu[child] = max(self._cpu.get(child, 0.0), cpu_seconds(child))

    def _sample(self, at: float, run_cpu: float) -> Sample:
        state = self.project / ".kinfolk"
        [stream] = collect_status(self.project).streams
        sizes = (megabytes(state / "collect"), megabytes(state / "lake"))
        server_mb = memory_mb(self.pid, "VmRSS")
        return Sample(at, server_mb, self._highest, run_cpu, os.getloadavg()[0], *sizes, stream.waiting)


def children(pid: int) -> list[int]:
    """Processes that the process has started."""
    try:
        return [int(one) for file in Path(f"/proc/{pid}/task").glob("*/children") for one in file.read_text().split()]
    except OSError:
        return []


def memory_mb(pid: int, what: str) -> float:
    """Memory of a process now (VmRSS) or at most (VmHWM); 0 when it is over."""
    try:
        told = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in told if line.startswith(what)), 0.0)


def cpu_seconds(pid: int) -> float:
    """Seconds of a processor that the process has had; 0 when it is over."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(folder: Path) -> float:
    """What the files of a folder come to, whoever removes some meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total / 1e6


@contextmanager
def watched(project: Path, pid: int, every: float) -> Iterator[Watch]:
    """Samples while the block goes on."""
    watch = Watch(project, pid, every)
    watch.start()
    try:
        yield watch
    finally:
        watch.over.set()
        watch.join()
