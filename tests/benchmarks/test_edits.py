"""A day's edits on an export: how many rows change and how many come, and that nothing else does."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from benchmarks import edits

HEADER = "contact_id,given_name,address_line,mobile"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "crm.csv"
    file.write_text("\n".join([HEADER, *(f"c{n},Ann {n},Street {n},0{n}" for n in range(1, 51))]) + "\n")
    return file


def rows(export: Path) -> list[dict[str, str]]:
    with export.open(newline="") as file:
        return list(csv.DictReader(file))


def test_changed_rows_keep_their_ids_and_lose_their_telephone(export: Path) -> None:
    before = rows(export)
    edits.changed(export, 10)
    after = rows(export)
    assert [row["contact_id"] for row in after] == [row["contact_id"] for row in before]
    assert sum(row["mobile"] == "" for row in after) == 10
    assert sum(a == b for a, b in zip(after, before, strict=True)) == 40


def test_added_rows_are_known_people_under_new_ids(export: Path) -> None:
    before = rows(export)
    edits.added(export, 10)
    after = rows(export)
    assert after[:50] == before
    assert len({row["contact_id"] for row in after}) == 60
    assert {row["given_name"] for row in after[50:]} <= {row["given_name"] for row in before}
