"""What `kinfolk collect status` finds, whatever state the project is in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kinfolk.commands.collect.door import Door, opened
from kinfolk.commands.collect.event import Arrival
from kinfolk.commands.collect.status import collect_status
from kinfolk.commands.open_project import open_project
from kinfolk.connectors.collect.log import Log
from tests.serving import KEY, VISITORS, WEB, collecting

EVENT = b'{"type":"track","messageId":"m1","visitor":"u1/","userId":"u1","timestamp":"2026-03-01T12:00:00Z"}\n'


@pytest.fixture(autouse=True)
def _known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_KEY", KEY)


def sent(folder: Path, name: str = "web") -> None:
    log = Log(open_project(folder).collected / name)
    log.append(EVENT).result()
    log.close()


def test_a_log_that_no_source_reads_is_named(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    for name in ("web", "shop"):
        sent(tmp_path, name)
    (open_project(tmp_path).collected / "empty").mkdir()
    assert collect_status(tmp_path).unread == ("shop",)
    company.write("sources/web.yml", WEB + "status: paused\n")
    company.write("sources/visitors.yml", VISITORS + "status: paused\n")
    assert collect_status(tmp_path).unread == ("shop", "web")


def test_what_a_door_that_was_killed_took_in_last_is_counted_by_the_log(tmp_path: Path) -> None:
    collecting(tmp_path)

    def received() -> int:
        [stream] = collect_status(tmp_path).streams
        return stream.received

    sent(tmp_path)
    assert received() == 1  # its counts were never written down
    with opened(open_project(tmp_path)):
        pass
    assert received() == 1
    for _ in range(3):
        sent(tmp_path)
    assert received() == 4
    with opened(open_project(tmp_path)) as door:
        assert door.counts.received["web"] == 4
    (open_project(tmp_path).collected / "counts.json").write_text("half of it, {")
    assert received() == 4


def test_what_a_door_counts_itself_is_not_counted_again_by_its_log(tmp_path: Path) -> None:
    collecting(tmp_path)
    events = iter({"type": "track", "event": "Viewed", "anonymousId": "a1", "messageId": f"m{n}"} for n in range(100))

    def take(door: Door, number: int) -> None:
        arrival = Arrival(datetime.now(UTC))
        asyncio.run(door.take(KEY, [next(events) for _ in range(number)], arrival))

    def received() -> int:
        [stream] = collect_status(tmp_path).streams
        return stream.received

    for opening in range(3):
        with opened(open_project(tmp_path)) as door:
            take(door, 2)
            door.save()
            assert received() == 5 * opening + 2
            take(door, 3)
            assert received() == door.counts.received["web"] == 5 * opening + 5
        assert received() == 5 * opening + 5
