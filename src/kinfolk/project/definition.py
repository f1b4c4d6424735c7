"""A project's settings in one canonical form: the order of keys, comments and lines do not matter."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from kinfolk.model.identity import Matching
from kinfolk.model.project import Project
from kinfolk.model.secret import Secret

# Where things are written, kept and computed is no setting; the defaults of sources stand in each source. Who may ask
# for what changes no table. The zone of each purpose is the project's.
PLACES = frozenset(("place", "folder", "state", "fingerprint", "defaults", "spark", "access", "zone"))


def definition(project: Project) -> str:
    """Everything the project's files say, as canonical JSON: what a published run keeps of the project it was of.

    A reference to the environment counts as it is written, never with its value.
    """
    return canonical(project, PLACES)


def canonical(value: Any, left_out: Collection[str]) -> str:
    """The value as JSON with sorted keys; fields named in `left_out` are left out at every depth."""
    return json.dumps(_plain(value, left_out), sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def _plain(value: Any, left_out: Collection[str]) -> Any:
    if isinstance(value, Matching):
        return {**_fields(value, left_out), "compare": {c.column: c.kind for c in value.compare}}
    if is_dataclass(value) and not isinstance(value, type):
        return _fields(value, left_out)
    if isinstance(value, Secret):
        return {"$reference": value.reference}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, left_out) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner, left_out) for inner in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return str(value)


def _fields(value: Any, left_out: Collection[str]) -> dict[str, Any]:
    return {f.name: _plain(getattr(value, f.name), left_out) for f in fields(value) if f.name not in left_out}
