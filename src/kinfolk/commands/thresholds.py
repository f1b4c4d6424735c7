"""`kinfolk identity thresholds`: from which probability records are one customer, and what others would be worth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from kinfolk.commands.open_project import open_project
from kinfolk.engine.reader import Reader, reading
from kinfolk.engine.sql import query, rows, table
from kinfolk.errors import NotFoundError
from kinfolk.stages.identity import as_learned
from kinfolk.tables.identity import MODEL, PAIRS

STEPS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Threshold:
    """What is expected of pairs put together from a probability on.

    pairs      pairs at or above it
    precision  share of these that are one customer
    recall     share of all pairs of one customer, among those compared, that are at or above it
    """

    at: float
    pairs: int
    precision: float
    recall: float


@dataclass(frozen=True)
class Thresholds:
    """The thresholds in force, who set them, and what each would be worth.

    written      those of merge_at and review_at that identity.yml sets
    proposed     what the model proposes for merge_at
    not_learned  why the expectation may be wrong: what could not be learned
    """

    merge_at: float
    review_at: float
    written: tuple[str, ...]
    proposed: float
    steps: tuple[Threshold, ...]
    not_learned: tuple[str, ...]


def thresholds(folder: Path, environment: str | None = None) -> Thresholds:
    """What the last run expects of thresholds, from the probabilities of its own pairs.

    Errors  NotFoundError where nothing is matched, or the last run knew of no estimate
    """
    project = open_project(folder, environment)
    with reading(project.state) as reader:
        [(model,)] = reader.read(query("select model from kept", kept=table(MODEL.name))).rows
        learned = json.loads(model)
        matching = as_learned(project.identity, model).matching
        if matching is None or not learned.get("estimate"):
            raise NotFoundError(
                "There are no thresholds: no records were matched by evidence.",
                hint="`match` in identity.yml says which columns are compared; then run `kinfolk run`.",
            )
        merge_at, review_at = matching.merge_at or 0.0, matching.review_at or 0.0
        own = project.identity.matching
        written = [name for name in ("merge_at", "review_at") if own and getattr(own, name) is not None]
        steps = sorted({*STEPS, merge_at})
        return Thresholds(
            merge_at=merge_at,
            review_at=review_at,
            written=tuple(written),
            proposed=learned["estimate"]["merge_at"],
            steps=tuple(_expected(reader, steps, learned["estimate"]["missed"])),
            not_learned=tuple(learned["diagnostics"]),
        )


def _expected(reader: Reader, steps: list[float], missed: float) -> list[Threshold]:
    """One entry a threshold. missed: expected pairs of one customer that are not among identity.pairs"""
    tree = query(
        "select s.at, count(*) filter (where p.probability >= s.at) as pairs, "
        "coalesce(sum(p.probability) filter (where p.probability >= s.at), 0) as same, "
        "coalesce(sum(p.probability), 0) as every from s left join p on true group by s.at order by s.at",
        s=exp.Subquery(this=rows({"at": "double"}, [(at,) for at in steps]), alias="s"),
        p=table(PAIRS.name),
    )
    return [
        Threshold(at, pairs, same / pairs if pairs else 1.0, same / (every + missed) if every + missed else 1.0)
        for at, pairs, same, every in reader.read(tree).rows
    ]
