"""The matching model: for every field how often customers' and strangers' pairs reach each level, and the prior."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from kinfolk.model.matching import GivenField
from kinfolk.stages.identity.arrays import Floats

SCHEMA = "kinfolk-matching-model/4"
_READABLE = (SCHEMA, *(f"kinfolk-matching-model/{older}" for older in (3, 2, 1)))


@dataclass(frozen=True)
class FieldModel(GivenField):
    """Parameters of one field; entry i of m, u and related belongs to levels[i].

    known  records that had a value when this was learned; the frequency of a value is its share of them
    """

    known: int = 0

    @cached_property
    def bits(self) -> Floats:
        """Evidence of each level for one customer against strangers, in bits; entry 0 is the unknown level."""
        return _evidence(self.m, self.u)

    @cached_property
    def related_bits(self) -> Floats:
        """Evidence of each level for one customer against one household, in bits."""
        return _evidence(self.m, self.u if self.related is None else self.related)


def _evidence(m: Sequence[float], against: Sequence[float]) -> Floats:
    """Bits of each level, the unknown one first; not to be written to, because it is kept."""
    bits = np.concatenate([[0.0], np.log2(np.array(m) / np.array(against))])
    bits.setflags(write=False)
    return bits


@dataclass(frozen=True)
class Estimate:
    """Thresholds the model proposes, as probabilities, and what it expects of pairs put together from merge_at on.

    pairs              pairs of one customer among all pairs compared
    missed             those of them below even odds, which are not kept
    precision, recall  share of the pairs put together that are one customer, and of these the share put together
    """

    merge_at: float
    review_at: float
    pairs: float
    missed: float
    precision: float
    recall: float


@dataclass(frozen=True)
class Model:
    """A whole model.

    prior          probability that two rows drawn at random are one customer
    related_prior  probability that they are two people of one household; None without that hypothesis
    records        records that term frequencies count
    personal       fields that tell people of one household apart
    blocking       columns, pairs and skipped rows of each rule, in order, and the values whose blocks were too large
    diagnostics    what could not be learned and why, in sentences
    rules          the settings it was learned by, so that it is kept only while they hold
    estimate       thresholds and what they are worth; None in models of earlier versions
    """

    fields: tuple[FieldModel, ...]
    prior: float
    related_prior: float | None
    records: int
    personal: tuple[str, ...] = ()
    blocking: tuple[dict[str, Any], ...] = ()
    diagnostics: tuple[str, ...] = ()
    rules: str = ""
    estimate: Estimate | None = None

    @property
    def prior_bits(self) -> float:
        """The prior as log2 odds against strangers."""
        return float(np.log2(self.prior / (1 - self.prior)))

    @property
    def related_prior_bits(self) -> float | None:
        """The prior as log2 odds against one household."""
        return None if self.related_prior is None else float(np.log2(self.prior / self.related_prior))


def to_json(model: Model | None, rules: str = "") -> str:
    """The model as JSON text a person can read; where there is none, that. rules: the settings then"""
    if model is None:
        return json.dumps({"schema": SCHEMA, "matching": None, "rules": rules})
    fields = [_field_json(field) for field in model.fields]
    whole = {
        "schema": SCHEMA,
        "prior": model.prior,
        "prior_bits": model.prior_bits,
        "related_prior": model.related_prior,
        "records": model.records,
        "personal": model.personal,
        "blocking": model.blocking,
        "diagnostics": model.diagnostics,
        "rules": model.rules,
        "estimate": asdict(model.estimate) if model.estimate else None,
        "fields": fields,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False)


def from_json(text: str) -> Model | None:
    """The model a run wrote. Errors: ValueError for another schema."""
    whole = json.loads(text)
    if whole.get("schema") not in _READABLE:
        raise ValueError(f"This is no matching model of this version: {whole.get('schema')!r}, wanted {SCHEMA!r}.")
    if "fields" not in whole:
        return None
    return Model(
        fields=tuple(_field_model(field) for field in whole["fields"]),
        prior=whole["prior"],
        related_prior=whole["related_prior"],
        records=whole["records"],
        personal=tuple(whole["personal"]),
        blocking=tuple(whole["blocking"]),
        diagnostics=tuple(whole["diagnostics"]),
        rules=whole.get("rules", ""),
        estimate=Estimate(**whole["estimate"]) if whole.get("estimate") else None,
    )


def learned_by(text: str) -> str:
    """The settings by which a run learned or would have; empty where it was to match nothing."""
    rules: str = json.loads(text).get("rules", "")
    return rules


def _field_json(field: FieldModel) -> dict[str, Any]:
    bits = field.bits[1:]
    related = field.related or (None,) * len(field.levels)
    levels = [
        {"level": word, "m": m, "u": u, "related": r, "bits": round(float(b), 4)}
        for word, m, u, r, b in zip(field.levels, field.m, field.u, related, bits, strict=True)
    ]
    whole = {"column": field.column, "kind": field.kind, "known": field.known}
    return {**whole, "term_frequency": field.term_frequency, "levels": levels}


def _field_model(field: dict[str, Any]) -> FieldModel:
    levels = field["levels"]
    m, u, r = (tuple(level[name] for level in levels) for name in ("m", "u", "related"))
    related, known = None if None in r else r, field.get("known", 0)
    rare = field.get("term_frequency", True)
    words = tuple(level["level"] for level in levels)
    return FieldModel(field["column"], field["kind"], words, m, u, related, term_frequency=rare, known=known)
