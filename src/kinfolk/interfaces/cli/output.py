"""Answers, as JSON for programs or as tables for people; problems as sentences on standard error."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from kinfolk.errors import KinfolkError, ProjectError


def answer(value: Any, as_json: bool, render: Callable[[], None]) -> None:
    """Prints the value as JSON, or else renders it for people."""
    if as_json:
        sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n")
    else:
        render()


def text(words: str, file: Path | None) -> None:
    """Prints text as it is, or saves it when there is a file for it."""
    if file:
        file.write_text(words, encoding="utf-8")
    else:
        sys.stdout.write(words)


def note(words: str) -> None:
    """A remark for people, on standard error so that it never mixes with an answer."""
    sys.stderr.write(words + "\n")


def problem(error: KinfolkError, as_json: bool) -> None:
    """What went wrong, where, and what to do; on standard error."""
    if as_json:
        body: dict[str, Any] = {
            "error": type(error).__name__,
            "what": error.what,
            "where": error.where,
            "hint": error.hint,
        }
        if isinstance(error, ProjectError):
            body["mistakes"] = [{"where": str(m.place), "what": m.what, "hint": m.hint} for m in error.mistakes]
        json.dump(body, sys.stderr, indent=2, ensure_ascii=False)
        sys.stderr.write("\n")
        return
    sys.stderr.write(f"{error}\n")


def plain(value: Any) -> Any:
    """The value as JSON knows it: dataclasses as objects, moments in ISO 8601, lengths of time in seconds."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return round(value.total_seconds())
    if isinstance(value, Decimal):
        return float(value)
    known = value is None or isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value))
    return value if known else str(value)
