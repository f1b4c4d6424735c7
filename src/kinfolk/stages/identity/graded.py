"""Kinds of comparison by their name: those with a meaning of their own, and texts graded by how alike they are."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein, Jaro, JaroWinkler, Levenshtein

from kinfolk.model.matching import MEASURES, Step, graded
from kinfolk.stages.identity.arrays import Floats, Ints, Levels, Texts
from kinfolk.stages.identity.arrow import Strings, array, pc
from kinfolk.stages.identity.kinds import KINDS, Distance, Kind, once
from kinfolk.stages.identity.similarity import spell

_SCORERS: dict[str, Any] = {
    "jaro_winkler": JaroWinkler.normalized_similarity,
    "jaro": Jaro.normalized_similarity,
    "levenshtein": Levenshtein.distance,
    "damerau_levenshtein": DamerauLevenshtein.distance,
}
_WORDS = {
    "jaro_winkler": "Jaro-Winkler {:g} or more",
    "jaro": "Jaro {:g} or more",
    "levenshtein": "{:g} edits or fewer",
    "damerau_levenshtein": "{:g} edits or swaps or fewer",
    "days": "{:g} days apart or less",
}


@lru_cache(maxsize=256)
def kind_of(name: str) -> Kind:
    """The kind of that name. Errors: KeyError for a name that is none (the project's files are checked for it)."""
    steps = graded(name)
    if not steps:
        return KINDS[name]
    levels = ("the same", *(_WORDS[step.measure].format(step.limit) for step in steps), "different")
    even = tuple(1 / len(levels) for _ in levels)  # never learned from: graded fields come with a model
    return Kind(levels, even, even, lambda values: _graded(values, steps))


def _graded(values: Strings, steps: tuple[Step, ...]) -> Distance:
    spelled, different = spell(values), len(steps) + 2

    def exactly(a: Ints, b: Ints) -> Levels:
        left, right = spelled.at(a), spelled.at(b)
        out = np.full(len(a), different, np.uint8)
        for number, step in reversed(list(enumerate(steps, start=2))):
            if step.measure == "days":
                found = _days(left, right)
            else:
                found = process.cpdist(left, right, scorer=_SCORERS[step.measure], dtype=np.float64)
            out[found >= step.limit if MEASURES[step.measure] == ">=" else found <= step.limit] = number
        return out

    return once(lambda a, b: np.ones(len(a), bool), exactly, len(values), different)


def _days(left: Texts, right: Texts) -> Floats:
    """Days between two dates written YYYY-MM-DD; endless where one side is no date."""
    days = []
    for side in (left, right):
        texts = pc.utf8_slice_codeunits(array(side, pa.string()), 0, 10)
        known = pc.cast(pc.strptime(texts, format="%Y-%m-%d", unit="s", error_is_null=True), pa.date32())
        days.append(pc.cast(pc.cast(known, pa.int32()), pa.float64()).to_numpy(zero_copy_only=False))
    apart = np.abs(days[0] - days[1])
    return np.asarray(np.where(np.isnan(apart), np.inf, apart), np.float64)
