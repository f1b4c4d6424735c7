"""How long a step will take, from how long it took."""

from __future__ import annotations

from kinfolk.model.run import StepRecord
from kinfolk.pipeline.estimate import expected_seconds


def step(seconds: float, rows: int | None) -> StepRecord:
    return StepRecord("staging.records", seconds, rows_out=rows)


def test_the_median_of_past_runs_scaled_by_rows() -> None:
    past = {"staging.records": [step(1.0, 100), step(9.0, 100), step(2.0, 100)]}
    assert expected_seconds(step(0.1, 200), past) == 4.0


def test_runs_of_quite_another_size_say_nothing() -> None:
    past = {"staging.records": [step(1.0, 100), step(60.0, 1_000_000)]}
    assert expected_seconds(step(0.1, 2_000_000), past) == 120.0
    assert expected_seconds(step(7.0, 20_000), past) == 7.0


def test_a_step_that_never_ran_takes_what_it_took_to_plan() -> None:
    assert expected_seconds(step(0.25, 10), {}) == 0.25


def test_a_step_without_rows_takes_as_long_as_before() -> None:
    assert expected_seconds(step(0.0, None), {"staging.records": [step(3.0, None), step(5.0, None)]}) == 4.0
