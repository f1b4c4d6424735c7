"""Which events are planned and which came; and a plan drafted from those that did."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinfolk.commands.open_project import open_project
from kinfolk.commands.tracking import tracked
from kinfolk.commands.tracking_draft import draft
from kinfolk.errors import KinfolkError, NotFoundError
from tests.company import Company
from tests.pipeline.test_tracking import came, paid, waiting
from tests.serving import KEY, collecting


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("WEB_KEY", KEY)
    return collecting(tmp_path)


def test_what_is_planned_what_came_and_what_waits(company: Company) -> None:
    events = "{Paid: {properties: {total: {type: number}}}, Refunded: {}, Old: {deprecated: true}}"
    company.write("tracking/web.yml", f"events: {events}\nidentify: {{}}\n")
    assert [one.landed for one in tracked(company.folder)] == [0, 0, 0, 0], "no run so far"
    came(company, paid(), paid(6), paid("much"), {"event": "Old"}, {"event": "Clicked"}, {"type": "page"})
    company.run()
    told = [(one.event, one.planned, one.landed, one.waiting, bool(one.last)) for one in tracked(company.folder, "web")]
    assert told == [
        ("Paid", "planned", 2, 1, True),
        ("(page)", "", 1, 0, True),
        ("Old", "deprecated", 1, 0, True),
        ("(identify)", "planned", 0, 0, False),
        ("Refunded", "planned", 0, 0, False),
        ("Clicked", "unplanned", 1, 0, True),
    ]
    with pytest.raises(NotFoundError, match="no source 'visitors' that takes in events"):
        tracked(company.folder, "visitors")


def test_a_drafted_plan_is_kept_by_the_events_it_was_drafted_from(company: Company) -> None:
    with pytest.raises(NotFoundError):
        draft(company.folder, "web")
    deep = {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}
    events = [
        paid(5),
        paid(5.5, properties={"currency": "EUR", "lines": [{"sku": "S1"}, {"sku": None, "deep": deep}]}),
        {"event": "Ids", "properties": {f"ann{n}@example.com": n for n in range(80)}},
        {"event": "Text", "properties": "none"},
        {"type": "identify", "traits": {"email": "ann@example.com", "age": 30}},
    ]
    came(company, *events)
    company.run()
    path, text = draft(company.folder, "web")
    assert "@" not in text, "a plan holds names of properties, and nothing of a person"
    [plan] = open_project(company.folder).tracking
    assert {event.name for event in plan.events} == {"Paid", "Ids", "Text"}
    assert '"total": {"type": "number"}' in plan.events[0].schema
    assert '"required": ["total"]' in plan.events[0].schema
    path.write_text(text.replace("unplanned: allow", "unplanned: quarantine"))
    came(company, *events[:3], events[4])
    company.run()
    assert waiting(company) == []
    with pytest.raises(KinfolkError, match="has a tracking plan already"):
        draft(company.folder, "web")
