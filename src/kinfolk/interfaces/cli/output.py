"""Answers, as JSON for programs or as tables for people; problems as sentences on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kinfolk.errors import KinfolkError, ProjectError
from kinfolk.model.plain import plain


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
