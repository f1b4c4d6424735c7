"""A model fitted to the candidate pairs, or given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinfolk.model.identity import Matching
from kinfolk.model.matching import GivenModel
from kinfolk.stages.identity.arrays import Ints, Levels
from kinfolk.stages.identity.blocking import Blocks
from kinfolk.stages.identity.diagnostics import of_rows
from kinfolk.stages.identity.evidence import Comparer
from kinfolk.stages.identity.kept import described
from kinfolk.stages.identity.kinds import KINDS
from kinfolk.stages.identity.labels import Labels, judged, moved
from kinfolk.stages.identity.learning import Parameters, learn
from kinfolk.stages.identity.model import FieldModel, Model
from kinfolk.stages.identity.patterns import Patterns, numbers_of
from kinfolk.stages.identity.prepared import Prepared
from kinfolk.stages.identity.related import Related, learn_related
from kinfolk.stages.identity.rows import Rows
from kinfolk.stages.identity.scoring import scorer

_SWAPPED = "given and family name swapped"


def fit(
    judge: Comparer,
    patterns: Patterns,
    blocks: Sequence[Blocks],
    known: tuple[Prepared, Rows, Matching],
    labels: Labels | None = None,
) -> Model:
    """The model learned from the patterns of the candidate pairs.

    labels  pairs of rows that people judged; those among the candidates are learned from where they are enough
    """
    prepared, rows, matching = known
    said, rule, levels = _said(judge, blocks, labels)
    if len(said):
        patterns = judged(patterns, numbers_of(patterns, levels), rule, said.same.astype(np.float64))
    rules = [block.rule for block in blocks]
    parameters = learn(judge, patterns, rules, matching.personal, len(rows))
    personal = np.array([field.name in matching.personal for field in judge.fields])
    related = learn_related(patterns, parameters, personal, len(rows))
    model = Model(
        fields=_fields(judge, parameters, related, prepared),
        prior=parameters.prior if related is None else related.same_prior,
        related_prior=None if related is None else related.prior,
        records=len(prepared),
        personal=tuple(matching.personal),
        blocking=described(blocks, rows.first, prepared),
        diagnostics=(*of_rows(len(prepared), len(rows)), *parameters.diagnostics),
    )
    if not len(said):
        return model
    return moved(model, scorer(model, judge, prepared.compared).weights(levels, said.a), said.same)


def as_given(given: GivenModel, blocks: Sequence[Blocks], rows: Rows, prepared: Prepared) -> Model:
    """A given model, its term frequencies counted among these records."""
    return Model(
        fields=tuple(FieldModel(**vars(field), known=_known(prepared, field.column)) for field in given.fields),
        prior=given.prior,
        related_prior=given.related_prior,
        records=len(prepared),
        personal=given.personal,
        blocking=described(blocks, rows.first, prepared),
    )


def _said(judge: Comparer, blocks: Sequence[Blocks], labels: Labels | None) -> tuple[Labels, Ints, Levels]:
    """Candidate pairs that people judged, the rule that finds each first, and their levels; none where too few."""
    nothing = np.zeros(0, np.int64)
    if labels is None or not labels.enough:
        return Labels(nothing, nothing, np.zeros(0, bool)), nothing, np.zeros((len(judge.fields), 0), np.uint8)
    rule = _found_by(blocks, labels.a, labels.b)
    at = rule >= 0
    said = Labels(labels.a[at], labels.b[at], labels.same[at])
    return said, rule[at], judge.compare(said.a, said.b)


def _found_by(blocks: Sequence[Blocks], a: Ints, b: Ints) -> Ints:
    """The number of the first rule that finds each pair of rows; -1 for none."""
    found = np.full(len(a), -1, np.int64)
    for number, block in reversed(list(enumerate(blocks))):
        left = block.keys.take(a)
        found[(left >= 0) & (left == block.keys.take(b))] = number
    return found


def _fields(
    judge: Comparer, parameters: Parameters, related: Related | None, prepared: Prepared
) -> tuple[FieldModel, ...]:
    names = {id(kind): name for name, kind in KINDS.items()}
    fields = []
    for number, field in enumerate(judge.fields):
        words = field.kind.levels
        if len(parameters.m[number]) > len(words):
            words = (*words, _SWAPPED)
        shares = None if related is None else tuple(related.shares[number].tolist())
        m, u = tuple(parameters.m[number].tolist()), tuple(parameters.u[number].tolist())
        known = _known(prepared, field.name)
        fields.append(FieldModel(field.name, names[id(field.kind)], words, m, u, shares, known=known))
    return tuple(fields)


def _known(prepared: Prepared, column: str) -> int:
    """Records that have a value."""
    return int(prepared.compared[column].counts().sum())
