"""How many events came, and what became of them; in a file, so that others know it while the door is open and later."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kinfolk.connectors.collect.reading import end_of, lines
from kinfolk.policy.admission import Verdict

_FILE = "counts.json"


@dataclass
class Counts:
    """Since the first start of the door in this environment.

    received    source -> events written to its log
    repeated    source -> events that had come before, and were dropped
    refused     source ("" where no key was known) -> cause -> events, or whole requests that could not be read
    closed      source -> events that might not be used for any of their purposes
    closed_for  source -> purpose -> cause -> the same events, once for each purpose
    anonymised  source -> those of them that were kept without the person, and so are received too
    reached     source -> the place in its log behind the last of the events that are counted
    lag         p95: seconds within which 95 of 100 events were on a profile; events and runs it was measured by
    """

    received: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    refused: dict[str, Counter[str]] = field(default_factory=dict)
    closed: Counter[str] = field(default_factory=Counter)
    closed_for: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    anonymised: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    lag: dict[str, float] = field(default_factory=dict)

    def refuse(self, source: str, cause: str, number: int = 1) -> None:
        """Counts what was not taken in."""
        self.refused.setdefault(source, Counter())[cause] += number

    def close(self, source: str, verdict: Verdict) -> None:
        """Counts an event that was closed, under each of its purposes too."""
        self.closed[source] += 1
        for purpose, ruling in verdict.rulings.items():
            self.closed_for.setdefault(source, {}).setdefault(purpose, Counter())[ruling.by] += 1


def read_counts(folder: Path) -> Counts:
    """What was last written down, and what has come since by the logs; the logs alone, where that cannot be read.

    They are written down each second. Of what a door that was killed took in since then, the log is the witness.
    """
    try:
        known = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        counts = Counts(
            Counter(known["received"]),
            Counter(known["repeated"]),
            _counters(known["refused"]),
            Counter(known.get("closed", {})),
            {source: _counters(purposes) for source, purposes in known.get("closed_for", {}).items()},
            Counter(known.get("anonymised", {})),
            Counter(known["reached"] if "reached" in known else _ends(folder)),  # what wrote no places had counted all
            dict(known.get("lag", {})),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        counts = Counts()
    for source, end in _ends(folder).items():
        counted = counts.reached[source]
        if counted != end:  # beyond it only where the log is another, and the clock was set back
            counts.received[source] += sum(1 for _ in lines(folder / source, counted if counted < end else 0, end))
            counts.reached[source] = end
    return counts


def _ends(folder: Path) -> dict[str, int]:
    """Source -> the place where its log ends."""
    return {name: end_of(folder / name) or 0 for name in {path.parent.name for path in folder.glob("*/*.jsonl")}}


def _counters(written: Mapping[str, Any]) -> dict[str, Counter[str]]:
    return {name: Counter(counted) for name, counted in written.items()}


def write_counts(folder: Path, counts: Counts) -> None:
    """Replaces the file, whole."""
    part = folder / f".{_FILE}.part"
    part.touch(mode=0o600)
    part.write_text(json.dumps(vars(counts)), encoding="utf-8")
    os.replace(part, folder / _FILE)
