"""One number for all settings that can change a result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from kinfolk.model.contract import Contract
from kinfolk.model.identity import Matching
from kinfolk.model.project import Project
from kinfolk.model.secret import Secret

# Where things are written, who answers for them and what is said about them changes no result.
_LEFT_OUT = frozenset(
    ("place", "folder", "state", "fingerprint", "ownership", "owner", "description", "written", "others")
)


def fingerprint(project: Project) -> str:
    """sha256 (hex) of the settings in one canonical form: the order of keys, comments and lines do not matter.

    A reference to the environment counts as it is written, never with its value.
    """
    text = json.dumps(_plain(project), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def contract_digest(contract: Contract) -> str:
    """sha256 (hex) of what a contract promises: comments, layout and descriptions apart."""
    text = json.dumps(_plain(contract), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Matching):
        return {**_fields(value), "compare": {c.column: c.kind for c in value.compare}}
    if is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    if isinstance(value, Secret):
        return {"$reference": value.reference}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return str(value)


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value) if field.name not in _LEFT_OUT}
