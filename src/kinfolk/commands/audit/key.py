"""The key of an audit: what the judges must not see, kept beside their file until the report."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from kinfolk.errors import KinfolkError, NotFoundError

SCHEMA = "kinfolk-audit/1"
ENDING = ".key.json"


@dataclass(frozen=True)
class StratumKey:
    """One stratum as it was drawn from.

    units     pairs in it, estimated where not all were listed (`listed`)
    pairs     pairs of records they settle; doubles: customers they would show to have a double
    expected  mean probability of its pairs in the model's opinion; None where it has none
    """

    code: str
    name: str
    joined: bool
    units: float
    listed: int
    pairs: float
    doubles: float
    expected: float | None


@dataclass(frozen=True)
class PairKey:
    """One pair of the sample: its records as (source, record id), and what a verdict on it settles."""

    pair: int
    stratum: str
    first: tuple[str, str]
    second: tuple[str, str]
    pairs: float
    doubles: float


@dataclass(frozen=True)
class AuditKey:
    """Everything the report needs, so that it can be made long after the state that was audited is gone."""

    audit: str
    run_id: int | None
    drawn_at: str
    seed: int
    records: int
    customers: int
    strata: tuple[StratumKey, ...]
    pairs: tuple[PairKey, ...]


def write(key: AuditKey, file: Path) -> Path:
    """Saves the key beside the judges' file; where it is."""
    path = file.with_name(file.stem + ENDING)
    path.write_text(json.dumps({"schema": SCHEMA, **dataclasses.asdict(key)}, indent=1, ensure_ascii=False), "utf-8")
    return path


def find(audit: str, folder: Path) -> AuditKey:
    """The key of that audit, among the keys in a folder. Errors: NotFoundError where it is not there"""
    for path in sorted(folder.glob("*" + ENDING)):
        try:
            key = read(path)
        except KinfolkError:
            continue
        if key.audit == audit:
            return key
    raise NotFoundError(
        f"The key of audit {audit} is not in {folder}.", hint=f"`audit draw` wrote it (*{ENDING}); name it with --key."
    )


def read(path: Path) -> AuditKey:
    """The key in a file. Errors: KinfolkError where it is none, or is no longer as it was written"""
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        if whole.pop("schema") != SCHEMA:
            raise ValueError
        key = TypeAdapter(AuditKey).validate_python(whole)
        if not {pair.stratum for pair in key.pairs} <= {stratum.code for stratum in key.strata}:
            raise ValueError
        return key
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise KinfolkError("This is no key of an audit.", where=str(path), hint="`audit draw` writes it.") from None
