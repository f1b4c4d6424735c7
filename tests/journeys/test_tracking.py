"""Ann pays twice; of one payment the programmer made a mess. It waits, is mended, and is hers."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinfolk.commands import quarantine
from kinfolk.commands.tracking import tracked
from tests.serving import KEY, collecting, landed, serving

PLAN = """
unplanned: quarantine
events:
  Paid: {required: [total], properties: {total: {type: number}}}
"""


def test_from_the_door_through_quarantine_to_the_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_KEY", KEY)
    company = collecting(tmp_path)
    company.write("tracking/web.yml", PLAN)
    with serving(tmp_path) as server:
        server.track(event="Paid", anonymousId="a1", properties={"total": 12.5})
        server.track(event="Paid", anonymousId="a1", properties={"total": "39,90"})
        assert server.post("/v1/track", {"event": "Paid", "properties": {"total": 7}}).status_code == 200
        server.track(event="Piad", anonymousId="a1")
        server.post("/v1/identify", {"anonymousId": "a1", "userId": "u1", "traits": {"email": "ann@example.com"}})
        landed(tmp_path, most=240)
        server.stop()
    assert company.ask("select event, count(*) from profiles.events group by all order by all") == [
        ("Paid", 1),
        ("identify", 1),
    ]
    assert {one.reason: one.rows for one in quarantine.waiting(tmp_path)} == {
        "Paid: properties.total": 1,
        "id": 1,
        "unplanned": 1,
    }
    numbers = dict(company.ask("select rules, record_no from quarantine.open"))
    mended = {"Paid: properties.total": {"properties.total": "39.9"}, "id": {"userId": "u1"}}
    quarantine.fix(tmp_path, {numbers[rules]: values for rules, values in mended.items()}, "Rita")
    assert quarantine.replay(tmp_path).sent == 2
    [(customer,)] = company.ask("select customer_id from profiles.customers")
    asked = "select properties ->> '$.total', customer_id from profiles.events where event = 'Paid' order by 1"
    assert company.ask(asked) == [("12.5", customer), ("39.9", customer), ("7", customer)]
    told = {one.event: (one.planned, one.landed, one.waiting) for one in tracked(tmp_path)}
    assert told == {"Paid": ("planned", 3, 0), "(identify)": ("", 1, 0), "Piad": ("unplanned", 0, 1)}
