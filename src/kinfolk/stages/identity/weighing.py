"""Any two records weighed by the published model, whether or not a run ever looked at them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from kinfolk.model.identity import Comparison, IdentityRules, Matching
from kinfolk.model.place import Place
from kinfolk.stages.identity.arrays import Flags, Floats, Ints
from kinfolk.stages.identity.blocking import again
from kinfolk.stages.identity.comparison import SAME, UNKNOWN, fields
from kinfolk.stages.identity.evidence import comparer
from kinfolk.stages.identity.guards import Guards
from kinfolk.stages.identity.kept import Kept
from kinfolk.stages.identity.model import from_json
from kinfolk.stages.identity.prepared import Prepared, prepare
from kinfolk.stages.identity.scoring import Scorer, scorer

_CHUNK = 250_000
# What tells people apart where the project compares nothing by itself.
PERSONAL = {"first_name": "name", "last_name": "name", "birth_date": "date", "email": "email", "phone": "phone"}


@dataclass(frozen=True)
class Weigher:
    """Records in order of their number, and what weighs two of them.

    kept    the model and its frequencies; None without matching
    scorer  None without matching
    """

    prepared: Prepared
    kept: Kept | None
    scorer: Scorer | None

    def weights(self, a: Ints, b: Ints) -> Floats:
        """log2 odds of one customer for each pair of positions a < b; not a number without a model."""
        if self.scorer is None:
            return np.full(len(a), np.nan)
        judge = self.scorer.comparer
        pieces = [self.scorer.weights(judge.compare(a[at], b[at]), a[at]) for at in _chunks(len(a))]
        return np.concatenate([np.zeros(0), *pieces])

    def at_best(self) -> Floats:
        """What each record weighs against an exact copy of itself: the most that its values can ever show."""
        assert self.scorer is not None, "asked only where there is a model"
        known = np.stack([codes >= 0 for codes in self.scorer.comparer.codes])
        levels = np.where(known, SAME, UNKNOWN).astype(np.uint8)
        return self.scorer.weights(levels, np.arange(len(self.prepared), dtype=np.int64))

    def found(self, a: Ints, b: Ints) -> Flags:
        """Which of these pairs the model's blocking rules find."""
        hit = np.zeros(len(a), bool)
        if self.kept is None:
            return hit
        codes = {name: column.codes for name, column in self.prepared.compared.items()}
        for block in again(codes, self.kept.blocking(self.prepared), self.prepared.tenant):
            left = block.keys.take(a)
            hit |= (left >= 0) & (left == block.keys.take(b))
        return hit


def weigher(records: pa.Table, frequencies: pa.Table, model_json: str, rules: IdentityRules) -> Weigher:
    """What weighs pairs of `records` as the last run did.

    records      their numbers and the columns of `compared_rules(rules)`
    frequencies  identity.frequencies
    rules        as `as_learned` gives them
    """
    prepared = prepare(records, compared_rules(rules), Guards())
    model = from_json(model_json)
    if model is None or rules.matching is None:
        return Weigher(prepared, None, None)
    kept = Kept(model, frequencies)
    prepared = kept.counting(prepared)
    compared = fields(prepared.compared, {c.column: c.kind for c in rules.matching.compare})
    judge = comparer(compared)
    return Weigher(prepared, kept, scorer(model, judge, prepared.compared))


def compared_rules(rules: IdentityRules) -> IdentityRules:
    """The rules, which compare what usually tells people apart where they compare nothing themselves."""
    if rules.matching is not None:
        return rules
    compare = tuple(Comparison(column, kind) for column, kind in PERSONAL.items())
    return replace(rules, matching=Matching(compare, rules.keys[0].place if rules.keys else Place("identity.yml")))


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, count, _CHUNK))
