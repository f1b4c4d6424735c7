"""Events held to JSON Schemas: what is told of them, how much of it, and what it costs."""

from __future__ import annotations

import json
import time
from typing import Any

import pyarrow as pa
import pytest

from kinfolk.model.place import Place
from kinfolk.model.tracking import PlannedEvent, TrackingPlan
from kinfolk.stages.contracts.schemas import off_plan, schema_step

PLACE = Place("tracking/web.yml", 1)


def broken(schema: dict[str, Any], *said: Any) -> list[dict[str, Any]]:
    """Which of these properties break the schema, and how."""
    event = PlannedEvent("Paid", PLACE, json.dumps({"type": "object", **schema}))
    step = schema_step("web", TrackingPlan("web", PLACE, ("web",), (event,)), "place")
    assert step is not None
    texts = [one if isinstance(one, str) or one is None else json.dumps(one) for one in said]
    rows = [{"position": n, "type": "track", "event": "Paid", "said": text} for n, text in enumerate(texts)]
    made = step.run({"said": pa.Table.from_pylist(rows)}, lambda _: None)
    return list(made[off_plan("web")].to_pylist())


def reason(schema: dict[str, Any], said: Any) -> str:
    [found] = broken(schema, said)
    return str(found["reason"])


@pytest.mark.parametrize(
    ("schema", "said", "told"),
    [
        ({"required": ["a"]}, None, "properties.a is missing"),
        ({}, "no object", 'properties is not of type "object"'),
        ({}, [1], 'properties is not of type "object"'),
        (
            {"properties": {"a": {"type": ["string", "null"]}}},
            {"a": 5},
            'properties.a is not of types "null", "string"',
        ),
        ({"properties": {"a": {"pattern": "^[0-9]+$"}}}, {"a": "x"}, 'properties.a does not match "^[0-9]+$"'),
        ({"properties": {"a": {"format": "date-time"}}}, {"a": "x"}, 'properties.a is not a "date-time"'),
        ({"properties": {"a": {"const": 1}}}, {"a": 2}, "properties.a is not what it must be"),
        ({"properties": {"a": False}}, {"a": 2}, "properties.a must not hold anything"),
        ({"properties": {"a": {"not": {"type": "string"}}}}, {"a": "s"}, "properties.a is what it must not be"),
        ({"propertyNames": {"maxLength": 1}}, {"ann@example.com": 2}, "properties has a name that does not fit"),
        ({"unevaluatedProperties": False}, {"ann@example.com": 2}, "properties.… is not in the plan"),
        ({"additionalProperties": {"type": "null"}}, {"a@b": 2}, 'properties.… is not of type "null"'),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 2}, "properties.b is missing"),
        (
            {"properties": {"a": {"contains": {"type": "null"}}}},
            {"a": ["s"]},
            "properties.a holds too few, or too many, of what it must",
        ),
    ],
)
def test_what_is_told(schema: dict[str, Any], said: Any, told: str) -> None:
    assert reason(schema, said) == told


def test_events_that_keep_the_plan_are_not_spoken_of() -> None:
    schema = {"required": ["a"], "properties": {"a": {"type": "number"}}}
    assert [row["position"] for row in broken(schema, {"a": 1}, {"a": "1"}, {"a": 1e3, "b": None})] == [1]


def test_of_many_violations_a_few_are_told_and_how_many_more_there_are() -> None:
    found = reason({"properties": {"a": {}}, "additionalProperties": False}, {f"key{n}": n for n in range(40)})
    assert found.count("is not in the plan") == 5
    assert found.endswith("; and 35 more")
    assert len(reason({"items": False, "properties": {"a": {"pattern": "x" * 5_000}}}, {"a": "y"})) < 200


def test_items_of_a_list_are_one_rule() -> None:
    [found] = broken({"properties": {"a": {"items": {"type": "null"}}}}, {"a": [1, 2]})
    assert found["rules"] == "Paid: properties.a[]"
    assert found["reason"] == 'properties.a[0] is not of type "null"; properties.a[1] is not of type "null"'


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": "^(a+)+$"}, "a" * 30_000 + "!"),
        ({"pattern": "^(([a-z])+.)+[A-Z]([a-z])+$"}, "a" * 30_000),
        ({"format": "regex"}, "(a+)+" * 5_000),
        ({"format": "email"}, "a" * 30_000 + "@"),
        ({"uniqueItems": True}, [[n] for n in range(6_000)]),
        ({"multipleOf": 0.01}, 1e300),
    ],
)
def test_no_event_holds_a_run_up(schema: dict[str, Any], value: Any) -> None:
    """Thirty thousand characters that keep a backtracking matcher busy for longer than the universe is old."""
    begun = time.perf_counter()
    broken({"properties": {"a": schema}}, {"a": value})
    assert time.perf_counter() - begun < 20


def test_a_hundred_levels_are_no_more_than_the_door_lets_in() -> None:
    deep: Any = 1
    for _ in range(100):
        deep = {"a": deep}
    assert broken({"properties": {"a": {"type": "object"}}}, deep) == []


def test_a_hundred_thousand_events(capsys: pytest.CaptureFixture[str]) -> None:
    schema = {
        "required": ["order_id", "total"],
        "properties": {
            "order_id": {"type": "string", "minLength": 1},
            "total": {"type": "number", "minimum": 0},
            "currency": {"enum": ["EUR", "USD"]},
            "lines": {"type": "array", "items": {"required": ["sku"], "properties": {"sku": {"type": "string"}}}},
        },
    }
    lines = [{"sku": f"S{n}", "price": 9.5} for n in range(3)]
    said = [
        {"order_id": f"O{n}", "total": n if n % 100 else "much", "currency": "EUR", "lines": lines}
        for n in range(100_000)
    ]
    begun = time.process_time()
    found = broken(schema, *said)
    with capsys.disabled():
        print(f"\n100,000 events held to a plan in {time.process_time() - begun:.1f} s of processor")
    assert len(found) == 1_000
