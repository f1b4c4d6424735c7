"""The server is killed, has no disk, has no room: what was acknowledged is there, once, and it goes on by itself."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kinfolk.commands.collect.door import Outcome, opened
from kinfolk.commands.collect.event import Arrival
from kinfolk.commands.open_project import open_project
from kinfolk.errors import NotFoundError
from tests.company import Company
from tests.serving import (
    KEY,
    Sender,
    Serving,
    collecting,
    finished,
    free_port,
    in_log,
    landed,
    serving,
    started,
    told,
    wait_until,
)

KILLS = 20
# A file of the log is full after a hundred events, so that kills meet the change of files, too.
SMALL_FILES = {"segment_bytes": 20_000}


@pytest.mark.slow
def test_killed_under_load_no_acknowledged_event_is_lost_and_none_is_doubled(tmp_path: Path) -> None:
    """By turns while it starts, soon after, with a run that it has begun, and without the run, which goes on."""
    company = collecting(tmp_path)
    port, chance = free_port(), random.Random(5)
    senders = [Sender(port, f"sender{n}") for n in range(4)]
    for sender in senders:
        sender.start()
    runs_met = 0
    for kill in range(KILLS):
        with started(tmp_path, port, limits=SMALL_FILES) as server:
            if kill % 4 >= 1:
                server.wait_until_it_answers()
            if kill % 4 >= 2:
                runs_met += met_a_run(server)
            time.sleep(chance.random() * 0.8)
            if kill % 4 == 2:
                for run in runs_of(server):
                    os.kill(run, signal.SIGKILL)
            server.process.kill()
            server.process.wait()
    with serving(tmp_path, port=port) as server:
        time.sleep(0.5)
        acknowledged = finished(senders)
        server.stop()
    company.run(wait_seconds=60)  # a run that the server had begun may still be going on
    found = [message for (message,) in company.ask("select event_id from profiles.events")]
    assert runs_met > KILLS / 4
    assert len(list((tmp_path / ".kinfolk/collect/web").glob("*.jsonl"))) > 2 * KILLS
    assert len(acknowledged) > 1_000
    assert set(acknowledged) <= set(found)
    assert len(found) == len(set(found))
    [stream] = told(tmp_path)["streams"]
    assert stream["received"] == len(in_log(tmp_path))  # however often the counts of the last second were lost
    assert company.ask("select count(*) from profiles.events where customer_id is null") == [(0,)]
    assert company.ask("select count(*) from quarantine.records") == [(0,)]


def met_a_run(server: Serving) -> bool:
    """Waits for a run, not for long: while one that was left alone holds the project, others end at once."""
    with suppress(AssertionError):
        wait_until(lambda: bool(runs_of(server)), 4)
        return True
    return False


def runs_of(server: Serving) -> list[int]:
    """The processes that the server has started."""
    tasks = Path(f"/proc/{server.process.pid}/task")
    return [int(one) for file in tasks.glob("*/children") for one in file.read_text().split()]


def limit_files(server: Serving, size: int) -> None:
    """No file of the server may be larger than that: to it, the disk is full."""
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, hard))


def test_on_a_full_disk_events_are_sent_away_and_let_in_again_when_there_is_room(tmp_path: Path) -> None:
    collecting(tmp_path)
    with serving(tmp_path) as server:
        assert server.track(messageId="before").status_code == 200
        limit_files(server, 10)
        answers = [server.track(messageId="during") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [503, 503]
        assert answers[0].headers["retry-after"] == "1"
        limit_files(server, resource.RLIM_INFINITY)
        assert server.track(messageId="during").status_code == 200
        server.stop()
    assert [line.count(b'"during"') for line in in_log(tmp_path)] == [0, 1]


@pytest.mark.slow
def test_a_run_that_has_no_disk_is_tried_again_when_there_is_room(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    with serving(tmp_path) as server:
        assert server.track(messageId="m1").status_code == 200
        limit_files(server, 10)
        server.wait_for("Events wait: ")
        limit_files(server, resource.RLIM_INFINITY)
        landed(tmp_path, 120)
        server.stop()
    assert company.ask("select event_id from profiles.events") == [("m1",)]


# A disk of two megabytes that is the server's alone, and is gone with it.
MOUNTED = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"'
ON_A_SMALL_DISK = ("unshare", "--map-root-user", "--mount", "sh", "-c", MOUNTED)


@pytest.mark.slow
def test_a_disk_that_fills_up_under_load_and_is_emptied_costs_no_event(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    disk = tmp_path / ".kinfolk" / "collect"
    disk.mkdir(parents=True)
    if shutil.which("unshare") is None or subprocess.run([*ON_A_SMALL_DISK, str(disk), "true"], check=False).returncode:
        pytest.skip("Nothing can be mounted here.")
    port = free_port()
    senders = [Sender(port, f"sender{n}") for n in range(4)]
    with started(tmp_path, port, around=(*ON_A_SMALL_DISK, str(disk))) as server:
        server.wait_until_it_answers()
        for sender in senders:
            sender.start()
        ballast = Path(f"/proc/{server.process.pid}/root{disk}/ballast")
        with pytest.raises(OSError, match="No space left"):
            ballast.write_bytes(bytes(4 << 20))
        wait_until(lambda: all(len(sender.refused) > 10 for sender in senders))
        before = {sender: len(sender.acknowledged) for sender in senders}
        ballast.unlink()
        wait_until(lambda: all(len(sender.acknowledged) > known + 50 for sender, known in before.items()))
        acknowledged = finished(senders)
        wait_until(lambda: on_profiles(company) == len(acknowledged), 120)
        server.stop()
    assert {status for sender in senders for status in sender.refused} == {503}
    assert sorted(company.ask("select event_id from profiles.events")) == sorted((one,) for one in acknowledged)


def on_profiles(company: Company) -> int:
    """How many events are there. Their log lies where only the server sees it, so nobody else can say what waits."""
    with suppress(NotFoundError):
        return int(company.ask("select count(*) from profiles.events")[0][0])
    return 0


@pytest.mark.slow
def test_more_than_the_disk_keeps_up_with_is_sent_away_and_comes_again(tmp_path: Path) -> None:
    """While one write goes on only few events may wait for the next one; the disk itself is as quick as it is."""
    company = collecting(tmp_path)
    port = free_port()
    senders = [Sender(port, f"sender{n}") for n in range(12)]
    with serving(tmp_path, port=port, limits={"most_waiting": 2_500}) as server:
        for sender in senders:
            sender.start()
        wait_until(lambda: sum(len(sender.refused) for sender in senders) > 20)
        acknowledged = finished(senders)
        [stream] = server.status()["streams"]
        landed(tmp_path)
        server.stop()
    assert {status for sender in senders for status in sender.refused} == {429}
    assert (stream["received"], stream["repeated"], stream["refused"]) == (len(acknowledged), 0, {})
    assert sorted(company.ask("select event_id from profiles.events")) == sorted((one,) for one in acknowledged)


def test_too_many_events_for_the_disk_are_asked_to_come_again(tmp_path: Path) -> None:
    """Asked in this process, with more in one request than one over HTTP may hold, for a disk is quick."""
    collecting(tmp_path)
    events = [{"userId": "u1", "messageId": str(n), "properties": {"text": "x" * 30_000}} for n in range(1_500)]
    arrival = Arrival(datetime.now(UTC), "track")

    async def answers() -> list[Outcome]:
        with opened(open_project(tmp_path)) as door:
            return [(await door.take(KEY, some, arrival)).outcome for some in (events, events[:9])]

    assert asyncio.run(answers()) == [Outcome.BUSY, Outcome.TAKEN]
    assert len(in_log(tmp_path)) == 9
