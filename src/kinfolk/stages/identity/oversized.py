"""Sets of records too large to be one customer, and what holds them together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinfolk.stages.identity.arrays import Ints
from kinfolk.stages.identity.scoring import Scorer

COPIES, CUT, TOO_LARGE = "copies", "largest", "too_large"
MANY_COPIES = 10_000  # records alike in everything compared that are worth a word
_NAMED = 3  # values that are named


@dataclass(frozen=True)
class Oversized:
    """One such set.

    records  their positions, ascending
    guard    largest: they would have been one customer; too_large: too many to be looked at as a whole;
             copies: alike in everything compared, and one customer
    glue     the values most of them share, in words
    """

    records: Ints
    guard: str
    glue: str

    def words(self, largest: int) -> str:
        """What was done, in words. largest: different records of a customer at most"""
        if self.guard == COPIES:
            return (
                f"They are alike in everything compared and so one customer: {self.glue}. If that is no person but "
                "test data or a filler value, put the value under `ignore`."
            )
        if self.guard == CUT:
            return (
                f"They would be one customer of more than {largest} different records, so the weakest links were not "
                f"made. What they share most: {self.glue}."
            )
        return (
            "So many records hang together by likely pairs that only the strongest of these were used. "
            f"What they share most: {self.glue}."
        )


def glue(scorer: Scorer, rows: Ints) -> str:
    """The values that most of the rows share, each with its column and the number of records, most first."""
    shared = []
    for field, codes in zip(scorer.comparer.fields, scorer.comparer.codes, strict=True):
        theirs = codes[rows]
        theirs = theirs[theirs >= 0]
        if len(theirs):
            counts = np.bincount(theirs)
            most = int(counts.max())
            value = min(field.column.values[code].as_py() for code in np.flatnonzero(counts == most).tolist())
            shared.append((-most, field.name, value))
    return ", ".join(f"{name} {value} ({-count})" for count, name, value in sorted(shared)[:_NAMED])
