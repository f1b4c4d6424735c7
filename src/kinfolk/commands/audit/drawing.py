"""`kinfolk identity audit draw`: a stratified sample of pairs for people to judge."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from kinfolk.commands.audit import key, sheet
from kinfolk.commands.audit.key import AuditKey, PairKey, StratumKey
from kinfolk.commands.matching import OpenMatching, open_matching
from kinfolk.commands.open_project import open_project
from kinfolk.engine.reader import Reader, reading
from kinfolk.engine.sql import query, table
from kinfolk.errors import ExistsError, NotFoundError
from kinfolk.stages.identity.arrays import Ints
from kinfolk.stages.identity.frame import APART, JOINED, Frame
from kinfolk.tables import staging

_SHOWN = ("first_name", "last_name", "company", "birth_date", "email", "phone", "street", "postcode", "city")
_NOT_SHOWN = {"customer_id", "record_no", "source", "record_id"}


@dataclass(frozen=True)
class Drawn:
    """A sample that was written. strata: what was drawn from which stratum, of how many pairs."""

    audit: str
    file: Path
    key: Path
    pairs: int
    strata: list[dict[str, Any]]


def draw(folder: Path, out: Path, size: int = 200, seed: int | None = None, environment: str | None = None) -> Drawn:
    """Writes the judges' file and, beside it, the key.

    seed    the same seed draws the same pairs from the same state
    Errors  NotFoundError where nothing was published, or there is no pair to ask about; ExistsError
    """
    if out.exists():
        raise ExistsError("The file is there already, perhaps with verdicts in it.", where=str(out))
    project = open_project(folder, environment)
    seed = secrets.randbelow(2**31) if seed is None else seed
    with reading(project.state) as reader:
        matching = open_matching(reader, project.identity)
        every = matching.frame(seed)
        if not len(every.a):
            raise NotFoundError("No two records are alike in anything, so there is nothing to judge.")
        drawn = sample(every, size, seed)
        made = key_of(matching, every, drawn, seed)
        states = [state.run_id for state in reader.states() if state.snapshot_id <= reader.snapshot()]
        made = replace(made, run_id=states[-1] if states else None)
        rows = _rows(reader, matching, (made, every, drawn))
    sheet.write(rows, out)
    where = key.write(made, out)
    counts = [(s, sum(pair.stratum == s.code for pair in made.pairs)) for s in made.strata]
    told = [{"stratum": s.name, "pairs": round(s.units), "drawn": drawn_of} for s, drawn_of in counts]
    return Drawn(made.audit, out, where, len(made.pairs), told)


def sample(every: Frame, size: int, seed: int) -> Ints:
    """Entries of the frame to be judged, in random order."""
    rng = np.random.default_rng([seed, 1])
    strata = len(JOINED) + len(APART)
    listed = np.bincount(every.stratum, minlength=strata)
    chance = np.nan_to_num(every.probability, nan=0.5).clip(0.02, 0.98)
    spread = np.sqrt(np.bincount(every.stratum, chance * (1 - chance), minlength=strata) / np.maximum(listed, 1))
    worth = listed / every.listed * spread
    if np.isfinite(every.probability[every.stratum == strata - 1]).any():
        worth[-1] = 0.0  # so many, and so unlikely, that no sample of them would tell more than a few do
    wanted = allotted(listed, worth, size)
    chosen = [
        rng.choice(np.flatnonzero(every.stratum == number), count, replace=False)
        for number, count in enumerate(wanted.tolist())
        if count
    ]
    return rng.permutation(np.concatenate(chosen)).astype(np.int64)


def allotted(listed: Ints, worth: np.ndarray[Any, np.dtype[np.float64]], size: int) -> Ints:
    """How many of each stratum are drawn: half evenly, half by how much a stratum can hide (Neyman 1934)."""
    there = listed > 0
    share = 0.5 * there / max(int(there.sum()), 1) + 0.5 * worth / max(float(worth.sum()), 1e-9)
    wanted = np.zeros(len(listed), np.int64)
    while size > wanted.sum() and (wanted < listed).any():
        open_ = wanted < listed
        more = np.maximum((share * open_ / (share * open_).sum() * (size - wanted.sum())).astype(np.int64), open_)
        for number in np.argsort(-share):
            wanted[number] += min(more[number], listed[number] - wanted[number], size - int(wanted.sum()))
    return wanted


def key_of(matching: OpenMatching, every: Frame, drawn: Ints, seed: int) -> AuditKey:
    """The key of a sample: what each stratum holds, and what each pair settles."""
    rng = np.random.default_rng([seed, 2])
    names = (*JOINED, *APART)
    codes = [f"S{number + 1:02}" for number in rng.permutation(len(names)).tolist()]  # the code tells judges nothing
    strata = [_stratum(every, number, codes[number]) for number in range(len(names))]
    source, record_id = (matching.records[name] for name in ("source", "record_id"))

    def record(at: int) -> tuple[str, str]:
        return source[at].as_py(), record_id[at].as_py()

    pairs = tuple(
        PairKey(
            number,
            codes[int(every.stratum[at])],
            record(int(every.a[at])),
            record(int(every.b[at])),
            float(every.pairs[at]),
            float(every.doubles[at]),
        )
        for number, at in enumerate(drawn.tolist(), start=1)
    )
    customers = len(np.unique(matching.known.customers))
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    return AuditKey(
        audit=secrets.token_hex(4),
        run_id=None,
        drawn_at=moment,
        seed=seed,
        records=matching.records.num_rows,
        customers=customers,
        strata=tuple(s for s in strata if s.listed),
        pairs=pairs,
    )


def _stratum(every: Frame, number: int, code: str) -> StratumKey:
    of = every.stratum == number
    scale = float(every.listed[number])
    chance = every.probability[of]
    expected = float(np.nanmean(chance)) if np.isfinite(chance).any() else None
    return StratumKey(
        code=code,
        name=(*JOINED, *APART)[number],
        joined=number < len(JOINED),
        units=int(of.sum()) / scale,
        listed=int(of.sum()),
        pairs=float(every.pairs[of].sum()) / scale,
        doubles=float(every.doubles[of].sum()) / scale,
        expected=expected,
    )


def _rows(reader: Reader, matching: OpenMatching, drawn: tuple[AuditKey, Frame, Ints]) -> list[dict[str, Any]]:
    """The judges' rows: the records of each pair side by side, the drawn share of its stratum beside them."""
    made, every, at = drawn
    numbers = matching.records["record_no"].to_numpy()
    wanted = np.unique(numbers[np.concatenate([every.a[at], every.b[at]])])
    tree = query(
        "select * from records where record_no in ($numbers)",
        records=table(staging.RECORDS.name),
        numbers=wanted.tolist(),
    )
    records = {row["record_no"]: row for row in reader.read(tree).dicts()}
    some = next(iter(records.values()))
    names = [n for n in dict.fromkeys((*_SHOWN, *matching.records.column_names)) if n in some and n not in _NOT_SHOWN]
    names = [n for n in names if any(row[n] is not None for row in records.values())]
    drawn_of = {s.code: sum(p.stratum == s.code for p in made.pairs) / s.units for s in made.strata}
    return [
        {
            "audit": made.audit,
            "pair": pair.pair,
            "verdict": "",
            "note": "",
            **_side_by_side(records[numbers[every.a[entry]]], records[numbers[every.b[entry]]], names),
            "stratum": pair.stratum,
            "inclusion_probability": f"{drawn_of[pair.stratum]:.6g}",
        }
        for pair, entry in zip(made.pairs, at.tolist(), strict=True)
    ]


def _side_by_side(a: Mapping[str, Any], b: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    shown = ("source", "record_id", *names)
    return {f"{name}_{side}": row[name] for name in shown for side, row in (("a", a), ("b", b))}
