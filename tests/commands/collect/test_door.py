"""The door without a server before it: what becomes of the events of a request, while the project changes too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import enumerate as enumerate_threads
from typing import Any

import pytest

from kinfolk.commands.collect import ledger
from kinfolk.commands.collect.door import Answer, Door, Outcome, opened
from kinfolk.commands.collect.event import Arrival
from kinfolk.commands.open_project import open_project
from kinfolk.connectors.collect.reading import lines
from kinfolk.errors import KinfolkError
from kinfolk.model.consent import Choice, Saying, Subject
from kinfolk.store.database import open_store
from kinfolk.store.write.consents import append
from tests.consenting import ASKED, asking, consented
from tests.serving import KEY, VISITORS, WEB, collecting

OTHER = "another-key-of-the-site"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _known_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_KEY", KEY)
    monkeypatch.setenv("OTHER_KEY", OTHER)


@contextmanager
def door_of(folder: Path) -> Iterator[Door]:
    with opened(open_project(folder)) as door:
        yield door


def take(door: Door, *events: Any, key: str | None = KEY, gpc: bool = False) -> Answer:
    made = [{"type": "track", "event": "Viewed", "anonymousId": "a1", **event} for event in events]
    return asyncio.run(door.take(key, made, Arrival(NOW, gpc=gpc)))


def kept(folder: Path, source: str = "web") -> list[dict[str, Any]]:
    return [json.loads(line) for _, line in lines(folder / ".kinfolk" / "collect" / source, 0, 1 << 62)]


def test_what_is_closed_is_answered_as_if_it_were_taken_and_is_not_there(tmp_path: Path) -> None:
    asking(tmp_path)
    with door_of(tmp_path) as door:
        assert take(door, {"messageId": "m1"}) == Answer(Outcome.TAKEN)
        assert take(door, {"messageId": "m2", "context": consented(C0002=True, C0004=True)}, gpc=True).taken == 1
        assert take(door, {"messageId": "m3", "type": "drop"}, {"messageId": "m4"}).outcome is Outcome.TAKEN
        counts = door.counts
    [event] = kept(tmp_path)
    assert (event["messageId"], event["purposes"]) == ("m2", ["analytics"])
    assert event["consent"]["closed"] == {"ads": "Sec-GPC"}
    assert (counts.closed["web"], counts.received["web"]) == (3, 1)
    assert counts.closed_for["web"]["analytics"] == {"no consent": 3}


def test_without_the_person_an_event_comes_in_once(tmp_path: Path) -> None:
    asking(tmp_path, ASKED + ", without_consent: anonymise, keep: [total]")
    closed = {"messageId": "m1", "userId": "u1", "properties": {"total": 5, "who": "Ann"}}
    with door_of(tmp_path) as door:
        take(door, closed)
        take(door, closed, {"type": "identify", "userId": "u1", "traits": {"email": "ann@example.com"}})
        counts = door.counts
    [event] = kept(tmp_path)
    assert event.pop("messageId").startswith("kinfolk-")
    day = "2026-03-01T00:00:00.000Z"
    assert event == {
        "type": "track",
        "event": "Viewed",
        "properties": {"total": 5},
        "timestamp": day,
        "purposes": [],
    }
    assert (counts.anonymised["web"], counts.closed["web"], counts.repeated["web"]) == (1, 3, 1)


def test_without_the_person_events_of_no_id_are_no_repetitions(tmp_path: Path) -> None:
    asking(tmp_path, ASKED + ", without_consent: anonymise")
    with door_of(tmp_path) as door:
        odd = [{"messageId": message} for message in ("", "", " ", None, "k" * 501)]
        assert take(door, *odd).taken == 4
        counts = door.counts
    assert len({event["messageId"] for event in kept(tmp_path)}) == 4
    assert (counts.anonymised["web"], counts.closed["web"], counts.repeated["web"]) == (4, 5, 0)


def test_a_no_by_telephone_is_found_however_the_number_is_written(tmp_path: Path) -> None:
    company = asking(tmp_path)
    company.write("kinfolk.yml", "name: Shop\ncountry: DE\n")
    no = Saying(Subject("phone", "+4930123456"), "analytics", Choice.DENIED, NOW)
    append(open_store(open_project(tmp_path).state), [[no]])
    with door_of(tmp_path) as door:
        for number, written in enumerate(["030 / 123456", "+49 30 123456", "0049 30 123456", "030 / 654321"]):
            said = {"traits": {"phone": written}, **consented(C0002=True)}
            take(door, {"messageId": f"m{number}", "userId": f"u{number}", "context": said})
    assert [event["messageId"] for event in kept(tmp_path)] == ["m3"]


def test_while_the_ledger_cannot_be_looked_at_events_shall_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking(tmp_path)
    with door_of(tmp_path) as door:
        monkeypatch.setattr(ledger, "PATIENCE", -1.0)
        assert take(door, {"context": consented(C0002=True)}) == Answer(Outcome.NO_LEDGER)
    assert kept(tmp_path) == []


def test_each_event_of_a_batch_goes_by_its_own_key(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    company.write("sources/app.yml", WEB.replace("WEB_KEY", "OTHER_KEY"))
    with door_of(tmp_path) as door:
        mixed = take(door, {"messageId": "m1"}, {"messageId": "m2", "writeKey": OTHER}, {"writeKey": "unknown-key"})
        assert mixed == Answer(Outcome.TAKEN, 2, ("unknown write key",))
        assert take(door, {"writeKey": "unknown-key"}).outcome is Outcome.UNKNOWN_KEY
        assert take(door, {"messageId": "m3", "writeKey": OTHER}, key=None).taken == 1
        assert take(door, key="unknown-key").outcome is Outcome.UNKNOWN_KEY
        assert take(door).outcome is Outcome.TAKEN
        assert door.counts.refused[""] == {"unknown write key": 2}
    assert [event["messageId"] for event in kept(tmp_path)] == ["m1"]
    assert [event["messageId"] for event in kept(tmp_path, "app")] == ["m2", "m3"]


@pytest.mark.parametrize("hidden", ["***", "key-of-the-web-site:***", "", None, 7])
def test_an_event_that_does_not_say_its_key_goes_by_that_of_the_request(tmp_path: Path, hidden: Any) -> None:
    collecting(tmp_path)
    with door_of(tmp_path) as door:
        assert take(door, {"messageId": "m1", "writeKey": hidden}).taken == 1
        assert take(door, {"messageId": "m2", "writeKey": hidden}, key=None).outcome is Outcome.UNKNOWN_KEY
    assert [event["messageId"] for event in kept(tmp_path)] == ["m1"]


def test_it_goes_on_with_the_project_as_it_is_now(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    with door_of(tmp_path) as door:
        take(door, {"messageId": "m1"})
        company.write("sources/web.yml", WEB.replace('"${WEB_KEY}"', '"${WEB_KEY}", "${OTHER_KEY}"'))
        door.reopen(open_project(tmp_path))
        assert take(door, {"messageId": "m1"}, {"messageId": "m2"}, key=OTHER).taken == 2
        assert door.counts.repeated["web"] == 1, "what came before is remembered"
        company.write("sources/web.yml", WEB + "name: shop\n")
        company.write("sources/visitors.yml", VISITORS.replace("visitors_of: web", "visitors_of: shop"))
        door.reopen(open_project(tmp_path))
        assert door.sources == ("shop",)
        take(door, {"messageId": "m3"})
        asking(tmp_path)
        door.reopen(open_project(tmp_path))
        take(door, {"messageId": "m4"}, {"messageId": "m5", "context": consented(C0002=True)})
        company.write("sources/web.yml", WEB + "status: paused\n")
        company.write("sources/visitors.yml", VISITORS + "status: paused\n")
        door.reopen(open_project(tmp_path))
        assert take(door).outcome is Outcome.UNKNOWN_KEY
    assert [event["messageId"] for event in kept(tmp_path)] == ["m1", "m2", "m5"]
    assert [event["messageId"] for event in kept(tmp_path, "shop")] == ["m3"]


def test_an_environment_that_comes_to_read_anothers_landing_takes_in_nothing_more(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    for name, key in (("prod", "OTHER_KEY"), ("dev", "WEB_KEY")):
        web = WEB.replace("WEB_KEY", key).replace("source: visitors", f"source: visitors_{name}")
        company.write(f"sources/web_{name}.yml", f"environment: {name}\n{web}")
        visitors = VISITORS.replace("visitors_of: web", f"visitors_of: web_{name}")
        company.write(f"sources/visitors_{name}.yml", f"environment: {name}\n{visitors}")
    environments = "name: Test company\ntime_zone: UTC\nenvironment: dev\nenvironments: {prod: {}, dev: {}}\n"
    company.write("kinfolk.yml", environments)
    remove(tmp_path, "web", "visitors")
    with opened(open_project(tmp_path, "dev")) as door:
        remove(tmp_path, "web_dev", "visitors_dev")
        company.write("kinfolk.yml", environments.replace("dev: {}", "dev: {landing: prod}"))
        with pytest.raises(KinfolkError, match="no landing of its own"):
            door.reopen(open_project(tmp_path, "dev"))
        assert door.sources == ("web_dev",), "what was said before holds"
        assert take(door, key=OTHER).outcome is Outcome.UNKNOWN_KEY


def remove(folder: Path, *sources: str) -> None:
    for name in sources:
        (folder / "sources" / f"{name}.yml").unlink()


def test_a_source_that_was_gone_for_a_moment_has_one_writer(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    with door_of(tmp_path) as door:
        assert take(door, {"messageId": "m1"}).taken == 1
        company.write("sources/web.yml", WEB + "status: paused\n")
        door.reopen(open_project(tmp_path))
        assert door.sources == ()
        company.write("sources/web.yml", WEB)
        door.reopen(open_project(tmp_path))

        writers = [thread.name for thread in enumerate_threads() if thread.name == "log web"]
        assert writers == ["log web"]
        assert take(door, {"messageId": "m1"}, {"messageId": "m2"}).taken == 2
        assert door.counts.repeated["web"] == 1, "what came before is remembered"
    assert [event["messageId"] for event in kept(tmp_path)] == ["m1", "m2"]
