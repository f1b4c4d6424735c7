"""Tables of real databases, read the way a run reads them."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kinfolk.connectors import CONNECTORS
from kinfolk.engine.reading import read
from kinfolk.errors import SourceError
from kinfolk.model.locator import ArrowStream
from kinfolk.model.place import Place
from kinfolk.model.secret import Secret
from kinfolk.model.source import Cursor, Load, Source
from tests.servers import Mysql, Postgres


def source(connector: str, options: dict[str, Any], cursor: str | None = None) -> Source:
    place = Place("sources/shop.yml")
    made = Cursor(cursor, place) if cursor else None
    load = Load.INCREMENTAL if cursor else Load.SNAPSHOT
    return Source("shop", place, connector, options, ("id",), (), load=load, cursor=made)


def landed(made: Source, folder: Path = Path(), since: str | None = None) -> list[dict[str, Any]]:
    """Every row as the engine has it, in order."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.execute("create schema incoming")
    connector = CONNECTORS[made.connector]
    [part] = connector.parts(made, folder)
    part = type(part)(part.name, part.fingerprint, part.path, since)
    read(connection, connector.open(made, part)[0], "incoming.shop", part.name)
    found = connection.execute("select * exclude (_part) from incoming.shop order by _row")
    return [dict(zip([d[0] for d in found.description], row, strict=True)) for row in found.fetchall()]


def refusal(made: Source, folder: Path = Path()) -> str:
    with pytest.raises(SourceError) as caught:
        landed(made, folder)
    return str(caught.value)


def sqlite_file(folder: Path, *statements: str) -> Path:
    with sqlite3.connect(folder / "shop.sqlite") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return folder / "shop.sqlite"


def test_every_type_of_postgres_arrives_whole(postgres: Postgres) -> None:
    postgres.run(
        "drop table if exists kinds",
        "create table kinds (id int primary key, n numeric, m money, at timestamp, seen timestamptz, day date, j jsonb,"
        " u uuid, raw bytea, tags text[], ok bool, x float4, y float8, span interval, ip inet, fixed char(3))",
        "insert into kinds values (1, 12345678901234567890.12345, 5.5, '2020-01-01 10:00', '2020-01-01 10:00+02',"
        " '2020-01-31', '{\"a\": 1}', '4be8c40a-fb7b-4d5e-ac26-711683ca4de5', '\\xff00', '{a,b}', true, 0.1, 0.1,"
        " '1 day', '10.0.0.1', 'a'), (2, null, null, 'infinity', null, null, null, null, 'text', null, null, 'nan',"
        " 1e300, null, null, '')",
    )
    first, second = landed(source("postgres", {**postgres.options, "table": "kinds"}))
    assert first["n"] == "12345678901234567890.12345" and first["m"] == "$5.50"
    assert (first["at"], first["seen"], first["day"]) == (
        "2020-01-01 10:00:00",
        "2020-01-01 08:00:00+00:00",
        "2020-01-31",
    )
    assert (first["j"], first["u"][:8], first["raw"], first["tags"]) == ('{"a": 1}', "4be8c40a", "FF00", "{a,b}")
    assert (first["ok"], first["x"], first["y"], first["ip"]) == ("true", "0.1", "0.1", "10.0.0.1/32")
    assert (second["at"], second["n"], second["x"], second["raw"]) == ("infinity", None, None, "text")
    assert float(second["y"]) == 1e300
    assert (first["_row"], second["_row"]) == (1, 2)


def test_every_type_of_mysql_arrives_whole(mysql: Mysql) -> None:
    mysql.run(
        "drop table if exists kinds",
        "create table kinds (id int primary key, f float, g double, n decimal(30,5), at datetime(6), seen timestamp,"
        " raw blob, j json, e enum('a', 'b'), name varchar(40), flag bit(1)) character set utf8mb4",
        "set time_zone = '+02:00'",
    )
    mysql.run(
        "insert into kinds values (1, 16777216, 0.1, 1234567890123456789012345.12345, '2020-01-01 10:00:00.25',"
        " '2020-01-01 10:00:00', x'ff00', '{\"a\":1}', 'b', 'Zoë 🙂', 0), (2, null, null, null, null, '2020-01-02',"
        " 'text', null, null, '', 1)"
    )
    first, second = landed(source("mysql", {**mysql.options, "table": "kinds"}))
    assert (first["flag"], second["flag"]) == ("0", "1")
    assert (first["f"], first["g"], first["n"]) == ("16777216", "0.1", "1234567890123456789012345.12345")
    assert first["at"] == "2020-01-01 10:00:00.250000" and first["seen"].startswith("2020-01-01")
    assert (first["raw"], first["j"], first["e"], first["name"]) == ("FF00", '{"a":1}', "b", "Zoë 🙂")
    assert (second["raw"], second["name"], second["g"]) == ("text", None, None)


