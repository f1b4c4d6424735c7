"""Programs that send events over a way that loses requests and answers: what they count is what we count, and keep."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CHECKOUT
from tests.journeys.test_collected_events import clients
from tests.serving import KEY, collecting, free_port, landed, serving, told, wait_until
from tests.unreliable import Fate, unreliable_way

EVENTS = 400


@dataclass(frozen=True)
class Counted:
    """What became of the events, as the program counts it."""

    delivered: int
    failed: int


@pytest.fixture(autouse=True)
def _known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_KEY", KEY)


def from_python(package: str) -> Callable[[str, Path], Counted]:
    """A program for Python, which tells of what it gives up, and of nothing else."""

    def send(address: str, _: Path) -> Counted:
        module = pytest.importorskip(f"{package}.analytics.client")
        failed: list[Any] = []
        client = module.Client(
            KEY, host=address, on_error=lambda _, batch: failed.extend(batch), upload_size=5, upload_interval=0.2
        )
        for number in range(EVENTS):
            client.track(anonymous_id=f"a{number % 7}", event=f"Step {number}")
            time.sleep(0.02)
        while not client.queue.empty():
            client.flush()
        client.shutdown()
        return Counted(EVENTS - len(failed), len(failed))

    return send


def from_node(package: str) -> Callable[[str, Path], Counted]:
    """A program for Node, which tells of each event what became of it."""

    def send(address: str, folder: Path) -> Counted:
        script = shutil.copy(CHECKOUT / "tests" / "clients" / "many.js", folder)
        asked = ["node", script, package, address, KEY, str(EVENTS)]
        found = subprocess.run(asked, capture_output=True, text=True, timeout=180)
        assert found.returncode == 0, found.stderr
        return Counted(**json.loads(found.stdout.splitlines()[-1]))

    return send


PROGRAMS = {
    "segment for Python": from_python("segment"),
    "rudder for Python": from_python("rudderstack"),
    "segment for Node": from_node("segment"),
    "rudder for Node": from_node("rudder"),
}


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_its_own_count_is_ours_whatever_happens_on_the_way(tmp_path: Path, program: str) -> None:
    """The server is stopped and started in the middle, too; nobody listens meanwhile."""
    folder = clients() if program.endswith("Node") else tmp_path
    company = collecting(tmp_path)
    port = free_port()
    with unreliable_way(port) as way, ThreadPoolExecutor(1) as apart:
        with serving(tmp_path, port=port) as server:
            counted = apart.submit(PROGRAMS[program], way.url, folder)
            wait_until(lambda: way.fates.total() > 20)
            server.stop()
        way.starts_anew()
        with serving(tmp_path, port=port) as server:
            found = counted.result(240)
            landed(tmp_path)
            server.stop()
    [stream] = told(tmp_path)["streams"]
    assert found == Counted(len(way.heard), EVENTS - len(way.heard))
    assert (stream["received"], stream["repeated"]) == (way.received, way.repeated)
    assert stream["refused"] == {"a body that breaks off": way.fates[Fate.BROKEN_OFF]}
    assert sorted(company.ask("select event_id from profiles.events")) == sorted((one,) for one in way.known)
    assert company.ask("select count(*) from landing.web") == [(len(way.known),)]
    assert way.fates.keys() == set(Fate), "one of the misfortunes never happened"
    assert len(way.known) > 0.9 * EVENTS
