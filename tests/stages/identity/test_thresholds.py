"""Thresholds that nobody wrote are chosen from what the model expects of them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinfolk.model.identity import IdentityRules, Matching
from kinfolk.stages.identity.model import FieldModel, Model, from_json
from kinfolk.stages.identity.patterns import Patterns
from kinfolk.stages.identity.scoring import probability
from kinfolk.stages.identity.thresholds import MERGE_AT, REVIEW_AT, estimate, in_force
from tests.stages.identity.population import records
from tests.stages.identity.workbench import PLACE, Workbench, matching

MODEL = Model((FieldModel("a", "exact", ("the same", "different"), (0.9, 0.1), (0.01, 0.99)),), 1e-6, None, 1000)
NO_PATTERNS = Patterns(np.zeros((1, 0), np.uint8), np.zeros((1, 0)))
COMPARE = {"first_name": "name", "last_name": "name", "birth_date": "date", "email": "email"}


def half_f(probabilities: np.ndarray, same: np.ndarray, at: float) -> float:
    """F of pairs put together from a threshold on, precision counting twice as much as recall."""
    merged = probabilities >= at
    return 1.25 * (same & merged).sum() / (merged.sum() + 0.25 * same.sum())


@given(st.integers(0, 1000), st.floats(0.5, 4.0), st.floats(-1.0, 5.0))
def test_where_probabilities_hold_no_other_threshold_is_better(seed: int, spread: float, middle: float) -> None:
    rng = np.random.default_rng(seed)
    weights = np.abs(rng.normal(middle, spread, 20_000))
    same = rng.random(len(weights)) < probability(weights)
    found = estimate(weights, MODEL, NO_PATTERNS)
    chosen = half_f(probability(weights), same, found.merge_at)
    assert all(chosen >= half_f(probability(weights), same, at) - 0.005 for at in np.arange(0.5, 1.0, 0.05))
    merged = probability(weights) >= found.merge_at
    assert found.precision == pytest.approx((same & merged).sum() / merged.sum(), abs=0.02)
    assert found.recall == pytest.approx((same & merged).sum() / same.sum(), abs=0.02)


@given(st.lists(st.floats(0, 40), min_size=40))
def test_the_threshold_lies_between_even_odds_and_four_in_five(weights: list[float]) -> None:
    found = estimate(np.array(weights), MODEL, NO_PATTERNS)
    assert 0.5 <= found.review_at <= found.merge_at <= 0.8


def test_pairs_the_model_gives_up_count_as_missed() -> None:
    below = Patterns(np.array([[2]], np.uint8), np.array([[3e8]]))
    assert estimate(np.full(100, 20.0), MODEL, below).missed == pytest.approx(3e8 * 1e-6 * 0.1 / 0.99, rel=0.01)


def test_too_few_pairs_say_nothing_so_the_usual_thresholds_hold() -> None:
    found = estimate(np.full(5, 10.0), MODEL, NO_PATTERNS)
    assert (found.merge_at, found.review_at) == (MERGE_AT, REVIEW_AT)
    assert in_force(Matching((), PLACE), None) == (MERGE_AT, REVIEW_AT)


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ({"merge_at": 0.99, "review_at": 0.9}, (0.99, 0.9)),
        ({"merge_at": 0.6}, (0.6, 0.5)),
        ({"review_at": 0.9}, (0.9, 0.9)),
    ],
)
def test_what_the_project_says_holds(written: dict[str, float], holds: tuple[float, float]) -> None:
    rules = matching(COMPARE, **written)
    bench = Workbench(IdentityRules(matching=rules)).run(records(60, 3))
    assert in_force(rules, from_json(bench.rows("model")[0]["model"])) == holds


def test_a_run_keeps_what_it_expects_and_says_so_where_it_asks() -> None:
    bench = Workbench(IdentityRules(matching=matching(COMPARE))).run(records(200, 3))
    model = from_json(bench.rows("model")[0]["model"])
    assert model is not None
    assert model.estimate is not None
    assert 0.5 < model.estimate.merge_at <= 0.8
    assert json.loads(bench.rows("model")[0]["model"])["estimate"]["precision"] > 0.9
    asked = [row["reason"] for row in bench.rows("review") if row["reason"].startswith("between")]
    assert set(asked) <= {f"between review_at (0.5) and merge_at ({model.estimate.merge_at:g})"}
