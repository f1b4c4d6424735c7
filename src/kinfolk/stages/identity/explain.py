"""Why two records are, or are not, one customer: the evidence field by field, in bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from sqlglot import exp

from kinfolk.engine.sql import query, table
from kinfolk.errors import KinfolkError
from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.arrays import Levels
from kinfolk.stages.identity.comparison import UNKNOWN, fields
from kinfolk.stages.identity.evidence import Comparer, comparer
from kinfolk.stages.identity.guards import Guards
from kinfolk.stages.identity.kept import Kept
from kinfolk.stages.identity.keys import key_name, never_codes
from kinfolk.stages.identity.model import from_json
from kinfolk.stages.identity.prepared import Prepared, prepare
from kinfolk.stages.identity.scoring import Scorer, probability, scorer
from kinfolk.stages.identity.thresholds import in_force
from kinfolk.tables.identity import FREQUENCIES


@dataclass(frozen=True)
class FieldEvidence:
    """What one field says.

    level   how far apart the values are, in words
    m, u    how often pairs of one customer, and of strangers, are that far apart; None where a value is unknown
    bits    log2(m / u)
    rarity  bits added because the shared value is rarer (or, below 0, commoner) than the field's values usually are
    """

    column: str
    value_a: str | None
    value_b: str | None
    level: str
    m: float | None
    u: float | None
    bits: float
    rarity: float


@dataclass(frozen=True)
class SharedKey:
    """A deterministic key whose value both records have. Whether it linked them is in identity.links (at_most)."""

    key: str
    value: str


@dataclass(frozen=True)
class Explanation:
    """The evidence for one pair: prior + bits and rarity of every field + household = weight, in bits.

    household    bits taken off because the two may be two people of one household; 0 without that hypothesis
    weight       log2 odds of one customer; None without matching
    keys         deterministic keys the records share
    never        columns whose never rule holds the records apart
    tenants      whether the records belong to different tenants, which holds them apart too
    """

    record_no_a: int
    record_no_b: int
    fields: tuple[FieldEvidence, ...]
    prior: float
    household: float
    weight: float | None
    probability: float | None
    keys: tuple[SharedKey, ...]
    never: tuple[str, ...]
    tenants: bool


def as_learned(rules: IdentityRules, model_json: str) -> IdentityRules:
    """The rules with their compared columns in the order of the model learned by them, and the thresholds in force.

    Errors  KinfolkError where the rules compare other columns than the model
    """
    model = from_json(model_json)
    if model is None or rules.matching is None:
        return rules
    compared = {c.column: c for c in rules.matching.compare}
    if {name: c.kind for name, c in compared.items()} != {f.column: f.kind for f in model.fields}:
        raise KinfolkError(
            "identity.yml compares other columns, or in another way, than the last run did.",
            hint="Run `kinfolk run` first.",
        )
    compare = tuple(compared[field.column] for field in model.fields)
    merge_at, review_at = in_force(rules.matching, model)
    matching = replace(rules.matching, compare=compare, merge_at=merge_at, review_at=review_at)
    return replace(rules, matching=matching)


def frequency_query(records: pa.Table, rules: IdentityRules) -> exp.Query:
    """A query for how many records shared the values of the first two of `records` when the model was learned.

    Rarity is a matter of that number, which the two records alone do not tell. Reads identity.frequencies.
    """
    prepared = prepare(records.slice(0, 2), rules, Guards())
    values = [value for column in prepared.compared.values() for value in column.values.to_pylist()]
    return query(
        "select column_name, value, records, people, kind from frequencies where value in ($values)",
        frequencies=table(FREQUENCIES.name),
        values=values or [None],
    )


def explain(records: pa.Table, frequencies: pa.Table, model_json: str, rules: IdentityRules) -> Explanation:
    """The evidence for the first two of `records`, the same as identity.pairs has for them.

    records      rows of staging.records
    frequencies  the result of `frequency_query`
    model_json   identity.model
    """
    prepared = prepare(records.slice(0, 2), rules, Guards())
    numbers = prepared.record_no.tolist()
    model = from_json(model_json)
    tenants = prepared.tenant is not None and prepared.tenant[0] != prepared.tenant[1]
    keys, never = _shared_keys(prepared, rules), _never(prepared, rules)
    if model is None or rules.matching is None:
        return Explanation(numbers[0], numbers[1], (), 0.0, 0.0, None, None, keys, never, tenants)
    prepared = Kept(model, frequencies).counting(prepared)
    judge = _comparer(prepared, rules)
    judged = scorer(model, judge, prepared.compared)
    levels, row = judge.compare(np.array([0]), np.array([1])), np.array([0])
    values = {
        field.column: tuple(None if value is None else str(value) for value in records[field.column].to_pylist()[:2])
        for field in model.fields
    }
    evidence = field_evidence(judged, levels[:, 0], values)
    weight = float(judged.weights(levels, row)[0])
    household = weight - float(judged.against_strangers(levels, row)[0])
    chance = float(probability(np.array([weight]))[0])
    return Explanation(
        numbers[0], numbers[1], evidence, model.prior_bits, household, weight, chance, keys, never, tenants
    )


def field_evidence(
    scorer: Scorer, levels: Levels, values: Mapping[str, tuple[str | None, ...]]
) -> tuple[FieldEvidence, ...]:
    """What each field says of one pair, the first row of the comparer being one of the two.

    levels  of the pair, one a field
    values  column -> the values of the two
    """
    evidence = []
    for number, (field, line) in enumerate(zip(scorer.model.fields, levels, strict=True)):
        level = int(line)
        bits = float(field.bits[level])
        known = level != UNKNOWN
        a, b = values[field.column]
        evidence.append(
            FieldEvidence(
                column=field.column,
                value_a=a,
                value_b=b,
                level=_words(scorer, number, level, (a, b)),
                m=field.m[level - 1] if known else None,
                u=field.u[level - 1] if known else None,
                bits=bits,
                rarity=float(scorer.field_bits(number, levels[number : number + 1], np.array([0]))[0]) - bits,
            )
        )
    return tuple(evidence)


def _words(scorer: Scorer, number: int, level: int, values: tuple[str | None, str | None]) -> str:
    if level != UNKNOWN:
        return scorer.model.fields[number].levels[level - 1]
    return "unknown" if None in values else "no evidence of its own"


def _comparer(prepared: Prepared, rules: IdentityRules) -> Comparer:
    """Compares the records themselves, each its own row."""
    assert rules.matching is not None
    compared = fields(prepared.compared, {c.column: c.kind for c in rules.matching.compare})
    return comparer(compared)


def _shared_keys(prepared: Prepared, rules: IdentityRules) -> tuple[SharedKey, ...]:
    shared = []
    for key in rules.keys:
        columns = [prepared.exact[name] for name in key.columns]
        if all(c.codes[0] >= 0 and c.codes[0] == c.codes[1] for c in columns):
            value = " + ".join(str(c.values[int(c.codes[0])].as_py()) for c in columns)
            shared.append(SharedKey(key_name(key), value))
    return tuple(shared)


def _never(prepared: Prepared, rules: IdentityRules) -> tuple[str, ...]:
    apart = zip(rules.never, never_codes(prepared, rules), strict=True)
    return tuple(never.what for never, codes in apart if min(codes) >= 0 and codes[0] != codes[1])
