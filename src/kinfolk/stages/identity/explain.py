"""Why two records are, or are not, one customer: the evidence field by field, in bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from sqlglot import exp

from kinfolk.engine.sql import column, query, table
from kinfolk.errors import KinfolkError
from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.arrays import Floats, Levels
from kinfolk.stages.identity.arrow import pc
from kinfolk.stages.identity.coding import code, ignored, in_form, without
from kinfolk.stages.identity.comparison import SAME, UNKNOWN, fields
from kinfolk.stages.identity.evidence import Comparer, comparer
from kinfolk.stages.identity.guards import Guards
from kinfolk.stages.identity.keys import key_name, never_codes
from kinfolk.stages.identity.model import Model, from_json
from kinfolk.stages.identity.prepared import Prepared, prepare
from kinfolk.stages.identity.scoring import Scorer, probability, rarity
from kinfolk.tables.staging import RECORDS


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
    """The rules with their compared columns in the order of the model that was learned by them.

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
    return replace(rules, matching=replace(rules.matching, compare=compare))


def frequency_queries(records: pa.Table, rules: IdentityRules) -> dict[str, exp.Query]:
    """Queries that count the values of each column in which two records say the same; `explain` wants their results.

    Rarity is a matter of how many records share a value, so it cannot be told from the two records alone. Each query
    reads staging.records and gives (value, records).
    """
    if rules.matching is None:
        return {}
    judge = _comparer(prepare(records.slice(0, 2), rules, Guards()), rules)
    levels = judge.compare(np.array([0]), np.array([1]))[:, 0]
    same = [one.name for one, level in zip(judge.fields, levels.tolist(), strict=True) if level == SAME]
    text = "select $value as value, count(*) as records from records where $value is not null group by all"
    return {name: query(text, value=column(name), records=table(RECORDS.name)) for name in same}


def explain(
    records: pa.Table, frequencies: Mapping[str, pa.Table], model_json: str, rules: IdentityRules
) -> Explanation:
    """The evidence for the first two of `records`, the same as identity.pairs has for them.

    records      rows of staging.records
    frequencies  results of `frequency_queries`, by column
    model_json   identity.model
    """
    prepared = prepare(records.slice(0, 2), rules, Guards())
    numbers = prepared.record_no.tolist()
    model = from_json(model_json)
    tenants = prepared.tenant is not None and prepared.tenant[0] != prepared.tenant[1]
    keys, never = _shared_keys(prepared, rules), _never(prepared, rules)
    if model is None or rules.matching is None:
        return Explanation(numbers[0], numbers[1], (), 0.0, 0.0, None, None, keys, never, tenants)
    judge = _comparer(prepared, rules)
    scorer = Scorer(model, judge, tuple(_rare(judge, model, frequencies, rules)))
    levels, row = judge.compare(np.array([0]), np.array([1])), np.array([0])
    evidence = _evidence(scorer, levels, records)
    weight = float(scorer.weights(levels, row)[0])
    household = weight - float(scorer.against_strangers(levels, row)[0])
    chance = float(probability(np.array([weight]))[0])
    return Explanation(
        numbers[0], numbers[1], evidence, model.prior_bits, household, weight, chance, keys, never, tenants
    )


def _evidence(scorer: Scorer, levels: Levels, records: pa.Table) -> tuple[FieldEvidence, ...]:
    evidence = []
    for number, (field, line) in enumerate(zip(scorer.model.fields, levels, strict=True)):
        level = int(line[0])
        bits = float(field.bits()[level])
        known = level != UNKNOWN
        a, b = (None if value is None else str(value) for value in records[field.column].to_pylist()[:2])
        evidence.append(
            FieldEvidence(
                column=field.column,
                value_a=a,
                value_b=b,
                level=_words(scorer, number, level, (a, b)),
                m=field.m[level - 1] if known else None,
                u=field.u[level - 1] if known else None,
                bits=bits,
                rarity=float(scorer.field_bits(number, line, np.array([0]))[0]) - bits,
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
    return comparer(compared, [field.column.codes for field in compared])


def _rare(judge: Comparer, model: Model, frequencies: Mapping[str, pa.Table], rules: IdentityRules) -> list[Floats]:
    """Bits of rarity of each field's value codes, counted as scoring counts them."""
    rare = []
    for field, one in zip(model.fields, judge.fields, strict=True):
        counted = frequencies.get(field.column)
        if counted is None:
            rare.append(np.zeros(len(one.column.values)))
            continue
        values = code(counted["value"])
        if field.column in rules.ignore:
            values = without(values, ignored(values, rules.ignore[field.column]))
        values = in_form(values, field.kind)
        records = counted["records"].to_numpy().astype(np.float64)
        known = values.codes >= 0
        sums = np.bincount(values.codes[known], weights=records[known], minlength=len(values.values))
        at = pc.index_in(one.column.values, value_set=values.values).fill_null(-1).to_numpy(zero_copy_only=False)
        rare.append(rarity(field, np.where(at >= 0, sums[at], 0.0), int(sums.sum())))
    return rare


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
    return tuple(never.different for never, codes in apart if min(codes) >= 0 and codes[0] != codes[1])
