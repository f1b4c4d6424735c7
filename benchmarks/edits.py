"""A day's work on an export: some rows change, some are new."""

from __future__ import annotations

import csv
import random
from pathlib import Path

_CHANGED = ("address_line", "mobile")
_ID = "contact_id"


def changed(export: Path, count: int, seed: int = 1) -> None:
    """`count` people of the export move to another's address and give up their telephone."""
    header, rows = _read(export)
    chance = random.Random(seed)
    street, phone = (header.index(name) for name in _CHANGED)
    for place in chance.sample(range(len(rows)), count):
        rows[place][street] = rows[chance.randrange(len(rows))][street]
        rows[place][phone] = ""
    _write(export, header, rows)


def added(export: Path, count: int, seed: int = 2) -> None:
    """`count` people of the export are entered once more, under a new id and at another's address."""
    header, rows = _read(export)
    chance = random.Random(seed)
    street, number = header.index(_CHANGED[0]), header.index(_ID)
    for place in chance.sample(range(len(rows)), count):
        again = list(rows[place])
        again[number], again[street] = f"again-{place}", rows[chance.randrange(len(rows))][street]
        rows.append(again)
    _write(export, header, rows)


def _read(export: Path) -> tuple[list[str], list[list[str]]]:
    with export.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def _write(export: Path, header: list[str], rows: list[list[str]]) -> None:
    with export.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
