"""The file judges fill in: two records side by side, a row a pair, and nothing about what was decided."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinfolk.errors import KinfolkError

VERDICTS = ("same", "different", "not sure")
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d ()/.-]*$)")


@dataclass(frozen=True)
class Verdicts:
    """One judge's file: the audit it belongs to, and the number of each judged pair -> same, different or not sure."""

    judge: str
    audit: str
    verdicts: Mapping[int, str]


def write(rows: Sequence[Mapping[str, Any]], file: Path) -> None:
    """Saves the rows as .csv or .json. Errors: KinfolkError for another kind of file"""
    if file.suffix == ".json":
        file.write_text(json.dumps(rows, indent=1, ensure_ascii=False, default=str), encoding="utf-8")
    elif file.suffix == ".csv":
        with file.open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    else:
        raise KinfolkError(f"{file} is neither .csv nor .json.", hint="Name the file audit.csv or audit.json.")


def _harmless(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def read(file: Path) -> Verdicts:
    """What one judge wrote. Errors: KinfolkError names the file and the line that cannot be understood"""
    try:
        text = file.read_text(encoding="utf-8-sig")
        rows = json.loads(text) if file.suffix == ".json" else list(_parsed(text))
        found = [(at, str(row["audit"]), int(row["pair"]), _verdict(row)) for at, row in enumerate(rows, start=1)]
    except (OSError, UnicodeDecodeError) as error:
        raise KinfolkError(f"It cannot be read: {error}.", where=str(file)) from None
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error):
        hint = "It must be a file of `audit draw` with its columns audit, pair and verdict."
        raise KinfolkError("These are no judged pairs.", where=str(file), hint=hint) from None
    audits = {audit for _, audit, _, _ in found}
    if len(audits) != 1:
        raise KinfolkError("It holds pairs of several audits, or none.", where=str(file), hint="One file, one audit.")
    for at, _, _, verdict in found:
        if verdict not in ("", *VERDICTS):
            hint = f"Write {', '.join(VERDICTS)}, or leave it empty."
            raise KinfolkError(f"{verdict!r} is no verdict.", where=f"{file}, row {at}", hint=hint)
    return Verdicts(file.stem, audits.pop(), {pair: verdict for _, _, pair, verdict in found if verdict})


def _parsed(text: str) -> csv.DictReader[str]:
    first = text.partition("\n")[0]
    return csv.DictReader(text.splitlines(keepends=True), delimiter=";" if first.count(";") > first.count(",") else ",")


def _verdict(row: Mapping[str, Any]) -> str:
    return " ".join(str(row["verdict"] or "").lower().split())
