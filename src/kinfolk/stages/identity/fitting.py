"""A model fitted to the candidate pairs, and which of them are likely under it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from kinfolk.model.identity import Matching
from kinfolk.stages.identity.arrays import Codes, Floats, Ints, Levels
from kinfolk.stages.identity.blocking import Blocks
from kinfolk.stages.identity.comparison import SAME
from kinfolk.stages.identity.diagnostics import of_rows
from kinfolk.stages.identity.evidence import Comparer
from kinfolk.stages.identity.kept import described
from kinfolk.stages.identity.kinds import KINDS
from kinfolk.stages.identity.labels import Labels, judged, moved
from kinfolk.stages.identity.learning import Parameters, learn
from kinfolk.stages.identity.model import FieldModel, Model
from kinfolk.stages.identity.patterns import Patterns
from kinfolk.stages.identity.prepared import Prepared
from kinfolk.stages.identity.related import Related, learn_related
from kinfolk.stages.identity.rows import Rows
from kinfolk.stages.identity.scoring import Scorer, scorer

_PIECES = 8  # that pairs are scored in, by two threads
_SWAPPED = "given and family name swapped"


@dataclass(frozen=True)
class Found:
    """Candidate pairs of rows a < b: levels (fields × pairs) and the number of the rule that found each first."""

    levels: Levels
    rule: Ints
    a: Ints
    b: Ints


def fit(
    judge: Comparer,
    compared: tuple[Patterns, Codes, Found],
    blocks: Sequence[Blocks],
    known: tuple[Prepared, Rows, Matching],
    labels: Labels | None = None,
) -> Model:
    """The model learned from the candidate pairs, their patterns, and the pattern of each pair.

    labels  pairs of rows that people judged; those among the candidates are learned from where they are enough
    """
    patterns, of_pair, found = compared
    prepared, rows, matching = known
    said, same = _said(found, labels, len(rows))
    if len(said):
        patterns = judged(patterns, of_pair[said], found.rule[said], same)
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
    weights = scorer(model, judge, prepared.compared).weights(found.levels[:, said], found.a[said])
    return moved(model, weights, same > 0)


def _said(found: Found, labels: Labels | None, rows: int) -> tuple[Ints, Floats]:
    """Candidate pairs that people judged, and what they said: 1 one customer, 0 two; none where they are too few."""
    if labels is None or not labels.enough:
        return np.zeros(0, np.int64), np.zeros(0)
    wanted = labels.a * rows + labels.b
    order = np.argsort(wanted)
    packed = found.a * rows + found.b
    at = np.flatnonzero(np.isin(packed, wanted))
    same = labels.same[order[np.searchsorted(wanted[order], packed[at])]]
    return at, same.astype(np.float64)


def likely(fitted: Scorer, found: Found, patterns: Patterns, of_pair: Codes) -> tuple[Ints, Floats]:
    """Which pairs are at even odds or better, and their weights."""
    worth = np.flatnonzero(_at_best(fitted, patterns)[of_pair] >= 0)
    with ThreadPoolExecutor(2) as pool:
        pieces = np.array_split(worth, _PIECES)
        weight = np.concatenate(list(pool.map(lambda p: fitted.weights(found.levels[:, p], found.a[p]), pieces)))
    kept = weight >= 0
    return worth[kept], weight[kept]


def _at_best(fitted: Scorer, patterns: Patterns) -> Floats:
    """The weight pairs of each pattern would have if all they share were as rare as values get."""
    rarest = [float(rare.max(initial=0.0)) for rare in fitted.rare]
    total = np.full(patterns.levels.shape[1], fitted.model.prior_bits)
    for line, field, most in zip(patterns.levels, fitted.model.fields, rarest, strict=True):
        bits = field.bits()
        bits[SAME] += most
        total += bits[line]
    return total


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
        known = int(prepared.compared[field.name].counts().sum())
        fields.append(FieldModel(field.name, names[id(field.kind)], words, m, u, shares, known))
    return tuple(fields)
