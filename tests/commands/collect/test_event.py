"""An event as it is written down."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kinfolk.commands.collect.event import Arrival, RefusedError, line_of
from kinfolk.commands.collect.moments import moment, text_of
from kinfolk.connectors.collect.connector import COLUMNS

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC))


def kept(event: Any, **arrival: Any) -> dict[str, Any]:
    message, line = line_of(event, Arrival(NOW, **{"type": "track", **arrival}))
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    made = json.loads(line)
    assert made["messageId"] == message
    return dict(made)


def refused(event: Any, **arrival: Any) -> str:
    with pytest.raises(RefusedError) as why:
        line_of(event, Arrival(NOW, **{"type": "track", **arrival}))
    return str(why.value)


def test_a_plain_event() -> None:
    event = {"event": "Paid", "userId": "u1", "messageId": "m1", "properties": {"total": 5, "at\n": "x\ny"}}
    assert kept(event) == {
        "type": "track",
        "messageId": "m1",
        "visitor": "u1/",
        "userId": "u1",
        "event": "Paid",
        "properties": {"total": 5, "at\n": "x\ny"},
        "timestamp": "2026-03-01T12:00:00.000Z",
        "receivedAt": "2026-03-01T12:00:00.000Z",
    }


@pytest.mark.parametrize(
    ("type_", "event", "name"),
    [
        ("page", {"properties": {"name": "Home"}}, "Home"),
        ("page", {"name": "Start", "properties": {"name": "Home"}}, "Start"),
        ("screen", {"properties": {"name": 7}}, None),
        ("track", {"event": "Viewed", "properties": {"name": "Lamp"}}, None),
    ],
)
def test_a_page_is_named_by_its_properties_where_nothing_else_names_it(
    type_: str, event: dict[str, Any], name: str | None
) -> None:
    assert kept({"userId": "u1", **event}, type=type_).get("name") == name


@given(happened=MOMENTS, sent=MOMENTS, received=MOMENTS, ahead=st.integers(-10_000_000, 10_000_000))
def test_a_clock_that_is_wrong_changes_nothing(
    happened: datetime, sent: datetime, received: datetime, ahead: int
) -> None:
    """However far the program's clock is ahead, the event is as long before its receipt as before its sending."""
    wrong = timedelta(seconds=ahead)
    event = {"userId": "u1", "timestamp": text_of(happened + wrong)}
    line = line_of(event, Arrival(received, "track", sent_at=text_of(sent + wrong)))[1]
    assert json.loads(line)["timestamp"] == text_of(received - (sent - happened))


def test_a_moment_of_the_event_s_own_comes_before_that_of_its_batch() -> None:
    event = {"userId": "u1", "originalTimestamp": "2026-03-01T11:00:00Z", "sentAt": "2026-03-01T11:30:00Z"}
    assert kept(event, sent_at="2026-03-01T09:00:00Z")["timestamp"] == "2026-03-01T11:30:00.000Z"
    assert kept(event, sent_at="2026-03-01T09:00:00Z")["originalTimestamp"] == "2026-03-01T11:00:00Z"


def test_history_is_as_it_is_written() -> None:
    event = {"userId": "u1", "timestamp": "2020-01-01T00:00:00Z"}
    assert kept(event, sent_at="2021-01-01T00:00:00Z", historical=True)["timestamp"] == "2020-01-01T00:00:00.000Z"


@pytest.mark.parametrize("odd", ["yesterday", 1234567890, {}, "", None, "0000-00-00T00:00:00Z"])
def test_a_moment_that_cannot_be_read_is_that_of_the_receipt(odd: Any) -> None:
    assert kept({"userId": "u1", "timestamp": odd, "sentAt": odd})["timestamp"] == text_of(NOW)


def test_moments_of_every_zone_are_one() -> None:
    there = datetime(2026, 3, 1, 17, 30, tzinfo=timezone(timedelta(hours=5.5)))
    assert moment(there.isoformat()) == moment("2026-03-01T12:00:00Z") == moment("2026-03-01 12:00:00") == NOW


@pytest.mark.parametrize("nobody", [None, "", "  "])
def test_an_id_that_is_not_known_is_none(nobody: Any) -> None:
    assert "anonymousId" not in kept({"userId": 17, "anonymousId": nobody})
    assert kept({"userId": 17, "anonymousId": nobody})["userId"] == "17"
    assert not {"userId", "anonymousId", "visitor"} & kept({"userId": nobody, "anonymousId": nobody}).keys()


