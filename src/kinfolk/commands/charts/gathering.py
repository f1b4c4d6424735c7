"""`kinfolk identity charts`: what the charts of a matching model show, gathered from the published state."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinfolk.commands.as_of import snapshot_as_of
from kinfolk.commands.charts.cluster import Cluster, cluster
from kinfolk.commands.explain import Explained, explain
from kinfolk.commands.matching import OpenMatching, open_matching
from kinfolk.commands.open_project import open_project
from kinfolk.engine.reader import reading
from kinfolk.stages.identity.landscape import STEP, Landscape, landscape
from kinfolk.stages.identity.model import FieldModel, Model
from kinfolk.stages.identity.thresholds import in_force


@dataclass(frozen=True)
class Level:
    """One level of a field. m, u: how often pairs of one person, and of strangers, reach it; bits: log2(m / u)."""

    words: str
    m: float
    u: float
    bits: float


@dataclass(frozen=True)
class Field:
    """A compared column and its levels. known: records that have a value in it."""

    column: str
    kind: str
    known: int
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Threshold:
    """What is to be expected if pairs from so many bits on were joined, each by itself."""

    bits: float
    probability: float
    pairs: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Bar:
    """Pairs whose weight lies from `low` to `high` bits: joined in one customer, or apart."""

    low: float
    high: float
    joined: float
    apart: float


@dataclass(frozen=True)
class Reach:
    """Share of the records whose own values could never show so much evidence, not even beside a copy of themselves."""

    bits: float
    probability: float
    below: float


@dataclass(frozen=True)
class ModelCharts:
    """Everything about the model as a whole."""

    fields: tuple[Field, ...]
    prior_bits: float
    related_prior: float | None
    merge_at: float
    review_at: float
    thresholds: tuple[Threshold, ...]
    bars: tuple[Bar, ...]
    reach: tuple[Reach, ...]
    blocking: tuple[tuple[str, int, int], ...]
    diagnostics: tuple[str, ...]


@dataclass(frozen=True)
class Charts:
    """What is drawn. model: None where the project matches by keys alone; pair, customer: where they were asked for."""

    project: str
    records: int
    customers: int
    model: ModelCharts | None
    pair: Explained | None
    customer: Cluster | None


def gather(
    folder: Path,
    pair: tuple[str, str] | None = None,
    customer: str | None = None,
    environment: str | None = None,
    as_of: str | None = None,
) -> Charts:
    """What the charts show. Errors: NotFoundError names the record or customer that does not exist"""
    project = open_project(folder, environment)
    explained = explain(folder, *pair, environment, as_of) if pair else None
    with reading(project.state, snapshot_as_of(project, as_of)) as reader:
        found = cluster(reader, customer) if customer else None
        matching = open_matching(reader, project.identity)
    return Charts(
        project=project.name,
        records=matching.records.num_rows,
        customers=len(np.unique(matching.known.customers)),
        model=_model(matching),
        pair=explained,
        customer=found,
    )


def _model(matching: OpenMatching) -> ModelCharts | None:
    weigher, rules = matching.weigher, matching.rules.matching
    if weigher.scorer is None or rules is None:
        return None
    merge_at, review_at = in_force(rules, weigher.scorer.model)
    model, lies = weigher.scorer.model, landscape(weigher, matching.known, matching.kinds())
    return ModelCharts(
        fields=tuple(_field(field) for field in model.fields),
        prior_bits=model.prior_bits,
        related_prior=model.related_prior,
        merge_at=merge_at,
        review_at=review_at,
        thresholds=thresholds(lies),
        bars=bars(lies),
        reach=reach(lies),
        blocking=_blocking(model),
        diagnostics=model.diagnostics,
    )


def _field(field: FieldModel) -> Field:
    parts = zip(field.levels, field.m, field.u, field.bits[1:].tolist(), strict=True)
    return Field(field.column, field.kind, field.known, tuple(Level(*part) for part in parts))


def _blocking(model: Model) -> tuple[tuple[str, int, int], ...]:
    return tuple((" + ".join(r["columns"]), r["pairs"], r["skipped_rows"]) for r in model.blocking)


def thresholds(lies: Landscape) -> tuple[Threshold, ...]:
    """Expected precision and recall at each step, while there are pairs above it."""
    pairs = np.cumsum((lies.joined + lies.apart)[::-1])[::-1]
    right = np.cumsum(lies.expected[::-1])[::-1]
    made = []
    for bits, count, good in zip(lies.bits.tolist(), pairs.tolist(), right.tolist(), strict=True):
        if count > 0:
            precision, recall = min(good / count, 1.0), good / right[0]
            f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
            made.append(Threshold(bits, _probability(bits), count, precision, float(recall), float(f1)))
    return tuple(made)


def bars(lies: Landscape) -> tuple[Bar, ...]:
    """Pairs by whole bits, from the lowest to the highest there are."""
    joined, apart = lies.joined.reshape(-1, 2).sum(axis=1), lies.apart.reshape(-1, 2).sum(axis=1)
    there = np.flatnonzero(joined + apart)
    if not len(there):
        return ()
    low, width = float(lies.bits[0]), 2 * STEP
    return tuple(
        Bar(low + at * width, low + (at + 1) * width, float(joined[at]), float(apart[at]))
        for at in range(there[0], there[-1] + 1)
    )


def reach(lies: Landscape) -> tuple[Reach, ...]:
    """The share of records that cannot reach each step."""
    below = np.concatenate([[0.0], np.cumsum(lies.records)[:-1]]) / max(float(lies.records.sum()), 1.0)
    steps = zip(lies.bits.tolist(), below.tolist(), strict=True)
    return tuple(Reach(bits, _probability(bits), share) for bits, share in steps)


def _probability(bits: float) -> float:
    return float(1 / (1 + 2.0**-bits))
