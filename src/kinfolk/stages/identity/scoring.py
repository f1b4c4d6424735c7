"""Evidence in bits: the sum over fields of log2(m/u), rarer values counting for more, and the prior."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinfolk.stages.identity.arrays import Floats, Ints, Levels
from kinfolk.stages.identity.coding import Column
from kinfolk.stages.identity.comparison import SAME
from kinfolk.stages.identity.evidence import Comparer
from kinfolk.stages.identity.model import FieldModel, Model

_ASSUMED = 50.0  # records that a field's average frequency weighs as much as


def frequency(field: FieldModel, counts: Floats, records: int) -> Floats:
    """How frequent a value of each count is held to be among the other records: few records say little of it.

    counts   records that have the value, the record itself included
    records  records that have any value in this field
    """
    others = (np.maximum(counts - 1, 0) + _ASSUMED * field.u[0]) / (max(records - 1, 0) + _ASSUMED)
    return np.asarray(others, np.float64)


def rarity(field: FieldModel, counts: Floats, records: int) -> Floats:
    """Bits that sharing a value of each count adds to the field's level "the same" (less than 0 for common values)."""
    if not field.term_frequency:
        return np.zeros(len(counts))
    return np.asarray(np.log2(field.u[0] / frequency(field, counts, records)))


@dataclass(frozen=True)
class Scorer:
    """Scores pairs of rows with a model.

    rare    per field, the bits of rarity of each value code
    counts  per field, the records that share each value code
    """

    model: Model
    comparer: Comparer
    rare: tuple[Floats, ...]
    counts: tuple[Floats, ...]

    def field_bits(self, number: int, levels: Levels, a: Ints) -> Floats:
        """Evidence of one field against strangers; a: the first row of each pair."""
        bits = self.model.fields[number].bits.take(levels)
        same = np.flatnonzero(levels == SAME)
        bits[same] += self.rare[number].take(self.comparer.codes[number].take(a.take(same)))
        return np.asarray(bits)

    def against_strangers(self, levels: Levels, a: Ints) -> Floats:
        """log2 odds of one customer against strangers, prior included."""
        total = np.full(len(a), self.model.prior_bits)
        for number, line in enumerate(levels):
            total += self.field_bits(number, line, a)
        return total

    def against_kin(self, levels: Levels, a: Ints) -> Floats | None:
        """log2 odds of one customer against one household, prior included; None without that hypothesis."""
        if self.model.related_prior_bits is None:
            return None
        total = np.full(len(a), self.model.related_prior_bits)
        for number, line in enumerate(levels):
            total += self.kin_bits(number, line, a)
        return total

    def kin_bits(self, number: int, levels: Levels, a: Ints) -> Floats:
        """Evidence of one field against one household: rarity counts only where kin agree by chance."""
        field = self.model.fields[number]
        if field.column in self.model.personal:
            return self.field_bits(number, levels, a)
        return np.asarray(field.related_bits.take(levels))

    def weights(self, levels: Levels, a: Ints) -> Floats:
        """log2 odds of one customer against everything else."""
        strangers, kin = self.against_strangers(levels, a), self.against_kin(levels, a)
        return strangers if kin is None else soft_minimum(strangers, kin)


def scorer(model: Model, comparer: Comparer, columns: Mapping[str, Column]) -> Scorer:
    """A scorer whose term frequencies are those of the coded columns, among the records the model was learned from."""
    counts = [columns[field.column].counts().astype(np.float64) for field in model.fields]
    rare = [rarity(field, counted, field.known) for field, counted in zip(model.fields, counts, strict=True)]
    return Scorer(model, comparer, tuple(rare), tuple(counts))


def soft_minimum(x: Floats, y: Floats) -> Floats:
    """log2 odds against either of two alternatives, from the log2 odds against each."""
    return np.asarray(-np.logaddexp2(-x, -y))


def probability(weight: Floats) -> Floats:
    """Probability of log2 odds."""
    return np.asarray(1 / (1 + np.exp2(-np.clip(weight, -1000, 1000))))
