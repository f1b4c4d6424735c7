"""How the pipeline is doing: what came last beside what is usual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

LOOKED_BACK = 10  # loads, or runs, that make what is usual
_TELLING = 4  # of fewer nobody can say what is usual
_SPREAD = 3 * 1.4826  # three standard deviations, where the values are normal and the median deviation measures them
_LEEWAY = 0.25  # of the median: what varies less than this worries nobody


@dataclass(frozen=True)
class Band:
    """What is usual: the median of past values, and between which two nothing is unusual."""

    median: float
    low: float
    high: float


def usual(past: Sequence[float], least: float = 0) -> Band | None:
    """The band of past values by median and median deviation, which a single odd one does not widen.

    past   newest first; the first ten count, and of fewer than four nothing is usual yet
    least  the band reaches at least this far on either side
    """
    values = list(past[:LOOKED_BACK])
    if len(values) < _TELLING:
        return None
    middle = median(values)
    deviation = median(abs(value - middle) for value in values)
    reach = max(_SPREAD * deviation, _LEEWAY * abs(middle), least)
    return Band(middle, max(middle - reach, 0), middle + reach)


@dataclass(frozen=True)
class SourceHealth:
    """How one source is doing. Rows count as they stood in the source, the rejected ones included.

    last_success  end of the last run that took in everything this source offered
    last_load     when new data of it was last taken in; behind: how far that is beyond its `refresh`, None = it is not
    rows, rejected   of that load; usual_rows: of the loads before it
    """

    name: str
    status: str
    refresh: str | None
    last_success: datetime | None
    last_load: datetime | None
    lag: timedelta | None
    behind: timedelta | None
    rows: int | None
    rejected: int | None
    usual_rows: Band | None

    @property
    def unusual(self) -> str | None:
        """In one word what is odd about the number of rows: fewer or more than usual."""
        return odd(self.rows, self.usual_rows)


@dataclass(frozen=True)
class StepHealth:
    """How long one step took in the last run that did it, in seconds, and how long it usually does."""

    name: str
    source: str | None
    seconds: float
    rows: int | None
    usual_seconds: Band | None

    @property
    def slow(self) -> bool:
        """Whether it took longer than it ever usually does."""
        return odd(self.seconds, self.usual_seconds) == "more"


@dataclass(frozen=True)
class LastFailure:
    """The last run that failed: in which step, for which source where it was about one, and why. over: mended since."""

    run_id: int
    at: datetime
    step: str | None
    source: str | None
    cause: str
    over: bool


@dataclass(frozen=True)
class Health:
    """How the whole pipeline is doing."""

    sources: tuple[SourceHealth, ...]
    steps: tuple[StepHealth, ...]
    last_failure: LastFailure | None


def behind(lag: timedelta | None, every: timedelta | None) -> timedelta | None:
    """How much too old the data is, None where it is not. A tenth more than `every` is no delay yet."""
    if lag is None or every is None or lag <= every * 1.1:
        return None
    return lag - every


def odd(value: float | None, band: Band | None) -> str | None:
    """ "fewer" or "more" than usual, or None."""
    if value is None or band is None:
        return None
    if value < band.low:
        return "fewer"
    return "more" if value > band.high else None
