"""How long it took from when an event was acknowledged until it was on a profile."""

from __future__ import annotations

from collections import Counter, deque

_RUNS = 20  # the last so many are looked at
_SHARE = 0.95


class Lags:
    """Counts events by the tenth of a second they came in, until a run has landed them."""

    def __init__(self) -> None:
        self._came: Counter[int] = Counter()  # tenth of a second -> events
        self._runs: deque[Counter[int]] = deque(maxlen=_RUNS)  # of each run: tenths of a second it took -> events

    def came(self, events: int, at: float) -> None:
        """Events that were written. at: seconds on a clock that never goes back"""
        self._came[int(at * 10)] += events

    def landed(self, began: float, ended: float) -> None:
        """A run is over: what came before it began is on profiles."""
        took = Counter[int]()
        for tenth in [tenth for tenth in list(self._came) if tenth < int(began * 10)]:
            took[int(ended * 10) - tenth] += self._came.pop(tenth)
        if took:
            self._runs.append(took)

    def told(self) -> dict[str, float]:
        """Seconds within which 95 of 100 events were on a profile, and of how many; empty before the first."""
        took = sum(list(self._runs), Counter[int]())
        total, seen = took.total(), 0
        for tenths, events in sorted(took.items()):
            seen += events
            if seen >= _SHARE * total:
                return {"p95": tenths / 10, "events": total, "runs": len(self._runs)}
        return {}
