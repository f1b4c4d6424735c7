"""What is learned without labels is what the data were made with."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from kinfolk.stages.identity.blocking import Rule
from kinfolk.stages.identity.coding import code
from kinfolk.stages.identity.comparison import fields
from kinfolk.stages.identity.evidence import Comparer, comparer
from kinfolk.stages.identity.learning import learn, learn_prior, learn_u
from kinfolk.stages.identity.patterns import count
from kinfolk.stages.identity.related import learn_related

M = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.95, 0.05]])
NAMES = ("a", "b", "c", "d")
ROWS = 4_000


def judge(values: int = 50) -> Comparer:
    """Four columns of values drawn at random, which agree by chance in one pair of `values`."""
    rng = np.random.default_rng(1)
    columns = {n: code(pa.chunked_array([pa.array(rng.integers(0, values, ROWS)).cast(pa.string())])) for n in NAMES}
    compared = fields(columns, dict.fromkeys(NAMES, "exact"))
    return comparer(compared, [field.column.codes for field in compared])


def drawn(shares: np.ndarray, pairs: int, seed: int) -> np.ndarray:
    """Levels of pairs that agree in each field as often as `shares` says."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random((len(shares), pairs)) < shares[:, :1], 1, 2).astype(np.uint8)


def test_u_is_the_chance_of_agreeing() -> None:
    for learned in learn_u(judge(), ROWS):
        assert learned[0] == pytest.approx(1 / 50, rel=0.05)
        assert learned.sum() == pytest.approx(1.0)


def test_em_recovers_the_parameters_the_pairs_were_drawn_with() -> None:
    made = judge(values=1000)
    u = np.stack(learn_u(made, ROWS))
    customers, strangers = drawn(M, 20_000, 2), drawn(u, 600_000, 3)
    levels = np.concatenate([customers, strangers], axis=1)
    blocked = (levels[0] == 1) | (levels[3] == 1)
    patterns, _ = count(levels[:, blocked], np.zeros(int(blocked.sum()), np.int64), 2)
    learned = learn(made, patterns, [Rule(("a",), 1, 0), Rule(("d",), 1, 0)], (), ROWS)
    for got, wanted in zip(learned.m, M, strict=True):
        assert got[0] == pytest.approx(wanted[0], abs=0.02)
    every = ROWS * (ROWS - 1) / 2
    assert learned.prior * every == pytest.approx(20_000, rel=0.1)
    assert learned.diagnostics == []


def test_the_prior_is_the_share_of_customers_among_all_pairs() -> None:
    made = judge(values=1000)
    u = learn_u(made, ROWS)
    patterns, _ = count(drawn(M, 5_000, 4), np.zeros(5_000, np.int64), 1)
    learned = learn(made, patterns, [Rule(("a",), 1, 0)], (), ROWS)
    learned.m, learned.u = list(M), u
    assert learn_prior(patterns, learned, ROWS) * ROWS * (ROWS - 1) / 2 == pytest.approx(5_000, rel=0.1)


def test_a_relation_is_found_where_personal_fields_differ_and_the_rest_agrees() -> None:
    made = judge()
    u = np.stack(learn_u(made, ROWS))
    kin_shares = np.array([u[0], u[1], [0.97, 0.03], [0.99, 0.01]])
    levels = np.concatenate([drawn(M, 8_000, 5), drawn(kin_shares, 12_000, 6), drawn(u, 300_000, 7)], axis=1)
    patterns, _ = count(levels, np.zeros(levels.shape[1], np.int64), 1)
    parameters = learn(made, patterns, [], (), ROWS)
    parameters.m, parameters.u, parameters.prior = list(M), list(u), 8_000 / 8e6
    personal = np.array([True, True, False, False])
    related = learn_related(patterns, parameters, personal, ROWS)
    assert related is not None
    assert related.shares[2][0] == pytest.approx(0.97, abs=0.03)
    assert related.shares[3][0] == pytest.approx(0.99, abs=0.03)
    assert learn_related(patterns, parameters, np.array([True, False, False, False]), ROWS) is None


def test_neighbours_however_many_do_not_pass_for_kin() -> None:
    made = judge()
    u = np.stack(learn_u(made, ROWS))
    kin = np.array([u[0], u[1], [0.95, 0.05], [0.97, 0.03]])
    next_door = np.array([u[0], u[1], u[2], [0.999, 0.001]])
    several = [drawn(M, 4_000, 5), drawn(kin, 4_000, 6), drawn(next_door, 60_000, 7), drawn(u, 300_000, 8)]
    levels = np.concatenate(several, axis=1)
    patterns, _ = count(levels, np.zeros(levels.shape[1], np.int64), 1)
    parameters = learn(made, patterns, [], (), ROWS)
    parameters.m, parameters.u, parameters.prior = list(M), list(u), 4_000 / 8e6
    related = learn_related(patterns, parameters, np.array([True, True, False, False]), ROWS)
    assert related is not None
    assert related.shares[2][0] > 0.8
    assert related.prior * ROWS * (ROWS - 1) / 2 < 4 * 4_000


def test_a_column_that_is_always_the_same_is_no_evidence_and_does_not_derail() -> None:
    made = judge(values=1)
    patterns, _ = count(drawn(M, 1_000, 8), np.zeros(1_000, np.int64), 1)
    learned = learn(made, patterns, [Rule(("a",), 1, 0)], (), ROWS)
    assert all(np.isfinite(m).all() and (m > 0).all() for m in learned.m)
    assert any("every known value is the same" in sentence for sentence in learned.diagnostics)


def blank(name: str, values: list[str | None]) -> Comparer:
    """One column beside two that tell records apart."""
    rng = np.random.default_rng(1)
    given = {n: [str(v) for v in rng.integers(0, 50, len(values))] for n in ("a", "b")}
    columns = {n: code(pa.chunked_array([pa.array(v, pa.string())])) for n, v in {**given, name: values}.items()}
    compared = fields(columns, dict.fromkeys(columns, "exact"))
    return comparer(compared, [field.column.codes for field in compared])


@pytest.mark.parametrize(
    ("values", "said"),
    [([None] * 300, "c: no record has a value"), (["x"] * 300, "c: every known value is the same")],
)
def test_a_column_that_cannot_be_learned_is_named_with_the_reason(values: list[str | None], said: str) -> None:
    made = blank("c", values)
    patterns, _ = count(np.ones((3, 50), np.uint8), np.zeros(50, np.int64), 1)
    learned = learn(made, patterns, [Rule(("a",), 1, 0)], (), 300)
    assert [sentence for sentence in learned.diagnostics if sentence.startswith("c:")][0].startswith(said)


def test_nothing_to_compare_is_said() -> None:
    nothing, _ = count(np.zeros((4, 0), np.uint8), np.zeros(0, np.int64), 1)
    learned = learn(judge(), nothing, [Rule(("a",), 0, 0)], (), ROWS)
    assert learned.diagnostics[0].startswith("No pair of records could be compared")
    assert all(np.isfinite(m).all() for m in learned.m)


def test_a_prior_beyond_belief_is_said() -> None:
    made = judge()
    patterns, _ = count(np.ones((4, 10_000), np.uint8), np.zeros(10_000, np.int64), 1)
    learned = learn(made, patterns, [Rule(("a",), 1, 0)], (), 20)
    assert learned.prior == 0.5
    assert any("Every second pair" in sentence for sentence in learned.diagnostics)
