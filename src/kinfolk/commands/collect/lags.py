"""How long it took from when an event was acknowledged until it was on a profile."""

from __future__ import annotations

from collections import Counter, deque
from threading import Lock

_RUNS = 20  # the last so many are looked at
_SHARE = 0.95
_MOST = 40_000  # moments that are told apart: an hour and more; in a longer outage the oldest are one


class Lags:
    """Counts events by the tenth of a second they came in, until a run has landed them."""

    def __init__(self) -> None:
        self._came: deque[tuple[int, int]] = deque()  # tenth of a second, and events, in the order of time
        self._runs: deque[Counter[int]] = deque(maxlen=_RUNS)  # of each run: tenths of a second it took -> events
        self._told: dict[str, float] = {}
        self._lock = Lock()  # events come in one thread and land in another

    def came(self, events: int, at: float) -> None:
        """Events that were written. at: seconds on a clock that never goes back"""
        tenth = int(at * 10)
        with self._lock:
            if self._came and self._came[-1][0] >= tenth:
                tenth, earlier = self._came.pop()
                events += earlier
            self._came.append((tenth, events))
            if len(self._came) > _MOST:
                (oldest, some), (_, others) = self._came.popleft(), self._came.popleft()
                self._came.appendleft((oldest, some + others))

    def landed(self, began: float, ended: float) -> None:
        """A run is over: what came before it began is on profiles."""
        took = Counter[int]()
        with self._lock:
            while self._came and self._came[0][0] < int(began * 10):
                tenth, events = self._came.popleft()
                took[int(ended * 10) - tenth] += events
        if took:
            self._runs.append(took)
            self._told = self._found()

    def told(self) -> dict[str, float]:
        """Seconds within which 95 of 100 events were on a profile, and of how many; empty before the first."""
        return self._told

    def _found(self) -> dict[str, float]:
        took = sum(self._runs, Counter[int]())
        total, seen = took.total(), 0
        for tenths, events in sorted(took.items()):
            seen += events
            if seen >= _SHARE * total:
                return {"p95": tenths / 10, "events": total, "runs": len(self._runs)}
        return {}
