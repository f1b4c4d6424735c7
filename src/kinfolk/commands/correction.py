"""One quarantined row, corrected: a column, or what stands inside one that holds JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.project import Project
from kinfolk.model.quarantined import Fix, Quarantined
from kinfolk.model.source import Source
from kinfolk.model.visitor import visitor

Judge = Callable[[Source, Mapping[str, str | None], Collection[str]], dict[str, str | None]]


def correction(project: Project, row: Quarantined, given: Mapping[str, str | None], judged: Judge) -> Fix:
    """The row with these values.

    given   column -> its new value; or `column.name`, inside a column of JSON, -> JSON, or plain text
    judged  the columns of an event that tell what it may be used for, now that some columns are corrected
    Errors  NotFoundError for a column there is not; KinfolkError for a row that could not be read, or may not be used
    """
    if row.values is None:
        raise KinfolkError(
            f"Row {row.record_no} could not be read, so it has no columns to correct: {row.reason}.",
            where=f"{row.part}:{row.line}",
            hint="Mend it in the file and run again.",
        )
    values = dict(row.values)
    for name, value in given.items():
        column, _, inside = (name, "", "") if name in values else name.partition(".")
        _check_column(row, column, name)
        values[column] = _inside(row, column, values[column], inside.split("."), value) if inside else value
    source = next((s for s in project.sources if s.name == row.source), None)
    if source and source.takes_in_events:
        corrected = {name for name in values if values[name] != row.values.get(name)}
        values |= _made_of(values, corrected)
        values |= judged(source, values, corrected)
    changed = {name: value for name, value in values.items() if (value or None) != (row.values.get(name) or None)}
    return Fix(row, changed, _record_id(source, values) or row.record_id)


def _check_column(row: Quarantined, column: str, name: str) -> None:
    known = row.values or {}
    if column not in known:
        near = get_close_matches(column, known, n=1)
        raise NotFoundError(
            f"Row {row.record_no} has no column {name!r}.",
            hint=f"Did you mean {near[0]!r}?" if near else f"It has: {', '.join(known)}.",
        )


def _inside(row: Quarantined, column: str, text: str | None, steps: Sequence[str], value: str | None) -> str | None:
    """The JSON of a column with another value at a place inside; without a value that goes."""
    try:
        whole = here = json.loads(text) if text else {}
        *way, last = (int(step) if step.isdigit() else step for step in steps)
        for step in way:
            here = here.setdefault(step, {}) if isinstance(here, dict) else here[step]
        if value is not None:
            here[last] = _json(value)
        elif isinstance(here, dict):
            here.pop(last, None)
        else:
            del here[last]
    except (ValueError, LookupError, TypeError, AttributeError):
        raise KinfolkError(
            f"Nothing can be set at {column}.{'.'.join(steps)} in row {row.record_no}.",
            hint=f"`kinfolk quarantine show {row.record_no}` shows what {column} holds.",
        ) from None
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def _json(text: str) -> Any:
    """What the text stands for as JSON; itself where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _made_of(values: Mapping[str, str | None], corrected: Collection[str]) -> dict[str, str | None]:
    """Columns of an event that follow from others: who it is of, and when it says it happened."""
    made = {"visitor": visitor(values.get("userId") or None, values.get("anonymousId") or None)}
    if "timestamp" in corrected and "originalTimestamp" not in corrected:
        made["originalTimestamp"] = values["timestamp"]
    elif "originalTimestamp" in corrected and "timestamp" not in corrected:
        made["timestamp"] = values["originalTimestamp"]
    return made


def _record_id(source: Source | None, values: Mapping[str, str | None]) -> str | None:
    """The record id that the row will land under, as landing makes it; None where it has none."""
    parts = [(values.get(name) or "").strip(" ") for name in (source.record_id if source else ())]
    if not parts or not all(parts):
        return None
    if len(parts) > 1:
        parts = [part.replace("\\", "\\\\").replace("|", "\\|") for part in parts]
    return "|".join(parts)
