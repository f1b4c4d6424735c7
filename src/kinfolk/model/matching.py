"""A matching model as a file says it, and the kinds of comparison there are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kinfolk.model.place import Place

SCHEMA = "kinfolk-portable-model/1"
# Kind of comparison -> levels it tells apart, from the same to different.
LEVELS: Mapping[str, int] = {
    "name": 5, "company": 5, "date": 5, "email": 5, "phone": 4, "address": 5, "exact": 2, "text": 4,
}  # fmt: skip
NAMES = ("first_name", "last_name")  # compared as names, the first has one level more: that the two changed places
MOST_LEVELS = 7  # that a field may have
MEASURES = {"jaro_winkler": ">=", "jaro": ">=", "levenshtein": "<=", "damerau_levenshtein": "<=", "days": "<="}
_STEP = re.compile(rf"({'|'.join(MEASURES)})(>=|<=)(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Step:
    """A level of a graded kind: two texts reach it whose measure is at least (or, a distance, at most) `limit`."""

    measure: str
    limit: float

    def __str__(self) -> str:
        return f"{self.measure}{MEASURES[self.measure]}{self.limit:.12g}"


def graded(kind: str) -> tuple[Step, ...]:
    """The steps of a graded kind, written `jaro_winkler>=0.92 levenshtein<=2`: its levels between the same and
    different, the nearest first. Empty where the text is no such kind."""
    found = [_STEP.fullmatch(word) for word in kind.split()]
    steps = [Step(m[1], float(m[3])) for m in found if m and MEASURES[m[1]] == m[2]]
    return tuple(steps) if len(steps) == len(found) <= MOST_LEVELS - 2 else ()


def levels_of(column: str, kinds: Mapping[str, str]) -> int | None:
    """How many levels a compared column has; None for a kind there is not. kinds: every compared column -> kind"""
    kind = kinds[column]
    if kind not in LEVELS:
        return len(graded(kind)) + 2 if graded(kind) else None
    swaps = column == NAMES[0] and all(kinds.get(name) == "name" for name in NAMES)
    return LEVELS[kind] + swaps


@dataclass(frozen=True)
class GivenField:
    """One compared column of a given model: a share for each level, the same first.

    m, u            share of pairs at the level among pairs of one customer, and of strangers
    related         share among pairs of two people of one household; None without that hypothesis
    term_frequency  whether sharing a rarer value counts for more
    """

    column: str
    kind: str
    levels: tuple[str, ...]
    m: tuple[float, ...]
    u: tuple[float, ...]
    related: tuple[float, ...] | None = None
    term_frequency: bool = True


@dataclass(frozen=True)
class GivenModel:
    """A matching model that a project names, to score by instead of learning.

    prior          probability that two records drawn at random are one customer
    related_prior  that they are two people of one household; None without that hypothesis
    blocking       column lists that pick the pairs worth comparing; none = chosen from the data
    """

    fields: tuple[GivenField, ...]
    prior: float
    place: Place
    related_prior: float | None = None
    personal: tuple[str, ...] = ()
    blocking: tuple[tuple[str, ...], ...] = ()

    def kinds(self) -> dict[str, str]:
        """Compared column -> kind."""
        return {field.column: field.kind for field in self.fields}
