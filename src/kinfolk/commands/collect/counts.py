"""How many events came, and what became of them; in a file, so that others know it while the door is open and later."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

_FILE = "counts.json"


@dataclass
class Counts:
    """Since the first start of the door in this environment.

    received  source -> events written to its log
    repeated  source -> events that had come before, and were dropped
    refused   source ("" where no key was known) -> cause -> events, or whole requests that could not be read
    """

    received: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    refused: dict[str, Counter[str]] = field(default_factory=dict)

    def refuse(self, source: str, cause: str, number: int = 1) -> None:
        """Counts what was not taken in."""
        self.refused.setdefault(source, Counter())[cause] += number


def read_counts(folder: Path) -> Counts:
    """What was last written; nothing at all if that cannot be read."""
    try:
        known = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        refused = {source: Counter(causes) for source, causes in known["refused"].items()}
        return Counts(Counter(known["received"]), Counter(known["repeated"]), refused)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Counts()


def write_counts(folder: Path, counts: Counts) -> None:
    """Replaces the file, whole."""
    text = json.dumps({"received": counts.received, "repeated": counts.repeated, "refused": counts.refused})
    part = folder / f".{_FILE}.part"
    part.write_text(text, encoding="utf-8")
    os.replace(part, folder / _FILE)
