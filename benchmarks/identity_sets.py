"""Records with known truth in one form, and how well groups of records agree with the truth.

Every set becomes one Parquet file: source, record_id, person (the truth) and the columns that are compared, texts as
they were written and birth dates as dates. Every engine is given the same columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
PERSONAL = ("first_name", "birth_date")


@dataclass(frozen=True)
class Known:
    """A set of records with known truth.

    read     gives the records, given the folder of shared data
    compare  column -> kind, as `identity.yml` says it
    """

    read: Callable[[Path], pa.Table]
    compare: Mapping[str, str]


def _dates(column: pa.ChunkedArray, form: str) -> pa.ChunkedArray:
    return pc.cast(pc.strptime(column, format=form, unit="s", error_is_null=True), pa.date32())


def _named(table: pa.Table, names: Mapping[str, str]) -> pa.Table:
    return table.rename_columns([names.get(name, name) for name in table.column_names])


def _febrl(*files: str) -> Callable[[Path], pa.Table]:
    names = {
        "rec_id": "record_id",
        "given_name": "first_name",
        "surname": "last_name",
        "soc_sec_id": "national_id",
        "address_1": "street",
        "suburb": "city",
        "state": "region",
        "cluster": "person",
    }

    def read(folder: Path) -> pa.Table:
        parts = []
        for file in files:
            table = _named(pq.read_table(folder / f"{file}.parquet"), names)
            parts.append(table.append_column("source", pa.array([file] * len(table))))
        table = pa.concat_tables(parts)
        return table.append_column("birth_date", _dates(table["date_of_birth"], "%Y%m%d"))

    return read


def _splinks(file: str, names: Mapping[str, str]) -> Callable[[Path], pa.Table]:
    def read(folder: Path) -> pa.Table:
        whole = {"surname": "last_name", "cluster": "person", "unique_id": "record_id", **names}
        table = _named(pq.read_table(folder / f"{file}.parquet"), whole)
        table = table.append_column("source", pa.array([file] * len(table)))
        return table.append_column("birth_date", _dates(table["dob"], "%Y-%m-%d"))

    return read


def generated(records: int, seed: int) -> Callable[[Path], pa.Table]:
    """Invented people of `people.py` as Kinfolk's staging standardises them."""

    def read(_: Path) -> pa.Table:
        import main_job

        project = main_job.make_project(records, seed)
        if not (project / "records.parquet").exists():
            main_job.run_kinfolk(project, fresh=True)
            main_job.export(project)
        staged = pq.read_table(project / "records.parquet")
        truth = pq.read_table(project / "truth.parquet")
        keyed = staged.join(truth, ["source", "record_id"], join_type="inner")
        return keyed.sort_by([("source", "ascending"), ("record_id", "ascending")])

    return read


_FEBRL = {
    "first_name": "name",
    "last_name": "name",
    "birth_date": "date",
    "national_id": "exact",
    "street": "address",
    "city": "text",
    "postcode": "exact",
    "region": "exact",
}
_HISTORICAL = {
    "first_name": "name",
    "last_name": "name",
    "birth_date": "date",
    "city": "text",
    "postcode": "exact",
    "gender": "exact",
    "job_title": "exact",
}
_FAKE = {"first_name": "name", "last_name": "name", "birth_date": "date", "email": "email", "city": "text"}
_PEOPLE = {
    "first_name": "name",
    "last_name": "name",
    "birth_date": "date",
    "email": "email",
    "phone": "phone",
    "street": "address",
    "postcode": "exact",
}
_PLACES = {"birth_place": "city", "postcode_fake": "postcode", "occupation": "job_title"}


def known_sets(records: int, seed: int) -> dict[str, Known]:
    """Every set by its name, the generated one last."""
    return {
        "febrl3": Known(_febrl("febrl3"), _FEBRL),
        "febrl4": Known(_febrl("febrl4a", "febrl4b"), _FEBRL),
        "fake_1000": Known(_splinks("fake_1000", {}), _FAKE),
        "historical_50k": Known(_splinks("historical_50k", _PLACES), _HISTORICAL),
        f"generated_{records}": Known(generated(records, seed), _PEOPLE),
    }


def written(name: str, one: Known, shared: Path, folder: Path) -> Path:
    """The set as a Parquet file, made once."""
    file = folder / f"{name}.parquet"
    if not file.exists():
        table = one.read(shared)
        columns = {c: pc.cast(table[c], pa.string()) for c in ("source", "record_id", "person")}
        columns |= {c: table[c] if k == "date" else pc.cast(table[c], pa.string()) for c, k in one.compare.items()}
        pq.write_table(pa.table(columns), file)
    return file


@dataclass(frozen=True)
class Agreement:
    """How well groups agree with the truth.

    precision, recall, f1  over pairs of records
    b3                     F1 of B³: precision and recall of each record's group, averaged over records
    clusters               F1 over whole groups, where only exactly equal ones count
    """

    precision: float
    recall: float
    f1: float
    b3: float
    clusters: float


def agreement(groups: Any, truth: Any) -> Agreement:
    """groups, truth: the group and the person of each record, of any type, in one order."""
    ours, theirs = (np.unique(np.asarray(labels, dtype=str), return_inverse=True)[1] for labels in (groups, truth))
    n, m = np.bincount(ours), np.bincount(theirs)
    cells, both = np.unique(ours.astype(np.int64) * len(m) + theirs, return_counts=True)
    of_group, of_person = n[cells // len(m)], m[cells % len(m)]

    def pairs(sizes: Any) -> float:
        return float((sizes * (sizes - 1.0) / 2).sum())

    right, found, wanted = pairs(both), pairs(n), pairs(m)
    precision, recall = right / max(found, 1.0), right / max(wanted, 1.0)
    b3 = _f1(float((both * both / of_group).sum()) / len(ours), float((both * both / of_person).sum()) / len(ours))
    equal = float(((both == of_group) & (both == of_person)).sum())
    return Agreement(precision, recall, _f1(precision, recall), b3, _f1(equal / len(n), equal / len(m)))


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