def test_a_type_nobody_knows_is_kept_for_the_run_to_judge() -> None:
    assert kept({"userId": "u1", "type": "delete"}, type=None)["type"] == "delete"
    assert "type" not in kept({"userId": "u1"}, type=None)


def test_an_event_without_an_id_gets_one_of_its_own() -> None:
    first, second = kept({"userId": "u1"}), kept({"userId": "u1", "messageId": ""})
    assert first["messageId"] != second["messageId"]


def test_what_nobody_knows_is_kept_apart_and_keys_are_not_kept() -> None:
    made = kept({"userId": "u1", "writeKey": "w", "channel": "server", "visitor": "forged", "receivedAt": "forged"})
    assert made["visitor"] == "u1/"
    assert made["receivedAt"] == text_of(NOW)
    assert made["extra"] == {"channel": "server", "visitor": "forged", "receivedAt": "forged"}
    assert "writeKey" not in made


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        ([], "not an object"),
        ("track", "not an object"),
        (None, "not an object"),
        ({"type": "track", "userId": ["u1"]}, "userId is no text"),
        ({"type": "track", "userId": "u1", "messageId": True}, "messageId is no text"),
        ({"type": "track", "userId": "u1", "anonymousId": 1.5}, "anonymousId is no text"),
        ({"userId": "u1", "properties": {"text": "x" * 33_000}}, "larger than 32 KB"),
        ({"userId": "u1", "type": ["track"]}, "type is no text"),
    ],
)
def test_what_is_no_event_is_refused_with_a_cause(event: Any, cause: str) -> None:
    assert refused(event, type=None) == cause


@pytest.mark.parametrize("wrap", [lambda inner: {"a": inner}, lambda inner: [inner]], ids=["objects", "lists"])
def test_nesting_has_an_end(wrap: Any) -> None:
    deep: Any = 1
    for _ in range(99):
        deep = wrap(deep)
    assert kept({"userId": "u1", "properties": deep})["properties"] == deep
    assert refused({"userId": "u1", "properties": wrap(deep)}) == "nested too deeply"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
ODD_MOMENTS = st.sampled_from(["0001-01-01", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "2026-03-01"])


@given(event=st.dictionaries(st.sampled_from((*COLUMNS, "other")), JSON | ODD_MOMENTS) | JSON)
@example(event={"userId": "u1", "timestamp": "0001-01-01", "sentAt": "9999-12-31"})
def test_whatever_comes_is_one_line_or_refused(event: Any) -> None:
    try:
        message, line = line_of(event, Arrival(NOW, "track", sent_at="9999-12-31"))
    except RefusedError:
        return
    assert line.count(b"\n") == 1
    made = json.loads(line)
    assert (made["messageId"], made["receivedAt"]) == (message, text_of(NOW))
    assert set(made) <= set(COLUMNS)


def test_numbers_keep_their_digits() -> None:
    properties = {"long": 12345678901234567890123, "small": 0.1, "whole": 5}
    assert kept({"userId": "u1", "properties": properties})["properties"] == properties


def test_the_largest_event_that_may_come() -> None:
    event = {"userId": "u1", "properties": {"text": ""}}
    room = 32 * 1024 - len(json.dumps(event, separators=(",", ":")))
    event["properties"] = {"text": "x" * room}
    assert len(kept(event)["properties"]["text"]) == room
    event["properties"] = {"text": "x" * (room + 1)}
    assert refused(event) == "larger than 32 KB"


def test_a_nul_is_refused_since_no_table_holds_it_but_not_what_only_looks_like_one() -> None:
    assert refused({"userId": "u1", "event": "nul\0"}) == "a NUL character"
    assert kept({"userId": "u1", "event": "back\\u0000slash"})["event"] == "back\\u0000slash"
    assert refused({"userId": "u1", "event": "both\\\0"}) == "a NUL character"


@pytest.mark.parametrize("name", ["messageId", "userId", "anonymousId"])
def test_an_id_is_no_essay(name: str) -> None:
    assert kept({"userId": "u1", name: "x" * 500})[name] == "x" * 500
    assert refused({"userId": "u1", name: "x" * 501}) == f"{name} is longer than 500 characters"
