"""What differs between the project as it was last published and as its files say now, setting by setting."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kinfolk.model.change import Change
from kinfolk.model.place import Place
from kinfolk.model.project import Project
from kinfolk.project.definition import definition
from kinfolk.project.judgement import Difference, Path, generic, holds_rules, rule_of

# What tells the things of one list apart, so that a new one in the middle is not taken for a change of all after it.
_NAMES = ("name", "table", "different", "columns", "source")
_FILES = {
    "identity": "identity.yml",
    "survivorship": "identity.yml",
    "ownership": "owners.yml",
    "consent": "policies/consent.yml",
    "tracking": "tracking/",
}
_LONGEST = 80


def changes(deployed: str, now: Project) -> list[Change]:
    """Every changed definition, breaking ones first, then in the order of files and lines.

    deployed  the definition that the last published run kept (project.definition)
    """
    before, after = (_by_name(json.loads(text)) for text in (deployed, definition(now)))
    found = [_change(Difference(*difference, before, now)) for difference in _differences(before, after, ())]
    return sorted(found, key=lambda change: (not change.breaking, change.place, change.what))


def _by_name(value: Any) -> Any:
    """The same settings with every list of named things as a mapping from name to thing."""
    if isinstance(value, Mapping):
        return {key: _by_name(inner) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    names = [_name(item) for item in value]
    if value and None not in names and len(set(names)) == len(names):
        return {str(name): _by_name(item) for name, item in zip(names, value, strict=True)}
    return [_by_name(item) for item in value]


def _name(item: Any) -> str | None:
    if not isinstance(item, Mapping):
        return None
    found = next((item[key] for key in _NAMES if item.get(key)), None)
    return " + ".join(map(str, found)) if isinstance(found, list) else found


def _differences(before: Any, after: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    if before == after or (not before and not after and before is not False and after is not False):
        return  # nothing is nothing, written as an empty list or not at all
    rule = rule_of(path)
    both = isinstance(before, Mapping) and isinstance(after, Mapping)
    either = isinstance(before or {}, Mapping) and isinstance(after or {}, Mapping)
    opened = both if rule else both or (either and (len(path) < 2 or holds_rules(path)))
    if not opened or (rule and rule.whole):
        yield path, before, after
    else:
        for key in sorted({*(before or {}), *(after or {})}):
            yield from _differences((before or {}).get(key), (after or {}).get(key), (*path, key))


def _change(found: Difference) -> Change:
    rule = rule_of(found.path) or generic(found.path)
    breaking, why = rule.judge(found)
    words = rule.words.format(*found.path)
    values = (found.before, found.after)
    written = any(isinstance(value, Mapping) and (value.get("sql") or value.get("value")) for value in values)
    before, after = (None if isinstance(value, Mapping) and not rule.whole else _text(value) for value in values)
    return Change(found.kind, words, _place(found), breaking, why, before, after, rule.public and not written)


def _text(value: Any) -> str | None:
    """A setting in one short line, as one would write it."""
    if value is None or value in ([], {}):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        text = ", ".join(_text(item) or "" for item in value)
    elif isinstance(value, Mapping):
        text = _mapping_text(value)
    else:
        text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _mapping_text(value: Mapping[str, Any]) -> str:
    if "$reference" in value:
        return str(value["$reference"])
    if value.get("columns") and value.get("join") is not None:
        return " + ".join(value["columns"])
    written = [inner for inner in value.values() if inner not in (None, [], {}, "")]
    return ", ".join(_text(inner) or "" for inner in written)


def _place(found: Difference) -> Place:
    """The line of the setting, or of what encloses it where it is gone."""
    here: Any = found.now
    place: Place | None = None
    for step in found.path:
        here = _inside(here, step)
        place = getattr(here, "place", place)
    if place:
        return place
    first = found.path[0]
    collection = isinstance(found.deployed.get(first) or getattr(found.now, first, None), (Mapping, tuple))
    return Place(_FILES.get(first) or (f"{first}/" if collection else "kinfolk.yml"))


def _inside(here: Any, step: str) -> Any:
    if isinstance(here, Mapping):
        return here.get(step)
    if isinstance(here, tuple):
        return next((item for item in here if _known_as(item) == step), None)
    return getattr(here, step, None)


def _known_as(item: Any) -> str | None:
    found = next((value for key in _NAMES if (value := getattr(item, key, None))), None)
    return " + ".join(found) if isinstance(found, tuple) else found
