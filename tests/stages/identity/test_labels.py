"""What people said of a few pairs corrects what was learned without them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.labels import LEAST, Labels, judged, most_informative, moved
from kinfolk.stages.identity.model import Model, from_json
from kinfolk.stages.identity.patterns import count
from kinfolk.stages.identity.scoring import probability
from tests.stages.identity.population import records
from tests.stages.identity.workbench import Workbench, matching

MODEL = Model((), 1e-4, None, 1000)
COMPARE = {"first_name": "name", "last_name": "name", "birth_date": "date", "email": "email"}


def test_a_model_too_sure_of_itself_learns_doubt() -> None:
    rng = np.random.default_rng(1)
    weights = rng.uniform(-3, 6, 400)
    same = rng.random(400) < probability(weights - 2)
    assert -2.3 < moved(MODEL, weights, same).prior_bits - MODEL.prior_bits < -1.3


def test_answers_that_bear_the_model_out_change_little() -> None:
    rng = np.random.default_rng(2)
    weights = rng.uniform(-4, 4, 40)
    same = rng.random(40) < probability(weights)
    assert abs(moved(MODEL, weights, same).prior_bits - MODEL.prior_bits) < 0.6


def test_a_judged_pair_counts_for_what_was_said_and_all_others_as_before() -> None:
    levels = np.array([[1, 1, 1, 2], [1, 1, 2, 2]], np.uint8)
    rule = np.zeros(4, np.int64)
    patterns, of_pair = count(levels, rule, 1)
    known = judged(patterns, of_pair[[0, 3]], rule[[0, 3]], np.array([1.0, 0.0]))
    assert known.total.sum() == patterns.total.sum()
    chance = known.obeying(np.full(known.levels.shape[1], 0.3))
    assert float((known.total * chance).sum()) == 1.0 + 0.0 + 2 * 0.3


@given(st.lists(st.floats(-10, 60), max_size=200), st.integers(1, 60))
def test_those_asked_about_are_pairs_the_model_doubts(weights: list[float], wanted: int) -> None:
    chosen = most_informative(np.array(weights), wanted)
    assert len(set(chosen.tolist())) == len(chosen) <= wanted
    if len(weights) > len(chosen) > 0:
        doubt = np.minimum(probability(np.array(weights)), 1 - probability(np.array(weights)))
        assert doubt[chosen].max() >= np.median(doubt) - 1e-9


def test_labels_are_enough_from_twenty_on() -> None:
    few = np.arange(LEAST - 1)
    assert not Labels(few, few + 1, few > 3).enough
    assert Labels(np.arange(LEAST), np.arange(LEAST) + 1, np.arange(LEAST) > 3).enough


def prior(bench: Workbench) -> float:
    model = from_json(bench.rows("model")[0]["model"])
    assert model is not None
    return model.prior_bits


def test_decisions_are_learned_from_where_they_are_enough_and_forgotten_when_withdrawn() -> None:
    rows = records(200, 3)
    bench = Workbench(IdentityRules(matching=matching(COMPARE))).run(rows)
    before, start = prior(bench), bench.groups()
    found = [(row["record_no_a"], row["record_no_b"]) for row in bench.rows("pairs")]
    pairs = [(a, b) for a, b in found if any(rows[a - 1][name] != rows[b - 1][name] for name in COMPARE)][: LEAST + 15]
    for pair in pairs[:5]:
        bench.decide(*pair, "different")
    assert prior(bench.run(rows)) == before
    for pair in pairs[5:]:
        bench.decide(*pair, "different")
    assert prior(bench.run(rows)) < before
    for pair in pairs:
        bench.decide(*pair, "withdrawn")
    bench.run(rows)
    assert (prior(bench), bench.groups()) == (before, start)
