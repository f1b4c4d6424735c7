"""JSON Schemas that say about a file what the loader says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from kinfolk.project import schemas
from kinfolk.tables.staging import MAPPABLE, canonical
from tests.project.folder import CONNECTORS, CRM, IDENTITY, KINFOLK, ORDERS, OWNERS, WEBSHOP

MADE = schemas(CONNECTORS)
_IS = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}


def fits(value: Any, schema: Any, root: dict[str, Any]) -> bool:
    """Whether the value is valid, for the words of JSON Schema these schemas use (an unknown word is an error)."""
    return all(_WORDS[word](value, schema[word], schema, root) for word in schema if word not in _SAID_ONLY)


def _type(value: Any, kind: str, *_: Any) -> bool:
    return isinstance(value, _IS[kind]) and not (isinstance(value, bool) and kind in ("integer", "number"))


def _properties(value: Any, known: dict[str, Any], _: Any, root: dict[str, Any]) -> bool:
    return not isinstance(value, dict) or all(fits(value[key], known[key], root) for key in known if key in value)


def _additional(value: Any, rest: Any, schema: Any, root: dict[str, Any]) -> bool:
    others = [value[key] for key in value if key not in schema.get("properties", {})] if isinstance(value, dict) else []
    return not others if rest is False else rest is True or all(fits(other, rest, root) for other in others)


_SAID_ONLY = {"$schema", "$defs", "title", "description", "default"}
_WORDS: dict[str, Any] = {
    "type": _type,
    "properties": _properties,
    "additionalProperties": _additional,
    "propertyNames": lambda v, inner, _, root: all(fits(key, inner, root) for key in v),
    "required": lambda v, names, *_: not isinstance(v, dict) or set(names) <= set(v),
    "enum": lambda v, words, *_: v in words,
    "const": lambda v, word, *_: v == word,
    "pattern": lambda v, text, *_: not isinstance(v, str) or re.search(text, v) is not None,
    "items": lambda v, inner, _, root: not isinstance(v, list) or all(fits(item, inner, root) for item in v),
    "anyOf": lambda v, ways, _, root: any(fits(v, way, root) for way in ways),
    "oneOf": lambda v, ways, _, root: sum(fits(v, way, root) for way in ways) == 1,
    "allOf": lambda v, ways, _, root: all(fits(v, way, root) for way in ways),
    "$ref": lambda v, ref, _, root: fits(v, root["$defs"][ref.removeprefix("#/$defs/")], root),
    "minLength": lambda v, least, *_: not isinstance(v, str) or len(v) >= least,
    "maxLength": lambda v, most, *_: not isinstance(v, str) or len(v) <= most,
    "minItems": lambda v, least, *_: not isinstance(v, list) or len(v) >= least,
    "minProperties": lambda v, least, *_: not isinstance(v, dict) or len(v) >= least,
    "maxProperties": lambda v, most, *_: not isinstance(v, dict) or len(v) <= most,
    "minimum": lambda v, least, *_: not isinstance(v, (int, float)) or v >= least,
    "exclusiveMinimum": lambda v, least, *_: not isinstance(v, (int, float)) or v > least,
    "exclusiveMaximum": lambda v, most, *_: not isinstance(v, (int, float)) or v < most,
}


def valid(kind: str, text: str) -> bool:
    return fits(yaml.safe_load(text), MADE[kind], MADE[kind])


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("kinfolk", KINFOLK),
        ("identity", IDENTITY.replace("+10000000000", "'+10000000000'")),
        ("owners", OWNERS),
        ("source", WEBSHOP),
        ("source", ORDERS),
        ("source", CRM),
        ("source", "vault: {host: a, port: '${PORT}'}\npeople: {email: mail}\n"),
        ("identity", "match: {compare: {email: email}, block_on: auto}\nsurvivorship: {default: longest}\n"),
    ],
)
def test_what_loads_is_valid(kind: str, text: str) -> None:
    assert valid(kind, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("kinfolk", "engine: duckdb\n"),
        ("kinfolk", "name: A\nengine: flink\n"),
        ("kinfolk", "name: A\nengin: duckdb\n"),
        ("source", "people: {email: mail}\n"),
        ("source", "file: a\n"),
        ("source", "file: a\nvault: {host: b}\npeople: {email: mail}\n"),
        ("source", "file: a\npeople: {frist_name: mail}\n"),
        ("source", "file: a\npeople: {email: {jion: [a]}}\n"),
        ("source", "file: {path: a, delimeter: b}\npeople: {email: mail}\n"),
        ("source", "vault: {host: a, port: none}\npeople: {email: mail}\n"),
        ("source", "file: a\nstatus: on hold\npeople: {email: mail}\n"),
        ("identity", "match: {compare: {email: mail}}\n"),
        ("identity", "match: {compare: {email: email}, merge_at: 1.5}\n"),
        ("identity", "survivorship: {default: [newest]}\n"),
        ("owners", "domains: {sales: {owners: Anna}}\n"),
    ],
)
def test_what_does_not_load_is_not_valid(kind: str, text: str) -> None:
    assert not valid(kind, text)


@pytest.mark.parametrize("table", MAPPABLE)
def test_editors_complete_canonical_columns_and_say_what_they_are(table: str) -> None:
    known = MADE["source"]["$defs"][f"Mapped_{table}"]
    assert list(known["properties"]) == [*canonical(table), "attributes"]
    assert known["additionalProperties"] is False
    for name, column in canonical(table).items():
        assert known["properties"][name]["description"] == column.about


def test_schemas_are_json_of_the_2020_draft() -> None:
    for schema in MADE.values():
        assert json.loads(json.dumps(schema)) == schema
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(MADE) == {
        "kinfolk",
        "source",
        "identity",
        "owners",
        "contract",
        "model",
        "consent",
        "access",
        "tracking",
        "matching-model",
    }
