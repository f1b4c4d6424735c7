"""A server reads the project anew when its files have changed, whenever that was."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread

import pytest

from kinfolk.commands.collect import reopening
from kinfolk.commands.collect.door import Door, opened
from kinfolk.commands.collect.reopening import follow_project, written
from kinfolk.commands.consent.notices import notice
from kinfolk.commands.open_project import open_project
from kinfolk.commands.serving import Served, served
from kinfolk.commands.traces import Traces
from tests.company import Company
from tests.consenting import POLICY, asking
from tests.serving import KEY, WEB, wait_until


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_KEY", KEY)
    monkeypatch.setattr(reopening, "LOOK", 0.02)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = asking(tmp_path)
    made.write("policies/consent.yml", POLICY.replace("text: We look at what you do.", "file: notices/2025/first.md"))
    made.write("notices/2025/first.md", "What is said at first.")
    return made


@contextmanager
def following(
    company: Company, edited: str = "", read: Traces | None = None
) -> Iterator[tuple[Served, Door, list[str]]]:
    """A server that follows the project; edited: a source that was written anew while the server began."""
    told, stop = list[str](), Event()
    read = read or written(company.folder)
    answering = served(open_project(company.folder), told=told.append)
    with opened(answering.project) as door:
        if edited:
            company.write("sources/web.yml", edited)
        thread = Thread(target=follow_project, args=(answering, door, None, read, stop))
        thread.start()
        try:
            yield answering, door, told
        finally:
            stop.set()
            thread.join()
            answering.store.dispose()


def test_what_was_written_while_the_server_began_is_seen(company: Company) -> None:
    with following(company, WEB + "status: paused\n") as (_, door, told):
        wait_until(lambda: bool(told))
        assert door.sources == ()
    assert told == ["The project was read anew, for people and programs; no source collects events."]


def test_a_project_that_nobody_writes_to_is_read_once_however_its_folder_is_named(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(company.folder)
    with following(company, read=written(Path("."))) as (_, _, told):
        time.sleep(10 * reopening.LOOK)
    assert told == []


def test_people_are_shown_the_notice_whose_digest_is_written_down(company: Company) -> None:
    with following(company) as (answering, _, told):
        company.write("notices/2025/first.md", "What is said now.")
        shown = notice(answering.project, "first")
        assert shown.version.digest == sha256(shown.content).hexdigest()
        wait_until(lambda: bool(told))
        assert notice(answering.project, "first").text == "What is said now."
    assert len(told) == 1


def test_a_notice_that_is_gone_is_told_once_and_people_see_what_it_said(company: Company) -> None:
    with following(company) as (answering, _, told):
        (company.folder / "notices/2025/first.md").unlink()
        wait_until(lambda: bool(told))
        time.sleep(10 * reopening.LOOK)
        assert notice(answering.project, "first").text == "What is said at first."
        assert len(told) == 1 and "There is no file notices/2025/first.md." in told[0]
