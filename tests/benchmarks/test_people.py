"""The benchmark's invented people: repeatable, and with a truth for every record."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from kinfolk.commands.check import check

PEOPLE = Path(__file__).parents[2] / "benchmarks" / "people.py"
EXPORTS = {"crm": ("contact_id", ","), "shop": ("customer_no", ";"), "support": ("id", ",")}


def generate(folder: Path, seed: int) -> Path:
    command = [sys.executable, str(PEOPLE), "--records", "3000", "--seed", str(seed), "--out", str(folder)]
    subprocess.run(command, check=True, timeout=60, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("people"), 7)


def ids(folder: Path) -> list[tuple[str, str]]:
    found = []
    for source, (column, delimiter) in EXPORTS.items():
        with (folder / "data" / f"{source}.csv").open(newline="") as file:
            found += [(source, row[column]) for row in csv.DictReader(file, delimiter=delimiter)]
    return found


def test_equal_seeds_give_equal_files_and_others_do_not(generated: Path, tmp_path: Path) -> None:
    again, other = generate(tmp_path / "again", 7), generate(tmp_path / "other", 8)
    for name in ("data/crm.csv", "data/shop.csv", "data/support.csv"):
        assert (generated / name).read_bytes() == (again / name).read_bytes()
        assert (generated / name).read_bytes() != (other / name).read_bytes()


def test_the_truth_names_the_person_of_every_record_once(generated: Path) -> None:
    truth = pq.read_table(generated / "truth.parquet").to_pylist()
    assert sorted(ids(generated)) == sorted((row["source"], row["record_id"]) for row in truth)
    assert len(truth) == 3000
    assert 0.55 <= len({row["person"] for row in truth}) / len(truth) <= 0.65


def test_the_project_around_the_files_is_sound(generated: Path) -> None:
    assert check(generated) is not None
