"""How long a step will take, judged by past runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from kinfolk.model.run import StepRecord

# Name of a step -> how it went in past runs.
Past = Mapping[str, Sequence[StepRecord]]

_ALIKE = 10.0  # beyond ten times as many rows a past run says nothing: small steps cost as much as none


def expected_seconds(rehearsed: StepRecord, past: Past) -> float:
    """The median of past runs of a like size, scaled by rows; where there are none, what the rehearsal took."""
    rows = _rows(rehearsed)
    alike = [scaled for record in past.get(rehearsed.name, ()) if (scaled := _scaled(record, rows)) is not None]
    return round(median(alike) if alike else rehearsed.seconds, 3)


def _scaled(record: StepRecord, rows: int) -> float | None:
    then = _rows(record)
    if not rows or not then:
        return record.seconds if rows == then or not then else None
    return record.seconds * rows / then if 1 / _ALIKE <= rows / then <= _ALIKE else None


def _rows(record: StepRecord) -> int:
    return record.rows_out or record.rows_in or 0
