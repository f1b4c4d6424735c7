"""How far two dates are apart: a slip of the finger, parts in common, or nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from kinfolk.stages.identity.arrays import Flags, Ints, Levels
from kinfolk.stages.identity.arrow import Strings, pc

SLIP, PARTS, NEAR, DIFFERENT = 2, 3, 4, 5
_NEAR_DAYS = 31
_PLACES = 10 ** np.arange(8)


def date_distance(values: Strings) -> Callable[[Ints, Ints], Levels]:
    """Tells the level of pairs of different dates, written YYYY-MM-DD; other texts are different from everything."""
    parts = pc.extract_regex(values, r"^(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)")
    year, month, day = (pc.cast(pc.struct_field(parts, p), pa.int64()).fill_null(-1).to_numpy() for p in "ymd")
    packed = np.where(year >= 0, year * 10_000 + month * 100 + day, -1)
    digits = (packed[:, None] // _PLACES % 10).astype(np.uint64)
    nibbles = (digits << (4 * np.arange(8)).astype(np.uint64)).sum(axis=1, dtype=np.uint64)
    days = year * 372 + month * 31 + day

    def distance(a: Ints, b: Ints) -> Levels:
        out = np.full(len(a), DIFFERENT, np.uint8)
        same_year = year[a] == year[b]
        out[same_year | (np.abs(days[a] - days[b]) <= _NEAR_DAYS)] = NEAR
        same = same_year.astype(np.int8) + (month[a] == month[b]) + (day[a] == day[b])
        out[same == 2] = PARTS
        swapped = same_year & (month[a] == day[b]) & (day[a] == month[b])
        out[swapped | _slip(nibbles[a], nibbles[b])] = SLIP
        out[(year[a] < 0) | (year[b] < 0)] = DIFFERENT
        return out

    return distance


def _slip(a: np.ndarray[tuple[int], np.dtype[np.uint64]], b: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> Flags:
    """Whether one digit is wrong or two neighbouring digits are swapped; a, b: dates with four bits a digit."""
    apart = a ^ b
    marks = (apart | apart >> np.uint64(1) | apart >> np.uint64(2) | apart >> np.uint64(3)) & np.uint64(0x11111111)
    wrong = np.bitwise_count(marks)
    neighbours = (wrong == 2) & ((marks & (marks >> np.uint64(4))) != 0)
    shift = np.uint64(4)
    lower = marks & (marks >> shift)  # the right one of the two digits
    mask = lower * np.uint64(15)
    swapped = ((a & mask) << shift == b & (mask << shift)) & ((b & mask) << shift == a & (mask << shift))
    return np.asarray((wrong == 1) | (neighbours & swapped))
