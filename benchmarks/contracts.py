"""What holding a load to its contract costs: the same file landed with 25 rules and without any, in turn.

    python benchmarks/contracts.py --rows 1000000 --pairs 3

A is reading, landing and publishing one CSV file of 15 columns; B is the same under a contract of 25 rules, one row in
a thousand breaking one of them. They alternate, A B A B, each in a process and a state folder of its own, so that a
noisy machine disturbs both. Everything made on the way lies in benchmarks/work.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import duckdb

from kinfolk.commands.open_project import open_project
from kinfolk.connectors import CONNECTORS
from kinfolk.engine.duckdb import Session
from kinfolk.pipeline.arrivals import deliveries, read_ledger
from kinfolk.pipeline.land import land
from kinfolk.pipeline.watch import Silent
from kinfolk.pipeline.work import RunOptions, Work

WORK = Path(__file__).resolve().parent / "work" / "contracts"
RULES = 25
_SOURCE = """\
file: ../rows.csv
record_id: id
people: {first_name: first_name, email: email}
"""
# 15 columns; every thousandth row has an e-mail address that is none.
_ROWS = """
copy (
    select i as id,
           'C' || lpad(cast(i as varchar), 9, '0') as customer_no,
           'Name' || (i % 5000) as first_name,
           'Family' || (i % 20000) as last_name,
           case when i % 1000 = 0 then 'nobody' else 'person' || i || '@example.com' end as email,
           '+35191' || lpad(cast(i % 10000000 as varchar), 7, '0') as phone,
           date '1940-01-01' + cast(i % 25000 as integer) as birth_date,
           timestamp '2024-01-01' + interval (i % 500000) minute as updated_at,
           'Street ' || (i % 900) as street,
           lpad(cast(i % 9999 as varchar), 4, '0') || '-' || lpad(cast(i % 999 as varchar), 3, '0') as postcode,
           'City ' || (i % 300) as city,
           ['PT', 'GB', 'DE', 'FR'][1 + i % 4] as country,
           ['gold', 'silver', 'bronze'][1 + i % 3] as tier,
           (i % 100000) / 100 as balance,
           i % 120 as age
    from range($rows) r(i)
) to '$path' (header)
"""
_CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: people
version: 1.0.0
status: active
schema:
  - name: people
    properties:
      - {name: id, logicalType: integer, required: true, logicalTypeOptions: {minimum: 0}}
      - {name: customer_no, required: true, unique: true, logicalTypeOptions: {pattern: "^C[0-9]{9}$"}}
      - {name: first_name, logicalType: string, required: true, logicalTypeOptions: {maxLength: 60}}
      - {name: last_name, logicalType: string, required: true}
      - {name: email, logicalType: string, required: true, logicalTypeOptions: {pattern: "^[^@]+@[^@]+$"}}
      - {name: phone, logicalType: string, logicalTypeOptions: {pattern: "^[+]?[0-9 ]+$"}}
      - {name: birth_date, logicalType: date, logicalTypeOptions: {minimum: "1900-01-01"}}
      - {name: updated_at, logicalType: timestamp, required: true}
      - {name: street, logicalType: string}
      - {name: postcode, logicalType: string, logicalTypeOptions: {maxLength: 12}}
      - {name: city, logicalType: string}
      - {name: country, logicalType: string, enum: [{value: PT}, {value: GB}, {value: DE}, {value: FR}]}
      - {name: tier, logicalType: string, enum: [{value: gold}, {value: silver}, {value: bronze}]}
      - {name: balance, logicalType: number, logicalTypeOptions: {minimum: 0, maximum: 1000000}}
      - {name: age, logicalType: integer, required: true, logicalTypeOptions: {minimum: 0, maximum: 150}}
"""


def main() -> None:
    """Make the file, land it in turn without and with the contract, print what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--one", choices=("plain", "held"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(landed(WORK / asked.one)))
        return
    prepare(asked.rows)
    seconds: dict[str, list[float]] = {"plain": [], "held": []}
    for _ in range(asked.pairs):
        for kind, times in seconds.items():
            command = [sys.executable, __file__, "--one", kind]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            times.append(found["seconds"])
            print(f"{kind:6} {found['seconds']:7.2f} s  {found['peak_gb']:.1f} GB  {found['aside']:,} rows set aside")
            for name, spent in found["slowest"]:
                print(f"         {name:24} {spent:7.2f} s")
    ratio = median(b / a for a, b in zip(seconds["plain"], seconds["held"], strict=True))
    print(f"{asked.rows:,} rows x 15 columns, {RULES} rules: {ratio:.2f} x the time without them")


def prepare(rows: int) -> None:
    """The file, and two projects that read it: one without a contract, one with it."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    duckdb.execute(_ROWS.replace("$rows", str(rows)).replace("$path", str(WORK / "rows.csv")))
    for kind in ("plain", "held"):
        folder = WORK / kind
        (folder / "sources").mkdir(parents=True)
        (folder / "kinfolk.yml").write_text("name: Benchmark\n")
        (folder / "identity.yml").write_text("keys: [email]\n")
        (folder / "sources" / "people.yml").write_text(_SOURCE)
    (WORK / "held" / "contracts").mkdir()
    (WORK / "held" / "contracts" / "people.odcs.yaml").write_text(_CONTRACT)


def landed(folder: Path) -> dict[str, object]:
    """Reads, lands and publishes the project's one source into a fresh state."""
    project = open_project(folder)
    shutil.rmtree(project.state, ignore_errors=True)
    project.state.mkdir(parents=True)
    started = time.perf_counter()
    with Session.open(project.state) as session:
        work = Work(project, CONNECTORS, RunOptions(), Silent(), session)
        ledger = read_ledger(session)
        land(work, deliveries(project, ledger, CONNECTORS), ledger)
        aside = session.count("quarantine.records")
        session.publish()
    return {
        "seconds": time.perf_counter() - started,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        "aside": aside,
        "slowest": sorted(((r.name, r.seconds) for r in work.records), key=lambda r: -r[1])[:4],
    }


if __name__ == "__main__":
    main()
