"""`kinfolk identity audit estimate`: what the model itself expects, before anybody has judged a pair."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinfolk.commands.matching import open_matching
from kinfolk.commands.open_project import open_project
from kinfolk.engine.reader import reading
from kinfolk.errors import NotFoundError
from kinfolk.stages.identity.frame import JOINED, Frame


@dataclass(frozen=True)
class Opinion:
    """Expectations under the published model: no measurement, and no better than the model.

    precision   of the pairs inside customers that were scored, the share that is one person
    missed      share of the pairs of records of one person that are not joined
    duplicates  share of customers that have another customer who is the same person
    scored      pairs inside customers that precision speaks of, of `joined`; a key's pairs count as right in `missed`
    """

    records: int
    customers: int
    joined: float
    scored: float
    precision: float | None
    missed: float
    duplicates: float


def estimate(folder: Path, environment: str | None = None) -> Opinion:
    """The model's own opinion of its work. Errors: NotFoundError where the project matches by keys alone"""
    project = open_project(folder, environment)
    with reading(project.state) as reader:
        matching = open_matching(reader, project.identity)
    if matching.weigher.scorer is None:
        raise NotFoundError(
            "The project matches by keys alone, so there is no model to ask.", hint="Draw a sample: `audit draw`."
        )
    return opinion(matching.frame(seed=0), matching.known.customers)


def opinion(every: Frame, customers: np.ndarray[tuple[int], np.dtype[np.int32]]) -> Opinion:
    """Sums of the probabilities of every stratum."""
    scale = 1 / every.listed[every.stratum]
    inside = every.stratum < len(JOINED)
    chance = np.nan_to_num(every.probability)
    scored = inside & np.isfinite(every.probability)
    wrong = float(((1 - chance) * scale)[scored].sum())
    joined, seen = float(scale[inside].sum()), float(scale[scored].sum())
    missed = float((chance * every.pairs * scale)[~inside].sum())
    count = len(np.unique(customers))
    double = np.zeros(int(customers.max()) + 1)  # log of the chance that a customer has no double
    with np.errstate(divide="ignore"):
        none = np.log1p(-chance[~inside]) * scale[~inside]
    for side in (every.a, every.b):
        np.add.at(double, customers[side[~inside]], none)
    right = joined - wrong
    return Opinion(
        records=len(customers),
        customers=count,
        joined=joined,
        scored=seen,
        precision=1 - wrong / seen if seen else None,
        missed=missed / (missed + right) if missed + right else 0.0,
        duplicates=float((1 - np.exp(double)).sum()) / count,
    )
