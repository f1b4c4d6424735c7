"""`kinfolk contract draft`: a contract that the data keeps as it is, to be read, corrected and agreed on."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import yaml

from kinfolk.commands.open_project import open_project
from kinfolk.connectors import CONNECTORS
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.project import Project
from kinfolk.model.source import Source
from kinfolk.pipeline.draft import look_at
from kinfolk.stages.contracts.drafting import FEW, Measured

_ENOUGH = 20  # rows from which on regularity is no accident
_EACH = 10  # times that each value of a closed list stands in the data, on average
_FORMATS = {".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".json": "json", ".jsonl": "json", ".ndjson": "json"}
_MAILBOX = r"^[^@\s]+@[^@\s]+$"


def draft(folder: Path, source_name: str, environment: str | None = None, *, write: bool = True) -> tuple[Path, str]:
    """The contract and where it was written, or would be.

    Errors  NotFoundError for a source there is not; KinfolkError where it has a contract already
    """
    project = open_project(folder, environment)
    source = next((s for s in project.sources if s.name == source_name), None)
    if source is None:
        known = ", ".join(s.name for s in project.sources)
        raise NotFoundError(f"There is no source {source_name!r}.", hint=f"There are: {known}.")
    path = folder / "contracts" / f"{source.name}.odcs.yaml"
    if write and (path.exists() or project.contract(source.name)):
        raise KinfolkError(
            f"{source.name} has a contract already.", where=str(path), hint="--print shows a draft beside it."
        )
    text = _text(project, source, look_at(project, source, CONNECTORS))
    if write:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path, text


def _text(project: Project, source: Source, columns: list[Measured]) -> str:
    contract: dict[str, Any] = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"{_slug(project.name)}-{_slug(source.name)}",
        "name": source.name,
        "version": "0.1.0",
        "status": "draft",
    }
    if source.description or source.purpose:
        contract["description"] = {"purpose": source.description or source.purpose}
    contract |= _servers(source)
    contract["schema"] = [
        {
            "name": _slug(source.name).replace("-", "_"),
            "logicalType": "object",
            "physicalType": "table",
            "properties": [_property(column, source) for column in columns],
        }
    ]
    contract["customProperties"] = [
        {"property": "source", "value": source.name},
        {"property": "onViolation", "value": "quarantine"},
        {"property": "drift", "value": {"new": "warn", "missing": "fail", "retyped": "fail"}},
    ]
    head = f"# Drafted from the data of {source.name}. Read it, correct it, agree on it, then make it version 1.0.0.\n"
    return head + yaml.safe_dump(contract, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "source"


def _servers(source: Source) -> dict[str, Any]:
    """Where the data is, for tools that read contracts; only for files whose form the standard's tools read."""
    path = source.options.get("path")
    form = _FORMATS.get(Path(path).suffix.lower()) if isinstance(path, str) else None
    if source.connector != "file" or form is None:
        return {}
    server = {"server": "files", "type": "local", "path": path, "format": form}
    delimiter = source.options.get("delimiter")
    if form == "csv" and isinstance(delimiter, str):
        server["delimiter"] = delimiter
    return {"servers": [server]}


def _property(column: Measured, source: Source) -> dict[str, Any]:
    key = [name.lower() for name in source.record_id]
    made: dict[str, Any] = {"name": column.name, "logicalType": _type(column)}
    whole = column.filled == column.rows and column.rows > 0
    if column.name.lower() in key:
        made |= {"primaryKey": True, "primaryKeyPosition": key.index(column.name.lower()) + 1}
    if whole:
        made["required"] = True
    if whole and column.distinct == column.rows >= _ENOUGH and made["logicalType"] in ("string", "integer"):
        made["unique"] = True
    if column.filled:
        made |= _rules(column, made)
    return made


def _type(column: Measured) -> str:
    filled = column.filled
    if not filled or column.codes:
        return "string"
    for kind in ("integer", "number"):
        if column.readable[kind] == filled and column.lowest is not None:
            return kind
    if column.readable["timestamp"] == filled and column.clocks:
        return "timestamp"
    if column.readable["date"] == filled and not column.clocks:
        return "date"
    return "boolean" if column.readable["boolean"] == filled else "string"


def _rules(column: Measured, made: dict[str, Any]) -> dict[str, Any]:
    kind = made["logicalType"]
    if kind in ("integer", "number") and not made.get("unique") and "primaryKey" not in made:
        return {"logicalTypeOptions": _range(column)}
    if kind == "date" and column.first_day is not None:
        return {"logicalTypeOptions": {"minimum": f"{column.first_day.year // 10 * 10 - 10:04d}-01-01"}}
    if kind != "string":
        return {}
    if column.distinct <= FEW and column.filled >= column.distinct * _EACH:
        return {"quality": [_one_of(column.values)]}
    pattern = _pattern(column)
    if pattern:
        return {"logicalTypeOptions": {"pattern": pattern}}
    return {"logicalTypeOptions": {"maxLength": math.ceil(column.longest / 10) * 20}}


def _one_of(values: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id": "one-of",
        "type": "library",
        "metric": "invalidValues",
        "arguments": {"validValues": list(values)},
        "mustBe": 0,
    }


def _range(column: Measured) -> dict[str, Any]:
    """From the values there are, with room for as much again; never below nothing where nothing is."""
    assert column.lowest is not None and column.highest is not None
    room = max(column.highest - column.lowest, abs(column.highest), 1)
    lowest = 0 if column.lowest >= 0 else _round(column.lowest - room)
    return {"minimum": lowest, "maximum": _round(column.highest + room)}


def _round(value: float) -> int:
    """Away from nothing, to one digit."""
    size = 10 ** math.floor(math.log10(abs(value))) if abs(value) >= 1 else 1
    return int(math.copysign(math.ceil(abs(value) / size) * size, value))


def _pattern(column: Measured) -> str | None:
    """The shape of codes: letters and digits in always the same order."""
    if column.mailboxes == column.filled:
        return _MAILBOX
    if column.filled < _ENOUGH or "9" not in (column.shape or "") or column.shapes != 1:
        return None
    exact = column.exact_shapes == 1
    shape = (column.exact_shape if exact else column.shape) or ""
    if len(shape) > 40 or not shape.isascii():
        return None
    parts = re.finditer(r"9+|A+|a+|.", shape)
    return f"^{''.join(_part(part[0], exact) for part in parts)}$"


def _part(part: str, exact: bool) -> str:
    letters = {"9": "[0-9]", "A": "[A-Z]", "a": "[a-z]"}.get(part[0])
    if letters is None:
        return re.sub(r"([.^$*+?()\[\]{}|\\])", r"\\\1", part)
    if not exact:
        return f"{letters}+"
    return letters if len(part) == 1 else f"{letters}{{{len(part)}}}"