def test_sqlite_keeps_what_its_cells_hold_whatever_the_column_declares(tmp_path: Path) -> None:
    file = sqlite_file(
        tmp_path,
        "create table people (id integer primary key, v any, n integer)",
        "insert into people values (1, 0.30000000000000004, 'abc'), (2, 4611686018427387904, 5.5), (3, x'ff00', 1e300),"
        " (4, x'4142', ''), (5, cast(x'ff41' as text), null)",
    )
    rows = landed(source("sqlite", {"path": file.name, "table": "people"}), tmp_path)
    assert [row["v"] for row in rows] == ["0.30000000000000004", "4611686018427387904", "FF00", "AB", "FF41"]
    assert [row["n"] for row in rows][:2] == ["abc", "5.5"] and float(rows[2]["n"]) == 1e300
    assert [row["n"] for row in rows][3:] == [None, None]


def test_a_duckdb_file_is_read_beside_the_lake(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as made:
        made.execute(
            "create table people as select i as id, {'a': i} as nested, i / 4 as share from range(250000) t(i)"
        )
    rows = landed(source("duckdb", {"path": "shop.duckdb", "table": "people"}), tmp_path)
    assert len(rows) == 250_000
    assert rows[1] == {"id": "1", "nested": '{"a":1}', "share": "0.25", "_row": 2}


def test_a_file_that_did_not_change_has_the_fingerprint_it_had_and_a_server_never_has(
    tmp_path: Path, postgres: Postgres
) -> None:
    file = sqlite_file(tmp_path, "create table people (id)", "insert into people values (1)")
    made = source("sqlite", {"path": file.name, "table": "people"})
    connector = CONNECTORS["sqlite"]
    before = connector.parts(made, tmp_path)
    assert connector.parts(made, tmp_path) == before
    sqlite_file(tmp_path, "insert into people values (2)")
    assert connector.parts(made, tmp_path) != before
    postgres.fill("people", {"id": "int"}, [[1]])
    asked = source("postgres", {**postgres.options, "table": "people"})
    assert CONNECTORS["postgres"].parts(asked, tmp_path) != CONNECTORS["postgres"].parts(asked, tmp_path)


@pytest.mark.parametrize("driver", ["adbc_driver_sqlite", "adbc_driver_postgresql"])
def test_any_arrow_driver_reads_a_table_and_a_query(driver: str, tmp_path: Path, postgres: Postgres) -> None:
    statements = ("drop table if exists people", "create table people (id integer, born text)")
    insert = "insert into people values (1, '1980-04-01'), (2, null)"
    postgres.run(*statements, insert)
    file = sqlite_file(tmp_path, *statements, insert)
    address = str(file) if "sqlite" in driver else f"postgresql:///postgres?host={postgres.folder}&user=postgres"
    options = {"driver": driver, "uri": address}
    rows = landed(source("adbc", {**options, "table": "people"}))
    assert [(row["id"], row["born"]) for row in rows] == [("1", "1980-04-01"), ("2", None)]
    rows = landed(
        source("adbc", {**options, "query": "select id + 1 as id from people order by id"}, cursor="id"), since="3"
    )
    assert [row["id"] for row in rows] == ["3"]
    assert any(d.name.endswith("people") for d in CONNECTORS["adbc"].discover(options, tmp_path))


@pytest.mark.parametrize("connector", ["postgres", "mysql", "sqlite", "duckdb"])
def test_a_cursor_brings_what_is_new_in_its_order_and_rows_without_one(
    connector: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    rows = [(1, "2026-01-03 10:00:00"), (2, "2026-01-01 10:00:00"), (3, None), (4, "2026-01-02 10:00:00.5")]
    options: dict[str, Any]
    if connector in ("postgres", "mysql"):
        server: Postgres | Mysql = request.getfixturevalue(connector)
        server.fill(
            "news", {"id": "int", "changed": "timestamp(6) null" if connector == "mysql" else "timestamp"}, rows
        )
        options = server.options
    elif connector == "sqlite":
        with sqlite3.connect(tmp_path / "shop.db") as made:
            made.execute("create table news (id integer, changed datetime)")
            made.executemany("insert into news values (?, ?)", rows)
        options = {"path": "shop.db"}
    else:
        with duckdb.connect(str(tmp_path / "shop.db")) as file:
            file.execute("create table news (id integer, changed timestamp)")
            file.executemany("insert into news values (?, ?)", rows)
        options = {"path": "shop.db"}
    made = source(connector, {**options, "table": "news"}, cursor="Changed")
    assert [row["id"] for row in landed(made, tmp_path)] == ["3", "2", "4", "1"]
    assert [row["id"] for row in landed(made, tmp_path, "2026-01-02 10:00:00.5")] == ["3", "4", "1"]


def test_numbers_as_a_cursor_compare_as_numbers(tmp_path: Path, postgres: Postgres) -> None:
    rows = [[n] for n in (9, 10, 99, 100, 9007199254740993)]
    postgres.fill("counted", {"id": "bigint"}, rows)
    made = source("postgres", {**postgres.options, "table": "counted"}, cursor="id")
    assert [row["id"] for row in landed(made, since="99")] == ["99", "100", "9007199254740993"]
    postgres.run("alter table counted alter id type numeric")  # which is asked for as text, and sorted as a number
    assert [row["id"] for row in landed(made)] == ["9", "10", "99", "100", "9007199254740993"]
    sqlite_file(tmp_path, "create table counted (id)", "insert into counted values (9), (10), (99), (100)")
    loose = source("sqlite", {"path": "shop.sqlite", "table": "counted"}, cursor="id")
    assert [row["id"] for row in landed(loose, tmp_path, "99")] == ["99", "100"]


def test_text_without_an_order_is_no_cursor(postgres: Postgres) -> None:
    postgres.fill("words", {"id": "text"}, [["b"], ["a"]])
    said = refusal(source("postgres", {**postgres.options, "table": "words"}, cursor="id"))
    assert "The cursor 'id' is text" in said and "casts it" in said
    said = refusal(source("postgres", {**postgres.options, "table": "words"}, cursor="ids"))
    assert "no column 'ids' to be the cursor. Did you mean 'id'?" in said


def test_what_a_database_refuses_is_said_with_what_to_do_and_without_the_password(postgres: Postgres) -> None:
    postgres.fill("people", {"id": "int"}, [[1]])
    postgres.lock_out("stranger", "right")
    wrong = {
        **postgres.options,
        "user": "stranger",
        "password": Secret("${SHOP_PASSWORD}", "hunter2"),
        "table": "people",
    }
    said = refusal(source("postgres", wrong))
    assert (
        "password authentication failed" in said and "Look at `user` and `password`" in said and "hunter2" not in said
    )
    for options, words in (
        ({"table": "peopel"}, "PostgreSQL has no table peopel. Did you mean public.people?"),
        ({"query": "select nix from people"}, 'column "nix" does not exist'),
        ({"query": "delete from people"}, "syntax error"),
        ({"query": "select 1) as x; drop table people; --"}, "syntax error"),
        ({"query": "select 1 / (id - 1) as id from people"}, "division by zero"),
        ({"database": "nix", "table": "people"}, "Look at `database`"),
        ({"host": "127.0.0.1", "port": 1, "table": "people"}, "Look at `host` and `port`"),
    ):
        assert words in refusal(source("postgres", {**postgres.options, **options})), options
    assert len(landed(source("postgres", {**postgres.options, "table": "people"}))) == 1


def test_two_columns_of_one_name_are_refused_rather_than_one_lost(postgres: Postgres) -> None:
    made = source("postgres", {**postgres.options, "query": "select 1 as id, 2 as id"})
    assert "Two columns are named 'id'. Give one of them another name" in refusal(made)


@pytest.mark.parametrize(
    ("connector", "module", "extra"),
    [
        ("postgres", "adbc_driver_postgresql", "postgres"),
        ("mysql", "pymysql", "mysql"),
        ("duckdb", "adbc_driver_manager", "adbc"),
    ],
)
def test_a_driver_that_is_not_installed_is_named_with_how_to_get_it(
    connector: str, module: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / "shop.db").write_bytes(b"")
    where = {"path": "shop.db"} if connector == "duckdb" else {"database": "shop"}
    said = refusal(source(connector, {**where, "table": "people"}), tmp_path)
    assert f"is not installed. Install it: pip install 'kinfolk[{extra}]'" in said


def test_a_query_cannot_change_the_database(postgres: Postgres) -> None:
    postgres.run(
        "drop table if exists people",
        "create table people as select 1 as id",
        "create or replace function spoil() returns int language plpgsql as "
        "$$ begin delete from people; return 1; end $$",
    )
    assert "read-only" in refusal(source("postgres", {**postgres.options, "query": "select spoil() as id"}))


def test_mysql_says_what_it_refuses(mysql: Mysql) -> None:
    mysql.fill("people", {"id": "int"}, [[1]])
    for options, words in (
        ({"user": "stranger", "password": "hunter2", "table": "people"}, "Look at `user` and `password`"),
        ({"database": "nix", "table": "people"}, "Look at `database`"),
        ({"table": "peopel"}, "Did you mean people?"),
        ({"port": 1, "table": "people"}, "Look at `host` and `port`"),
        ({"query": "delete from people"}, "Look at `query`"),
        ({"tls": True, "table": "people"}, "Look at how the server is encrypted"),
    ):
        said = refusal(source("mysql", {**mysql.options, **options}))
        assert words in said and "hunter2" not in said, options


def test_a_connection_that_breaks_in_the_middle_leaves_nothing(postgres: Postgres) -> None:
    postgres.run(
        "drop table if exists large",
        "create table large as select i as id, repeat('x', 500) as t from generate_series(1, 300000) i",
    )
    made = source("postgres", {**postgres.options, "table": "large"})
    connector = CONNECTORS["postgres"]
    [part] = connector.parts(made, Path())
    whole = connector.open(made, part)[0]
    assert isinstance(whole, ArrowStream)

    def broken() -> Iterator[Any]:
        for number, batch in enumerate(whole.batches()):
            if number == 1:
                postgres.hang_up()
            yield batch

    connection = duckdb.connect()
    connection.execute("create schema incoming")
    with pytest.raises(SourceError, match=r"The connection broke; nothing of this load was taken in. Run again."):
        read(connection, ArrowStream(whole.columns, broken), "incoming.shop", part.name)
    assert connection.execute("select * from duckdb_tables()").fetchall() == []


def test_a_connection_to_mysql_that_breaks_in_the_middle_is_said(mysql: Mysql) -> None:
    mysql.run(
        "drop table if exists large",
        "create table large as with recursive n (id) as (select 1 union all select id + 1 from n where id < 999)"
        " select a.id * 1000 + b.id as id, repeat('x', 400) as t from n a, n b where a.id <= 150",
    )
    made = source("mysql", {**mysql.options, "table": "large"})
    connector = CONNECTORS["mysql"]
    [part] = connector.parts(made, Path())
    stream = connector.open(made, part)[0]
    assert isinstance(stream, ArrowStream)
    with pytest.raises(SourceError, match="The connection broke; nothing of this load was taken in"):
        for number, _ in enumerate(stream.batches()):
            if number == 0:
                mysql.hang_up("large")
    mysql.run("drop table large")


def test_what_is_no_database_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("no database\n" * 500)
    assert "file is not a database" in refusal(source("sqlite", {"path": "notes.db", "table": "t"}), tmp_path)
    assert "DuckDB says" in refusal(source("duckdb", {"path": "notes.db", "table": "t"}), tmp_path)
    said = refusal(source("sqlite", {"path": "note.db", "table": "t"}), tmp_path)
    assert "There is no database file note.db. There is notes.db." in said
    assert not (tmp_path / "note.db").exists()


def test_a_database_says_what_it_is_and_what_it_holds(postgres: Postgres, tmp_path: Path) -> None:
    postgres.run(
        "drop table if exists orders", "create table orders (shop int, no int, total numeric, primary key (no, shop))"
    )
    assert CONNECTORS["postgres"].ping(postgres.options, tmp_path).startswith("PostgreSQL 1")
    [found] = CONNECTORS["postgres"].discover({**postgres.options, "table": "orders"}, tmp_path)
    assert found.name == "public.orders" and found.key == ("no", "shop")
    assert found.columns == {"shop": "integer", "no": "integer", "total": "numeric"}
    assert found.options == {**postgres.options, "table": "public.orders"}
    sqlite_file(tmp_path, "create table people (id integer primary key, name text)")
    [found] = CONNECTORS["sqlite"].discover({"path": "shop.sqlite"}, tmp_path)
    assert (found.name, found.columns, found.key) == ("people", {"id": "INTEGER", "name": "TEXT"}, ("id",))
