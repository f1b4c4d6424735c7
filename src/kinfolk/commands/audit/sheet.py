"""The file judges fill in: two records side by side, a row a pair, and nothing about what was decided."""

from __future__ import annotations

import csv
import io
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
    """One judge's file: the audit it belongs to, and the number of each judged pair -> same, different or not sure.

    rows  number of each judged pair -> the row of the file it stands in
    """

    judge: str
    audit: str
    verdicts: Mapping[int, str]
    rows: Mapping[int, int]


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
        first = 1 if file.suffix == ".json" else 2  # the first row of a table names its columns
        found = [(at, str(row["audit"]), int(row["pair"]), _verdict(row)) for at, row in enumerate(rows, first)]
    except UnicodeDecodeError:
        what = "It is no text in UTF-8."
        raise KinfolkError(what, where=str(file), hint="Save it as `CSV UTF-8`.") from None
    except OSError as error:
        raise KinfolkError(f"It cannot be read: {error}.", where=str(file)) from None
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error):
        hint = "It must be a file of `audit draw` with its columns audit, pair and verdict."
        raise KinfolkError("These are no judged pairs.", where=str(file), hint=hint) from None
    audits = {audit for _, audit, _, _ in found}
    if len(audits) != 1:
        raise KinfolkError("It holds pairs of several audits, or none.", where=str(file), hint="One file, one audit.")
    verdicts, places = dict[int, str](), dict[int, int]()
    for at, _, pair, verdict in found:
        if verdict not in ("", *VERDICTS):
            hint = f"Write {', '.join(VERDICTS)}, or leave it empty."
            raise KinfolkError(f"{verdict!r} is no verdict.", where=f"{file}, row {at}", hint=hint)
        if verdict and verdicts.setdefault(pair, verdict) != verdict:
            what = f"Pair {pair} is {verdict} here and {verdicts[pair]} in row {places[pair]}."
            raise KinfolkError(what, where=f"{file}, row {at}", hint="One judge, one verdict: leave one of them empty.")
        if verdict:
            places.setdefault(pair, at)
    return Verdicts(file.stem, audits.pop(), verdicts, places)


def _parsed(text: str) -> csv.DictReader[str]:
    first = text.partition("\n")[0]
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")


def _verdict(row: Mapping[str, Any]) -> str:
    return " ".join(str(row["verdict"] or "").lower().split())
