"""Reading what is published: one state however long it takes, and SQL by people that reaches nothing else."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from kinfolk.engine.duckdb import Session
from kinfolk.engine.reader import reading
from kinfolk.engine.sql import query, rows, table
from kinfolk.engine.step import Publish, Query
from kinfolk.errors import QueryError

PUBLISHES = """
import sys
from pathlib import Path
from tests.engine.test_reader import publish
publish(Path(sys.argv[1]), int(sys.argv[2]))
"""

# $outside stands for a folder with secret.csv, secret.parquet and secret.sqlite beside the project.
FILES = [
    "from '$outside/secret.csv'",
    "from read_csv('$outside/secret.csv')",
    "from read_text('$outside/secret.csv')",
    "from read_blob('$outside/../*/secret.csv')",
    "from '$outside/secret.parquet'",
    "from parquet_metadata('$outside/secret.parquet')",
    "from glob('$outside/*')",
    "from sniff_csv('$outside/secret.csv')",
    "from '$outside/secret.sqlite'",
    "from sqlite_scan('$outside/secret.sqlite', 'secrets')",
    "from system.main.SQLITE_SCAN('$outside/secret.sqlite', 'secrets')",
    "select (select max(word) from \"sqlite_scan\"('$outside/secret.sqlite', 'secrets'))",
    "with a as (from sqlite_scan('$outside/secret.sqlite', 'secrets')) select * from sales.orders, a",
    "summarize from sqlite_scan('$outside/secret.sqlite', 'secrets')",
    "from query('from sqlite_scan(''$outside/secret.sqlite'', ''secrets'')')",
    "from query_table('$outside/secret.csv')",
    "from enable_logging(storage := 'file', storage_path := '$outside/logs')",
    "from read_csv('https://example.com/a.csv')",
]
OTHER_STATEMENTS = [
    "attach '$outside/secret.sqlite'",
    "detach lake",
    "copy (select 1) to '$outside/out.csv'",
    "copy sales.orders from '$outside/secret.csv'",
    "export database '$outside/out'",
    "set memory_limit = '1GB'",
    "reset lock_configuration",
    "pragma enable_profiling",
    "install httpfs",
    "load '$outside/secret.csv'",
    "call checkpoint()",
    "insert into sales.orders values (1)",
    "delete from sales.orders",
    "drop table sales.orders",
    "create table sales.more as select 1",
    "create temp table more as select 1",
    "explain analyze select 1",
    "begin transaction",
    "use memory",
    "select 1; select 2",
    "select 1; drop table sales.orders",
    "",
    "-- nothing",
]
LAKE_FUNCTIONS = [
    "from ducklake_expire_snapshots('lake', older_than => now())",
    "from ducklake_delete_orphaned_files('lake', cleanup_all => true)",
    "from ducklake_cleanup_old_files('lake', cleanup_all => true)",
    "from checkpoint('lake')",
    "from arrow_scan(1, 2, 3)",
    "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
]


def publish(state: Path, number: int) -> None:
    """Two tables that say the same number."""
    with Session.open(state) as session:
        for name in ("sales.orders", "sales.totals"):
            session.run(Query(name, rows({"n": "integer"}, [(number,)]), name, Publish.REPLACE))
        session.publish()


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    publish(folder, 1)
    return folder


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("outside")
    (folder / "secret.csv").write_text("word\nplugh\n")
    pq.write_table(pa.table({"word": ["plugh"]}), folder / "secret.parquet")
    with sqlite3.connect(folder / "secret.sqlite") as made:
        made.execute("create table secrets as select 'plugh' as word")
    made.close()
    return folder


@pytest.mark.parametrize("asked", FILES + OTHER_STATEMENTS)
def test_sql_by_people_reaches_nothing_but_the_published_tables(state: Path, outside: Path, asked: str) -> None:
    before = sorted(path.name for path in outside.iterdir())
    with reading(state) as reader, pytest.raises(QueryError) as raised:
        reader.ask(asked.replace("$outside", str(outside)), 10)
    assert "plugh" not in str(raised.value)
    assert sorted(path.name for path in outside.iterdir()) == before


def test_refused_sql_leaves_the_lake_as_it_was(state: Path) -> None:
    before = {path: path.read_bytes() for path in (state / "lake" / "data").rglob("*") if path.is_file()}
    for asked in LAKE_FUNCTIONS:
        with reading(state) as reader, pytest.raises(QueryError, match="cannot be called here"):
            reader.ask(asked, 10)
    with reading(state) as reader:
        assert reader.ask("from sales.orders", 10).rows == reader.ask("from sales.totals", 10).rows == [(1,)]
    assert before == {path: path.read_bytes() for path in (state / "lake" / "data").rglob("*") if path.is_file()}


def test_sql_by_people_sees_no_environment_variable(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINFOLK_TEST_WORD", "plugh")
    with reading(state) as reader, pytest.raises(QueryError, match="getenv"):
        reader.ask("select getenv('KINFOLK_TEST_WORD')", 10)


def test_sql_by_people_sees_no_variable_of_the_program(state: Path) -> None:
    import pyarrow as pa

    secret = pa.table({"word": ["plugh"]})
    with reading(state) as reader, pytest.raises(QueryError, match="secret does not exist"):
        reader.ask("from secret", secret.num_rows)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("select n + 1 from sales.orders", [(2,)]),
        ("FROM Sales.Orders;", [(1,)]),
        ("with recursive t(n) as (select 1 union all select n + 1 from t where n < 3) from t", [(1,), (2,), (3,)]),
        ("-- the words of a refused function\nselect 'from sqlite_scan(''x'')' as a", [("from sqlite_scan('x')",)]),
        ("select u from sales.orders, unnest([n, 2]) as t(u) order by u", [(1,), (2,)]),
        ("select count(*) from range(5)", [(5,)]),
        ("select table_name from duckdb_tables() where schema_name = 'sales' order by 1", [("orders",), ("totals",)]),
        ("select count(*) from information_schema.columns where table_name = 'orders'", [(1,)]),
        ("values (1), (2)", [(1,), (2,)]),
    ],
)
def test_any_one_select_can_be_asked(state: Path, asked: str, answer: list[tuple[object, ...]]) -> None:
    with reading(state) as reader:
        assert reader.ask(asked, 10).rows == answer


def test_an_answer_says_when_it_is_not_the_whole(state: Path) -> None:
    with reading(state) as reader:
        short, exact, whole = (reader.ask("select range as n from range(3)", limit) for limit in (2, 3, None))
    assert (short.columns, short.rows, short.truncated) == (("n",), [(0,), (1,)], True)
    assert (len(exact.rows), exact.truncated) == (3, False)
    assert (len(whole.rows), whole.truncated) == (3, False)


def test_a_table_that_does_not_exist_is_answered_with_those_that_do(state: Path) -> None:
    with reading(state) as reader, pytest.raises(QueryError, match=r"Tables: sales\.orders, sales\.totals\."):
        reader.ask("from sales.oders", 10)


def test_a_syntax_error_is_shown_with_its_place(state: Path) -> None:
    with reading(state) as reader, pytest.raises(QueryError, match="syntax error at or near"):
        reader.ask("select from where", 10)


def test_a_reader_sees_one_state_while_another_process_publishes(tmp_path: Path, checkout: Path) -> None:
    publish(tmp_path, 1)
    orders, totals = (query("select n from asked", asked=table(f"sales.{name}")) for name in ("orders", "totals"))
    with reading(tmp_path) as reader:
        assert reader.read(orders).rows == [(1,)]
        subprocess.run([sys.executable, "-c", PUBLISHES, str(tmp_path), "2"], cwd=checkout, check=True, timeout=120)
        assert reader.read(totals).rows == reader.read(orders).rows == [(1,)]
        assert reader.ask("select o.n, t.n from sales.orders o, sales.totals t", 10).rows == [(1, 1)]
    with reading(tmp_path) as reader:
        assert reader.read(totals).rows == reader.read(orders).rows == [(2,)]
