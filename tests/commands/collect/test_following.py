"""Runs that follow events: nothing that goes wrong for a moment ends them, and no file goes that is not landed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Timer

import pytest

from kinfolk.commands.collect import following
from kinfolk.commands.collect.door import opened
from kinfolk.commands.collect.following import follow
from kinfolk.commands.open_project import open_project
from kinfolk.commands.rollback import rollback
from kinfolk.commands.wishes import Ran, Wish, Wishes
from kinfolk.connectors.collect.log import Log
from kinfolk.model.consent import Choice, Saying, Subject
from kinfolk.store.database import open_store
from kinfolk.store.write.consents import append
from tests.serving import KEY, collecting

EVENT = (
    b'{"type":"track","messageId":"m%d","visitor":"u1/","userId":"u1","event":"Paid",'
    b'"timestamp":"2026-03-01T12:00:00Z"}\n'
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_KEY", KEY)
    monkeypatch.setattr(following, "AFTER_EVENTS", 0.01)
    monkeypatch.setattr(following, "AFTER_FAILURE", 0.01)


def sent(folder: Path, *numbers: int) -> list[Path]:
    """Events in the log, a file each; the files."""
    log = Log(folder, segment_bytes=1)
    for number in numbers:
        log.append(EVENT % number).result()
    log.close()
    return sorted(folder.glob("*.jsonl"))


def test_what_goes_wrong_for_a_moment_is_told_and_tried_again(tmp_path: Path) -> None:
    collecting(tmp_path)
    project, stop, told = open_project(tmp_path), Event(), list[str]()
    sent(project.collected / "web", 1)
    runs = iter([OSError(24, "Too many open files"), Ran(0, "Run 1 done.")])

    def run() -> Ran:
        found = next(runs)
        if isinstance(found, OSError):
            raise found
        stop.set()
        return found

    with opened(project) as door:
        follow(door, run, told.append, stop)
    assert stop.is_set(), "the second attempt was made"
    assert told == ["Events wait: [Errno 24] Too many open files"]


def test_what_somebody_says_starts_a_run_without_any_event(tmp_path: Path) -> None:
    collecting(tmp_path)
    project, stop = open_project(tmp_path), Event()
    no = Saying(Subject("email", "ana@example.com"), "news", Choice.DENIED, datetime.now(UTC))
    append(open_store(project.state), [[no]])

    def run() -> Ran:
        stop.set()
        return Ran(0, "")

    too_long = Timer(30, stop.set)
    too_long.start()
    with opened(project) as door:
        follow(door, run, print, stop)
    assert too_long.is_alive(), "it ran"
    too_long.cancel()


def test_a_file_stays_until_every_source_made_of_it_has_landed_it(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    company.write("kinfolk.yml", "name: Shop\nhistory: 1 day\n")
    company.run()
    project, stop = open_project(tmp_path), Event()
    for file in sent(project.collected / "web", 1, 2, 3):
        os.utime(file, (0, 0))

    def nothing_lands() -> Ran:
        runs.append(len(list((project.collected / "web").glob("*.jsonl"))))
        if len(runs) == 2:
            company.run()
        if len(runs) == 3:
            stop.set()
        sent(project.collected / "web", 3 + len(runs))
        return Ran(0, "")

    runs = list[int]()
    with opened(project) as door:
        follow(door, nothing_lands, lambda _: None, stop)
    assert runs[:2] == [3, 4], "a run that ended well landed none of them"
    assert runs[2] < 4, "they are landed now"


def test_what_a_rollback_took_back_is_landed_again_without_a_further_event(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    project, stop, runs = open_project(tmp_path), Event(), list[int]()
    log, first = project.collected / "web", company.run().run_id

    def land() -> Ran:
        runs.append(company.run().run_id)
        if len(runs) == 1:
            rollback(tmp_path, f"run:{first}", yes=True)
        else:
            stop.set()
        return Ran(0, "")

    sent(log, 1)
    with opened(project) as door:
        follow(door, land, lambda _: None, stop)
    assert len(runs) == 2
    assert company.ask("select event_id from profiles.events") == [("m1",)]


def test_what_people_want_comes_first_is_done_once_and_its_failure_keeps_nothing_up(tmp_path: Path) -> None:
    collecting(tmp_path)
    project, stop, done = open_project(tmp_path), Event(), list[tuple[str, ...]]()

    def fulfil(asked: tuple[str, ...]) -> Ran:
        done.append(asked)
        if asked == ("run",):
            return Ran(1, "It did not work.")
        stop.set()
        return Ran(0, "")

    wishes = Wishes(fulfil)
    for asked in (("run",), ("run",), ("quarantine", "replay")):
        wishes.add(Wish(asked, "ana@example.com"))
    sent(project.collected / "web", 1)
    with opened(project) as door:
        follow(door, lambda: Ran(0, ""), lambda _: None, stop, wishes)
    assert done == [("run",), ("quarantine", "replay")]
    assert wishes.waiting == () and wishes.going is None
    assert wishes.last == (Wish(("quarantine", "replay"), "ana@example.com"), Ran(0, ""))
