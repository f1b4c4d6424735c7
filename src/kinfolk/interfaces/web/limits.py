"""How often one may come, where nobody signs in."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock

_MOST = 20_000  # who is remembered; those who came longest ago are forgotten first


class Limits:
    """For each who comes: so many times at once, and then so many a second."""

    def __init__(self, at_once: float, a_second: float) -> None:
        self._at_once, self._a_second = at_once, a_second
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # times that are left, as of a moment
        self._lock = Lock()

    def allows(self, who: str) -> bool:
        """Whether they may come now, which is then counted."""
        with self._lock:
            now = time.monotonic()
            left, then = self._left.pop(who, (self._at_once, now))
            left = min(left + (now - then) * self._a_second, self._at_once)
            allowed = left >= 1
            self._left[who] = (left - allowed, now)
            if len(self._left) > _MOST:
                self._left.popitem(last=False)
        return allowed
