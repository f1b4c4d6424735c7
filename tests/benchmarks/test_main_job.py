"""The benchmark's arithmetic: accuracy against the truth, ratios, and the page that keeps them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import main_job
from benchmarks.main_job import Accuracy, KinfolkRun, Measured


def measured(identity: float, whole: float, unchanged: float) -> Measured:
    splink = [{"wall_seconds": seconds, "peak_gb": 1.2, "splink": "5.0.0"} for seconds in (10.0, 20.0, 12.0)]
    return Measured(
        records=1_000_000,
        splink=splink,
        kinfolk=[KinfolkRun(whole, identity, 2.5)] * 3,
        unchanged=[KinfolkRun(unchanged, 0.0, 0.4)] * 3,
        changed=[KinfolkRun(unchanged * 4, 0.0, 0.4)] * 3,
        added=[KinfolkRun(unchanged * 4, 0.0, 0.4)] * 3,
        tenth=[KinfolkRun(whole / 10, identity / 10, 0.6)] * 3,
        accuracy={"Kinfolk": Accuracy(0.98, 0.9, 0.938)},
    )


def line(table: str, words: str) -> str:
    return next(line for line in table.splitlines() if words in line)


def test_ratios_are_medians_of_the_pairs_ratios() -> None:
    # 6 / 10, 6 / 20, 6 / 12: the middle one is 0.5
    assert "| 0.50 × | ≤ 0.8 × | yes |" in line(main_job.table(measured(6, 24, 1)), "identity stage")


def test_an_aim_that_is_missed_is_said_so() -> None:
    table = main_job.table(measured(11, 36, 1.5))
    assert "| **no** |" in line(table, "identity stage")
    assert "| **no** |" in line(table, "whole run")
    assert "| **no** |" in line(table, "unchanged")
    assert "| yes |" in line(table, "Growth")


def test_identity_seconds_are_those_of_its_steps_in_the_last_run() -> None:
    steps = [{"name": "staging.records", "seconds": 9.0}, {"name": "identity.pairs", "seconds": 2.0}]
    last = {"steps": [*steps, {"name": "identity.members", "seconds": 1.5}]}
    assert main_job.identity_seconds({"runs": [last, {"steps": steps}]}) == 3.5


def test_accuracy_counts_pairs_of_records(tmp_path: Path) -> None:
    records = ["a1", "a2", "a3", "b1", "b2"]
    truth = pa.table({"source": ["s"] * 5, "record_id": records, "person": [1, 1, 1, 2, 2]})
    # Found: a1+a2 (right) and a3+b1 (wrong); wanted: three pairs of a, one of b.
    members = pa.table({"source": ["s"] * 5, "record_id": records, "customer_id": [10, 10, 11, 11, 12]})
    pq.write_table(truth, tmp_path / "truth.parquet")
    pq.write_table(members, tmp_path / "members.parquet")
    found = main_job.accuracy(tmp_path / "members.parquet", tmp_path / "truth.parquet")
    assert (found.precision, found.recall) == (0.5, 0.25)
    assert found.f1 == pytest.approx(1 / 3)


def test_the_page_keeps_what_is_around_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(f"before\n{main_job.BEGIN}\nold\n{main_job.END}\nafter\n")
    monkeypatch.setattr(main_job, "PAGE", page)
    main_job.keep("new")
    assert page.read_text() == f"before\n{main_job.BEGIN}\nnew\n{main_job.END}\nafter\n"


def test_a_page_without_a_place_for_the_table_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("no marks\n")
    monkeypatch.setattr(main_job, "PAGE", page)
    with pytest.raises(SystemExit, match="no place"):
        main_job.keep("new")
