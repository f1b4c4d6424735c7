"""Tracking plans as they are written: every mistake at its line, and nothing that could not be bounded."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest

from kinfolk.model.contract import OnViolation
from kinfolk.model.project import Project
from kinfolk.model.tracking import TrackingPlan
from tests.project.folder import Folder
from tests.project.test_collect import written

PLAN = """
events:
  Paid:
    description: Money came.
    since: 2026-05-01
    required: [total]
    properties:
      total: {type: number, minimum: 1.50}
      line: {$ref: "#/$defs/line"}
$defs:
  line: {properties: {sku: {$ref: "#/$defs/sku"}}}
  sku: {type: string}
  unused: {type: "null"}
"""


def laid(folder: Folder, text: str, file: str = "web") -> Folder:
    """A project with that plan."""
    (folder.path / "tracking").mkdir(parents=True, exist_ok=True)
    (folder.path / "tracking" / f"{file}.yml").write_text(text, encoding="utf-8")
    return written(folder)


def planned(folder: Folder, text: str) -> Project:
    return laid(folder, text).load()


def plan(folder: Folder, text: str) -> TrackingPlan:
    [found] = planned(folder, text).tracking
    return found


def test_an_event_is_a_schema_with_all_that_it_refers_to(folder: Folder) -> None:
    [event] = plan(folder, PLAN).events
    assert (event.name, event.description, event.since) == ("Paid", "Money came.", "2026-05-01")
    assert json.loads(event.schema) == {
        "type": "object",
        "required": ["total"],
        "properties": {"total": {"type": "number", "minimum": 1.5}, "line": {"$ref": "#/$defs/line"}},
        "$defs": {"line": {"properties": {"sku": {"$ref": "#/$defs/sku"}}}, "sku": {"type": "string"}},
    }


def test_what_nothing_is_said_of(folder: Folder) -> None:
    found = plan(folder, "events: {Paid: {}}\n")
    assert (found.name, found.sources, found.unplanned, found.timestamp) == ("web", ("web",), None, False)
    assert (found.violations, found.future, found.past) == (OnViolation.QUARANTINE, timedelta(days=1), None)


def test_a_source_without_a_plan_is_asked_what_every_event_is(folder: Folder) -> None:
    project = written(folder).load()
    assert project.tracking == ()
    asked = project.tracking_plan(project.source("web"))
    assert asked is not None and asked.future == timedelta(days=1)
    assert project.tracking_plan(project.source("visitors")) is None


def test_words_about_an_event_change_no_result(folder: Folder) -> None:
    one = planned(folder, PLAN).fingerprint
    assert planned(folder, PLAN.replace("Money came.", "Somebody paid.")).fingerprint == one
    assert planned(folder, PLAN.replace("1.50", "1.51")).fingerprint != one


A_KEYWORD = "is no keyword of JSON Schema that is read here."


@pytest.mark.parametrize(
    ("text", "line", "mistake"),
    [
        ("source: visitors\n", 1, "The source `visitors` takes in no events."),
        ("source: [web, wbe]\n", 1, "There is no source `wbe`. Did you mean `web`?"),
        ("unplaned: warn\n", 1, "`unplaned` is not known here. Did you mean `unplanned`?"),
        ("unplanned: refuse\n", 1, "`unplanned` cannot be `refuse`."),
        ("clock:\n  future: soon\n", 2, "`soon` is no length of time. Write it as `1 hour` or `30 days`."),
        ("events:\n  Paid:\n    requird: [a]\n", 3, f"`requird` {A_KEYWORD} Did you mean `required`?"),
        ("events:\n  Paid:\n    required: a\n", 3, '`required` is not of type "array".'),
        ("page:\n  properties:\n    a: {type: strin}\n", 3, "`type` is no type of JSON. Known here: `string`"),
        ("page:\n  properties:\n    a: {format: emial}\n", 3, "`emial` is no format of JSON Schema. Did you mean `em"),
        (
            "page:\n  properties:\n    a: {pattern: '(?=a)'}\n",
            3,
            "`pattern` is no regular expression that is read here.",
        ),
        ("page: {$ref: '#/$defs/home'}\n", 1, "`#/$defs/home` leads to nothing in this file."),
        ("page: {$ref: 'https://example.com/s'}\n", 1, "`https://example.com/s` leads to nothing in this file."),
        ("page: {$id: 'https://example.com/s'}\n", 1, f"`$id` {A_KEYWORD}"),
        ("$defs:\n  a: {items: {$ref: '#/$defs/a'}}\n", 2, "The schema refers to itself"),
    ],
)
def test_mistakes(folder: Folder, text: str, line: int, mistake: str) -> None:
    found = laid(folder, text).mistakes()
    assert any(one.startswith(f"tracking/web.yml:{line}: {mistake}") for one in found), found


def test_a_source_has_one_plan(folder: Folder) -> None:
    laid(folder, "source: web\n", "other")
    [mistake] = laid(folder, "events: {}\n").mistakes()
    assert mistake.startswith("tracking/web.yml:1: The source `web` has a plan already, in tracking/other.yml.")


def test_definitions_that_double_at_every_level_are_refused_at_once(folder: Folder) -> None:
    levels = [f"  d{n}: {{allOf: [{{$ref: '#/$defs/d{n + 1}'}}, {{$ref: '#/$defs/d{n + 1}'}}]}}" for n in range(60)]
    begun = time.perf_counter()
    found = laid(folder, "\n".join(["$defs:", *levels, "  d60: {type: object}\n"])).mistakes()
    assert "this comes to more than 2,000 schemas" in found[0]
    assert time.perf_counter() - begun < 20
