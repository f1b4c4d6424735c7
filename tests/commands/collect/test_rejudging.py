"""Events that wait in quarantine and are corrected to be somebody's: what that person said counts for them too."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kinfolk.commands import quarantine
from kinfolk.commands.collect.door import opened
from kinfolk.commands.collect.event import Arrival
from kinfolk.commands.consent.record import record
from kinfolk.commands.consent.saying import Said
from kinfolk.commands.open_project import open_project
from kinfolk.errors import KinfolkError
from tests.company import Company
from tests.consenting import asking, consented
from tests.serving import KEY

PLAN = "events: {Viewed: {properties: {lamp: {type: string}}}, Order Completed: {}}\n"


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """Ann was seen with consent to both purposes; of one more event nobody says whose it is, and a lamp is a number."""
    monkeypatch.setenv("WEB_KEY", KEY)
    made = asking(tmp_path)
    made.write("tracking/web.yml", PLAN)
    both = consented(C0002=True, C0004=True)
    come(tmp_path, {"messageId": "m1", "userId": "ann", "context": both})
    come(tmp_path, {"messageId": "m2", "context": both, "properties": {"lamp": 7}}, gpc=True)
    made.run()
    return made


def come(folder: Path, event: dict[str, Any], *, gpc: bool = False) -> None:
    with opened(open_project(folder)) as door:
        asyncio.run(
            door.take(KEY, [{"type": "track", "event": "Viewed", **event}], Arrival(datetime.now(UTC), gpc=gpc))
        )


def say(folder: Path, who: str, purpose: str, choice: str) -> None:
    record(folder, who, Said(purpose, choice))


def fixed(company: Company, **values: str) -> dict[str, str | None]:
    [(number,)] = company.ask("select record_no from quarantine.open")
    [fix] = quarantine.fix(company.folder, {number: values}, "Rita")
    return dict(fix.changed)


def test_who_said_nothing_leaves_it_as_it_came(company: Company) -> None:
    changed = fixed(company, userId="ann", properties='{"lamp": "tall"}')

    assert "purposes" not in changed
    assert quarantine.replay(company.folder).sent == 1
    assert company.ask("select purposes, consent from landing.web where messageId = 'm2'") == [
        ('["analytics"]', '{"allowed":{"analytics":"category C0002"},"closed":{"ads":"Sec-GPC"},"gpc":true}')
    ]


def test_what_the_person_said_no_to_it_is_not_used_for(company: Company) -> None:
    come(company.folder, {"messageId": "m3", "event": "Order Completed", "properties": {"a": 1}})
    say(company.folder, "visitors:ann/", "analytics", "withdrawn")

    with pytest.raises(KinfolkError, match=r"may not be used for anything \(analytics: ledger row \d+, ads: Sec-GPC\)"):
        fixed(company, userId="ann")
    assert company.ask("select count(*) from quarantine.open") == [(1,)], "and nothing was kept of it"


def test_what_the_browser_asked_counts_though_something_else_decided(company: Company) -> None:
    say(company.folder, "visitors:ann/", "ads", "denied")
    context = consented(C0002=True, C0004=True)
    come(company.folder, {"messageId": "m3", "userId": "ann", "context": context, "properties": {"lamp": 8}}, gpc=True)
    company.run()
    [(number,)] = company.ask("select max(record_no) from quarantine.open")

    [fix] = quarantine.fix(company.folder, {number: {"userId": "bob", "properties": '{"lamp": "tall"}'}}, "Rita")

    assert json.loads(fix.changed["consent"] or "")["closed"] == {"ads": "Sec-GPC"}


def test_a_steward_cannot_write_what_it_may_be_used_for(company: Company) -> None:
    changed = fixed(company, purposes='["analytics","ads"]', anonymousId="a1")

    assert "purposes" not in changed and changed["anonymousId"] == "a1"


def test_another_event_is_for_something_else(company: Company) -> None:
    assert json.loads(fixed(company, event="Order Completed", userId="ann")["purposes"] or "") == ["fulfilment"]


def test_what_nobody_corrected_is_not_asked_about(company: Company) -> None:
    say(company.folder, "visitors:ann/", "analytics", "withdrawn")

    assert set(fixed(company, **{"properties.lamp": "tall"})) == {"properties"}
