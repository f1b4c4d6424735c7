"""A model fitted to the candidate pairs, and the weight of each of them under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinfolk.model.identity import Matching
from kinfolk.stages.identity.arrays import Floats, Ints, Levels
from kinfolk.stages.identity.blocking import Rule
from kinfolk.stages.identity.comparison import SAME
from kinfolk.stages.identity.evidence import Comparer
from kinfolk.stages.identity.kinds import KINDS
from kinfolk.stages.identity.learning import Parameters, learn
from kinfolk.stages.identity.model import FieldModel, Model
from kinfolk.stages.identity.patterns import Patterns, count
from kinfolk.stages.identity.prepared import Prepared
from kinfolk.stages.identity.related import Related, learn_related
from kinfolk.stages.identity.rows import Rows
from kinfolk.stages.identity.scoring import Scorer, scorer

_SWAPPED = "given and family name swapped"


@dataclass(frozen=True)
class Found:
    """Candidate pairs of rows a < b: levels (fields × pairs) and the number of the rule that found each first."""

    levels: Levels
    rule: Ints
    a: Ints
    b: Ints


def fit(
    judge: Comparer, found: Found, rules: Sequence[Rule], known: tuple[Prepared, Rows, Matching]
) -> tuple[Scorer, Ints, Floats]:
    """A scorer with everything learned from the pairs; which of them are at even odds or better; their weights."""
    prepared, rows, matching = known
    patterns, of_pair = count(found.levels, found.rule, max(len(rules), 1))
    parameters = learn(judge, patterns, rules, matching.personal, len(rows))
    personal = np.array([field.name in matching.personal for field in judge.fields])
    related = learn_related(patterns, parameters, personal, len(rows))
    model = _model(judge, parameters, related, (rules, matching, len(prepared)))
    fitted = scorer(model, judge, prepared.compared)
    likely = np.flatnonzero(_at_best(fitted, patterns)[of_pair] >= 0)
    weight = fitted.weights(found.levels[:, likely], found.a[likely])
    kept = weight >= 0
    return fitted, likely[kept], weight[kept]


def _at_best(fitted: Scorer, patterns: Patterns) -> Floats:
    """The weight pairs of each pattern would have if all they share were as rare as values get."""
    rarest = [float(rare.max(initial=0.0)) for rare in fitted.rare]
    total = np.full(patterns.levels.shape[1], fitted.model.prior_bits)
    for line, field, most in zip(patterns.levels, fitted.model.fields, rarest, strict=True):
        bits = field.bits()
        bits[SAME] += most
        total += bits[line]
    return total


def _model(
    judge: Comparer, parameters: Parameters, related: Related | None, settings: tuple[Sequence[Rule], Matching, int]
) -> Model:
    rules, matching, records = settings
    names = {id(kind): name for name, kind in KINDS.items()}
    fields = []
    for number, field in enumerate(judge.fields):
        words = field.kind.levels
        if len(parameters.m[number]) > len(words):
            words = (*words, _SWAPPED)
        shares = None if related is None else tuple(related.shares[number].tolist())
        m, u = tuple(parameters.m[number].tolist()), tuple(parameters.u[number].tolist())
        fields.append(FieldModel(field.name, names[id(field.kind)], words, m, u, shares))
    return Model(
        fields=tuple(fields),
        prior=parameters.prior if related is None else related.same_prior,
        related_prior=None if related is None else related.prior,
        records=records,
        personal=tuple(matching.personal),
        blocking=tuple({"columns": list(r.columns), "pairs": r.pairs, "skipped_rows": r.skipped} for r in rules),
        diagnostics=tuple(parameters.diagnostics),
    )
