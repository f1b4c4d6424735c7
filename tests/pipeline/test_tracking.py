"""Events that break their plan, or cannot be anybody's, wait with a reason until they are mended; then they count."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kinfolk.commands import quarantine
from kinfolk.commands.collect.door import opened
from kinfolk.commands.collect.event import Arrival
from kinfolk.commands.collect.moments import text_of
from kinfolk.commands.open_project import open_project
from tests.company import Company
from tests.contracts import contract
from tests.serving import KEY, collecting

NOW = datetime.now(UTC).replace(microsecond=0)
PLAN = """
source: web
events:
  Paid:
    required: [total]
    properties:
      total: {type: number, minimum: 0}
      currency: {enum: [EUR, USD]}
      lines: {type: array, items: {$ref: "#/$defs/line"}}
    additionalProperties: false
identify:
  properties: {email: {type: string, format: email}}
$defs:
  line: {type: object, required: [sku]}
"""


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("WEB_KEY", KEY)
    return collecting(tmp_path)


def came(company: Company, *events: dict[str, Any]) -> None:
    """Events that come through the door."""
    arrival = Arrival(datetime.now(UTC))
    with opened(open_project(company.folder)) as door:
        answer = asyncio.run(door.take(KEY, [{"type": "track", "userId": "u1", **event} for event in events], arrival))
    assert answer.taken == len(events)


def paid(total: Any = 5, **more: Any) -> dict[str, Any]:
    return {"event": "Paid", "properties": {"total": total, **more.pop("properties", {})}, **more}


def waiting(company: Company) -> list[tuple[str, str]]:
    """What waits: the rules that are broken, and the reason."""
    return company.ask("select rules, reason from quarantine.open order by record_no")  # type: ignore[return-value]


def numbers(company: Company) -> list[int]:
    return [number for (number,) in company.ask("select record_no from quarantine.open order by record_no")]


def mended(company: Company, **values: str | None) -> quarantine.Replayed:
    """The one row that waits, with these values, sent again."""
    [number] = numbers(company)
    quarantine.fix(company.folder, {number: values}, "Rita")
    return quarantine.replay(company.folder)


def test_without_a_plan_an_event_must_be_somebodys_of_a_known_type_and_not_of_the_future(company: Company) -> None:
    ahead = {"timestamp": text_of(NOW + timedelta(days=3)), "sentAt": text_of(NOW)}
    came(company, paid(), paid(userId=None), paid(type="delete"), paid(type=None), paid(**ahead))
    company.run()
    assert waiting(company) == [
        ("id", "has neither userId nor anonymousId"),
        ("type", "is of no type of event that is known"),
        ("type", "is of no type of event that is known"),
        ("clock.future", "happened more than 1 day after it was received"),
    ]
    assert company.ask("select count(*), count(customer_id) from profiles.events") == [(1, 1)]


def test_a_clock_that_is_corrected_is_not_of_the_future(company: Company) -> None:
    wrong = {"timestamp": text_of(NOW + timedelta(days=900)), "sentAt": text_of(NOW + timedelta(days=900))}
    came(company, paid(**wrong))
    company.run()
    assert waiting(company) == []


def test_all_that_is_wrong_with_an_event_is_told_in_one_reason_without_what_it_says(company: Company) -> None:
    company.write("tracking/web.yml", PLAN)
    secret = {"currency": "ann@example.com", "lines": [{"sku": 1}, {}], "ann@example.com": 1, "extra": 2}
    came(company, paid(), paid("ann@example.com", properties=secret), {"event": "Paid"})
    company.run()
    [(rules, reason), missing] = waiting(company)
    assert set(rules.split(", ")) == {
        "Paid: properties.currency",
        "Paid: properties.total",
        "Paid: properties.lines[].sku",
        "Paid: properties.…",
        "Paid: properties.extra",
    }
    assert set(reason.split("; ")) == {
        'properties.total is not of type "number"',
        'properties.currency is not one of "EUR" or "USD"',
        "properties.lines[1].sku is missing",
        "properties.… is not in the plan",
        "properties.extra is not in the plan",
    }
    assert "ann" not in reason
    assert missing == ("Paid: properties.total", "properties.total is missing")


@pytest.mark.parametrize(
    ("unplanned", "fate"), [("quarantine", [("unplanned", "is not in the plan web")]), ("warn", []), ("allow", [])]
)
def test_what_becomes_of_events_that_are_not_in_the_plan(company: Company, unplanned: str, fate: list[Any]) -> None:
    company.write("tracking/web.yml", PLAN + f"unplanned: {unplanned}\n")
    came(company, {"event": "Clicked"}, {"type": "page", "name": "Home"}, paid())
    company.run()
    assert waiting(company) == fate


def test_a_plan_may_only_warn(company: Company) -> None:
    company.write("tracking/web.yml", PLAN + "violations: warn\n")
    came(company, paid("much"), paid(userId=None))
    company.run()
    assert [rules for rules, _ in waiting(company)] == ["id"], "nobody can be found who is not named"


def test_events_that_must_say_when_they_happened(company: Company) -> None:
    company.write("tracking/web.yml", "timestamp: required\nclock: {future: 1 hour, past: 30 days}\n")
    moments = {None: "timestamp", NOW + timedelta(hours=2): "clock.future", NOW - timedelta(days=40): "clock.past"}
    came(company, *(paid(timestamp=at and text_of(at)) for at in (NOW, *moments)))
    company.run()
    assert [rules for rules, _ in waiting(company)] == list(moments.values())


def test_who_is_named_by_a_call_that_waits_is_not_known_until_it_lands(company: Company) -> None:
    company.write("tracking/web.yml", PLAN)
    said = {"type": "identify", "anonymousId": "a1"}
    came(company, {**said, "traits": {"email": "not an address", "firstName": "Ann"}})
    company.run()
    assert company.ask("select count(*) from profiles.customers") == [(0,)]
    came(company, paid(userId=None, anonymousId="a1"))
    company.run()
    assert company.ask("select customer_number, email from profiles.customers") == [(None, None)]
    replayed = mended(company, **{"traits.email": "ann@example.com"})
    assert (replayed.sent, replayed.back) == (1, 0)
    assert company.ask("select customer_number, email, first_name from profiles.customers") == [
        ("u1", "ann@example.com", "Ann")
    ]
    assert company.ask("select count(*) from profiles.events where customer_id is null") == [(0,)]


def test_an_event_without_an_id_reaches_the_profile_of_whom_it_is_given_to(company: Company) -> None:
    came(company, paid(userId=None), {"event": "Seen"})
    company.run()
    mended(company, userId="u1")
    assert company.ask("select event, count(distinct customer_id) from profiles.events group by all order by all") == [
        ("Paid", 1),
        ("Seen", 1),
    ]
    assert company.ask("select count(*) from profiles.customers") == [(1,)]


def test_what_is_mended_is_held_to_the_plan_again(company: Company) -> None:
    company.write("tracking/web.yml", PLAN)
    came(company, paid("much"))
    company.run()
    assert mended(company, **{"properties.total": "-1"}).back == 1
    assert [reason for _, reason in waiting(company)] == ["properties.total is less than the minimum of 0"]
    assert mended(company, **{"properties.total": "39.5"}).back == 0
    assert company.ask("select properties ->> '$.total' from profiles.events") == [("39.5",)]


def test_what_was_mended_and_comes_again_is_a_repetition(company: Company) -> None:
    company.write("tracking/web.yml", PLAN)
    came(company, paid("much", messageId="m1"))
    company.run()
    mended(company, **{"properties.total": "39.5"})
    came(company, paid("much", messageId="m1"), paid("little", messageId="m2"))
    company.run()
    assert company.ask("select record_id from quarantine.open") == [("m2",)]
    assert company.ask("select event_id, properties ->> '$.total' from profiles.events") == [("m1", "39.5")]


def test_an_old_call_that_was_mended_takes_nothing_from_a_newer_one(company: Company) -> None:
    company.write("tracking/web.yml", PLAN)
    said = {"type": "identify", "traits": {"email": "old"}, "timestamp": text_of(NOW - timedelta(hours=2))}
    came(company, said)
    company.run()
    came(company, {"type": "identify", "traits": {"email": "new@example.com"}, "timestamp": text_of(NOW)})
    company.run()
    mended(company, **{"traits.email": "old@example.com"})
    assert company.ask("select email from profiles.customers") == [("new@example.com",)]


def test_after_the_plan_was_loosened_all_can_be_sent_again(company: Company) -> None:
    company.write("tracking/web.yml", PLAN)
    came(company, paid(properties={"coupon": "X"}))
    company.run()
    company.write("tracking/web.yml", PLAN.replace("    additionalProperties: false\n", ""))
    assert quarantine.replay(company.folder, everything=True).back == 0
    assert waiting(company) == []
    assert company.ask("select count(*) from profiles.events where customer_id is not null") == [(1,)]


def test_a_contract_and_a_plan_hold_together(company: Company) -> None:
    company.write("tracking/web.yml", PLAN)
    contract(
        company,
        "web",
        "- {name: event, logicalType: string, logicalTypeOptions: {maxLength: 3}}",
        custom="- {property: drift, value: {new: allow}}",
    )
    came(company, paid("much"))
    company.run()
    [(rules, reason)] = waiting(company)
    assert rules == "event.maxLength, Paid: properties.total"
    assert reason == "event 'Paid' is longer than 3; properties.total is not of type \"number\""


def test_run_by_run_comes_to_what_a_run_over_everything_comes_to(company: Company) -> None:
    company.write("tracking/web.yml", PLAN)
    for batch in range(3):
        said = {"type": "identify", "anonymousId": f"a{batch}", "traits": {"email": f"u{batch}@example.com"}}
        came(company, said, paid(batch), paid("much"), paid(userId=None, anonymousId=f"a{batch}"), paid(userId=None))
        company.run()
    first, *_ = numbers(company)
    quarantine.fix(company.folder, {first: {"properties.total": "7"}}, "Rita")
    quarantine.replay(company.folder)
    asked = (
        "select customer_number, email, records from profiles.customers order by all",
        "select event_id, properties, customer_id from profiles.events order by all",
        "select record_id, rules from quarantine.open order by all",
        "select visitor, traits, timestamp from landing.visitors where _record_no not in "
        "(select record_no from landing.superseded where source = 'visitors') order by all",
    )
    followed = [company.ask(question) for question in asked]
    company.run(full=True)
    assert [company.ask(question) for question in asked] == followed
    assert len(followed[1]) == 10 and len(followed[2]) == 5
    assert {"total": 7} in [json.loads(properties) for _, properties, _ in followed[1] if properties]
