"""Consent at the door, over HTTP: what may not be used is not taken in, and nothing of it reaches the disk."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from kinfolk.commands.consent.record import record
from kinfolk.commands.consent.saying import Said
from kinfolk.connectors.collect.reading import lines
from tests.consenting import ASKED, asking, consented
from tests.serving import Serving, environment, serving
from tests.tc_strings import written


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One server that refuses, for most tests of this file."""
    folder = tmp_path_factory.mktemp("asking")
    asking(folder)
    with serving(folder) as made:
        yield made


def kept(folder: Path) -> list[dict[str, Any]]:
    """Every event in the log."""
    return [json.loads(line) for _, line in lines(folder / ".kinfolk" / "collect" / "web", 0, 1 << 62)]


def named(server: Serving, message: str) -> dict[str, Any] | None:
    return next((event for event in kept(server.folder) if event["messageId"] == message), None)


def sent(server: Serving, message: str, **event: Any) -> dict[str, Any] | None:
    """What is in the log of an event that was sent; the answer is the same whether it is closed or not."""
    headers = event.pop("headers", {})
    body = {"event": "Viewed", "anonymousId": "a1", "messageId": message, **event}
    answer = server.post("/v1/track", body, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    return named(server, message)


def test_without_a_word_of_consent_nothing_is_taken_in(server: Serving) -> None:
    assert sent(server, "silent") is None


def test_with_consent_the_event_says_what_it_may_be_used_for_and_why(server: Serving) -> None:
    event = sent(server, "agreed", context=consented(C0002=True, C0004=False))
    assert event is not None
    assert event["purposes"] == ["analytics"]
    assert event["consent"] == {"allowed": {"analytics": "category C0002"}, "closed": {"ads": "category C0004"}}


def test_what_is_under_contract_goes_through(server: Serving) -> None:
    event = sent(server, "order", event="Order Completed", context=consented(C0002=False))
    assert event is not None
    assert (event["purposes"], event["consent"]) == (["fulfilment"], {"allowed": {"fulfilment": "contract"}})


def test_the_browser_s_wish_reaches_the_door(server: Serving) -> None:
    agreed = consented(C0002=True, C0004=True)
    event = sent(server, "wish", context=agreed, headers={"Sec-GPC": "1"})
    assert event is not None and event["purposes"] == ["analytics"]
    assert sent(server, "advised", event="Advised", context=agreed, headers={"Sec-GPC": "1"}) is None
    assert sent(server, "no wish", event="Advised", headers={"Sec-GPC": "0"}) is not None


def test_tcf_strings_are_read(server: Serving) -> None:
    assert sent(server, "tcf", context={"consent": {"tcf": written(consents={7})}}) is not None
    assert sent(server, "tcf no", context={"consent": {"tcf": written(consents={1})}}) is None
    assert sent(server, "tcf cut", context={"consent": {"tcf": written(consents={7})[:30]}}) is None


def test_what_an_event_says_under_our_own_names_is_not_believed(server: Serving) -> None:
    assert sent(server, "forged", purposes=["analytics"], consent={"allowed": {"analytics": "ledger"}}) is None
    event = sent(server, "odd", event="Order Completed", purposes=["ads"], consent="all")
    assert event is not None
    assert (event["purposes"], event["extra"]) == (["fulfilment"], {"purposes": ["ads"], "consent": "all"})


def test_of_a_batch_each_event_is_judged_by_itself(server: Serving) -> None:
    before = server.status()["streams"][0]
    events = [
        {"type": "track", "event": "Viewed", "anonymousId": "a1", "messageId": "batch closed"},
        {"type": "track", "event": "Order Completed", "anonymousId": "a1", "messageId": "batch open"},
        {"type": "identify", "userId": "u1", "messageId": "batch who", "traits": {"email": "ann@example.com"}},
        {"type": "track", "event": "Viewed", "anonymousId": "a1", "context": consented(C0002=False, C0004=False)},
        {"type": "drop", "event": "Order Completed", "anonymousId": "a1"},
    ]
    assert server.post("/v1/batch", {"batch": events}).status_code == 200
    found = [event["messageId"] for event in kept(server.folder) if event["messageId"].startswith("batch")]
    assert found == ["batch open"]
    after = server.status()["streams"][0]
    assert [after[what] - before[what] for what in ("received", "repeated", "closed", "anonymised")] == [1, 0, 4, 0]


def test_closed_events_are_counted_by_purpose_and_cause(server: Serving) -> None:
    def counted() -> Mapping[str, Any]:
        return dict(server.status()["streams"][0]["closed_for"])

    sent(server, "for the count")
    before = counted()
    sent(server, "again, silent")
    sent(server, "again, asked", context=consented(C0002=False), headers={"Sec-GPC": "1"})
    after = counted()
    more = {p: {c: n - before[p].get(c, 0) for c, n in causes.items()} for p, causes in after.items()}
    assert more["analytics"]["no consent"] == more["analytics"]["category C0002"] == 1
    assert more["ads"]["no consent"] == more["ads"]["Sec-GPC"] == 1


def test_people_are_told_what_was_closed(server: Serving) -> None:
    sent(server, "told")
    time.sleep(1.3)
    asked = [sys.executable, "-m", "kinfolk", "collect", "status", "-p", str(server.folder)]
    said = subprocess.run(asked, capture_output=True, text=True, check=True, env=environment(), timeout=60).stdout
    assert "closed" in said and "× analytics, no consent" in said


def soon(true: Callable[[str], bool]) -> bool:
    """Whether it becomes true within a moment. true: is given another message id each time"""
    return any(true(f"try {number} of {id(true)}") or time.sleep(0.3) for number in range(60))


def test_what_is_recorded_while_it_runs_counts_a_moment_later(server: Serving) -> None:
    def say(choice: str) -> None:
        record(server.folder, "ann@example.com", Said("analytics", choice))

    def identified(message: str, **context: Any) -> bool:
        traits = {"email": " Ann@Example.com "}
        body = {"anonymousId": "a9", "userId": "u9", "messageId": message, "traits": traits, "context": context}
        assert server.post("/v1/identify", body).status_code == 200
        return named(server, message) is not None

    assert not identified("before")
    say("granted")
    assert soon(identified)
    say("withdrawn")
    assert soon(lambda message: not identified(message))
    assert not identified("withdrawn, and the banner says yes", **consented(C0002=True))


SECRET = (
    "anonymous-4711",
    "user-4711",
    "berta@example.org",
    "Berta",
    "203.0.113.77",
    "message-4711",
    "Windfall",
    "4711.5",
)


def tell_everything(server: Serving, path: str = "/v1/track", **more: Any) -> None:
    anonymous, user, email, name, ip, message, product, total = SECRET
    traits = {"email": email, "firstName": name}
    body = {"anonymousId": anonymous, "userId": user, "messageId": message, "traits": traits, "event": "Viewed"}
    body |= {"context": {"ip": ip, "traits": traits, "page": {"url": f"https://shop.example.com/?q={email}"}}}
    body |= {"properties": {"product": product, "total": float(total), "who": {"name": name}}, "groupId": user, **more}
    assert server.post(path, body).status_code == 200


def on_disk(folder: Path, values: tuple[str, ...]) -> list[tuple[str, str]]:
    """Where in the project's state any of the values stands."""
    files = [path for path in (folder / ".kinfolk").rglob("*") if path.is_file()]
    assert len(files) > 5
    return [(str(path), value) for path in files for value in values if value.encode() in path.read_bytes()]


@pytest.mark.parametrize("settings", [ASKED, ASKED + ", without_consent: anonymise"])
def test_nothing_personal_of_a_closed_event_reaches_the_disk(tmp_path: Path, settings: str) -> None:
    company = asking(tmp_path, settings)
    with serving(tmp_path) as server:
        for kind in ("track", "identify", "page", "screen", "group", "alias"):
            tell_everything(server, f"/v1/{kind}", messageId=f"{SECRET[5]}-{kind}", previousId=SECRET[0])
        tell_everything(server, type="track", event=["Viewed"])
        server.post("/v1/track", {"event": "Order Completed", "userId": "known-4712", "messageId": "m1"})
        said = server.stop()
    company.run()
    assert on_disk(tmp_path, SECRET) == []
    assert not any(value in said for value in SECRET)
    assert on_disk(tmp_path, ("known-4712",)), "the search finds what is there"
    for table in ("landing.web", "landing.visitors", "quarantine.records"):
        [(rows,)] = company.ask(f"select coalesce(string_agg(t::varchar, ' '), '') from {table} as t")
        assert not any(value in rows for value in SECRET), table


def test_kept_without_the_person_it_tells_what_happened_and_when(tmp_path: Path) -> None:
    company = asking(tmp_path, ASKED + ", without_consent: anonymise, keep: [total, who]")
    with serving(tmp_path) as server:
        for _ in range(2):
            tell_everything(server, timestamp="2026-03-01T23:30:00+02:00")
        page = {"properties": {"name": "Lamps", "total": [SECRET[3]]}, "timestamp": "2026-02-28T01:00:00Z"}
        tell_everything(server, "/v1/page", messageId="m2", **page)
        tell_everything(server, "/v1/identify", messageId="m3")
        counted = server.status()["streams"][0]
        server.stop()
    assert [counted[what] for what in ("received", "repeated", "closed", "anonymised")] == [2, 1, 4, 2]
    viewed, page = kept(tmp_path)
    assert viewed.pop("messageId").startswith("kinfolk-") and page.pop("messageId").startswith("kinfolk-")
    day = "T00:00:00.000Z"
    assert viewed == {
        "type": "track",
        "event": "Viewed",
        "properties": {"total": 4711.5},
        "timestamp": f"2026-03-01{day}",
        "purposes": [],
    }
    assert page == {"type": "page", "name": "Lamps", "timestamp": f"2026-02-28{day}", "purposes": []}
    company.run()
    assert company.ask("select count(*) from profiles.customers") == [(0,)]
    assert company.ask("select event, customer_id from profiles.events order by 1") == [
        ("Lamps", None),
        ("Viewed", None),
    ]
    assert company.ask("select count(*) from quarantine.records") == [(0,)]


def test_the_purposes_are_columns_of_the_source(tmp_path: Path) -> None:
    company = asking(tmp_path)
    with serving(tmp_path) as server:
        sent(server, "m1", context=consented(C0002=True))
        server.stop()
    company.run()
    [(purposes, consent)] = company.ask("select purposes, consent from landing.web")
    assert json.loads(purposes) == ["analytics"]
    assert json.loads(consent)["allowed"] == {"analytics": "category C0002"}


def test_a_ledger_that_cannot_be_read_when_it_starts_keeps_the_door_shut(tmp_path: Path) -> None:
    asking(tmp_path)
    (tmp_path / ".kinfolk").mkdir()
    (tmp_path / ".kinfolk" / "control.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(AssertionError, match="history of runs cannot be read"), serving(tmp_path):
        pass
