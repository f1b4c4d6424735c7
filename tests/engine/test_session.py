"""A writer's session: steps build tables that nobody sees until all of them are published at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from kinfolk.engine import lake
from kinfolk.engine.duckdb import Session
from kinfolk.engine.reader import reading
from kinfolk.engine.sql import query, rows, table
from kinfolk.engine.step import Compute, Publish, Query
from kinfolk.errors import EngineError, NotFoundError


def step(table: str, values: list[tuple[Any, ...]], publish: Publish = Publish.REPLACE, /, **columns: str) -> Query:
    """A step that writes these rows; columns: name=type, by default one number n."""
    return Query(table, rows(columns or {"n": "integer"}, values), f"Writing {table}", publish)


def publish(state: Path, *steps: Query | Compute) -> None:
    with Session.open(state) as session:
        for each in steps:
            session.run(each)
        session.publish()


def published(state: Path, name: str) -> list[tuple[Any, ...]]:
    with reading(state) as reader:
        return reader.read(query("select * from asked order by all", asked=table(name))).rows


def test_nothing_is_seen_before_it_is_published(tmp_path: Path) -> None:
    publish(tmp_path, step("sales.orders", [(1,)]))
    with Session.open(tmp_path) as session:
        session.run(step("sales.orders", [(2,)]))
        assert published(tmp_path, "sales.orders") == [(1,)]
        assert session.fetch(query("select n from orders", orders=table("sales.orders"))) == [(2,)]
        session.publish()
    assert published(tmp_path, "sales.orders") == [(2,)]


def test_when_one_table_cannot_be_published_none_is(tmp_path: Path) -> None:
    publish(tmp_path, step("sales.orders", [(1,)]), step("sales.events", [(1,)]))
    with Session.open(tmp_path) as session:
        session.run(step("sales.orders", [(2,)]))
        session.run(step("sales.visits", [(2,)]))
        session.run(step("sales.events", [("not a number",)], Publish.APPEND, n="varchar"))
        with pytest.raises(EngineError, match="could not be published") as raised:
            session.publish()
        assert "What was published before is untouched" in str(raised.value)
    assert published(tmp_path, "sales.orders") == [(1,)]
    assert published(tmp_path, "sales.events") == [(1,)]
    with reading(tmp_path) as reader:
        assert not reader.present("sales.visits")


def test_a_lake_that_was_stopped_while_it_was_made_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "catalog.new").write_bytes(b"half of a catalogue")
    (tmp_path / "lake" / "catalog.new-wal").write_bytes(b"and of its log")
    publish(tmp_path, step("sales.orders", [(1,)]))
    assert published(tmp_path, "sales.orders") == [(1,)]
    assert not list((tmp_path / "lake").glob("catalog.new*"))


def test_a_lake_stands_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        publish(tmp_path, step("sales.orders", [(1,)]))
    assert not lake.exists(tmp_path)


def test_a_session_can_write_after_one_that_failed(tmp_path: Path) -> None:
    publish(tmp_path, step("sales.events", [(1,)]))
    with pytest.raises(EngineError):
        publish(tmp_path, step("sales.events", [("x",)], Publish.APPEND, n="varchar"))
    publish(tmp_path, step("sales.events", [(2,)], Publish.APPEND))
    assert published(tmp_path, "sales.events") == [(1,), (2,)]


def test_appended_rows_bring_new_columns_and_may_lack_old_ones(tmp_path: Path) -> None:
    publish(tmp_path, step("landing.crm", [(1, "Ada")], Publish.APPEND, id="integer", name="varchar"))
    publish(tmp_path, step("landing.crm", [("red", 2)], Publish.APPEND, **{"fav. colour": "varchar", "ID": "integer"}))
    with reading(tmp_path) as reader:
        found = reader.read(query("select * from crm order by id", crm=table("landing.crm")))
    assert found.columns == ("id", "name", "fav. colour")
    assert found.rows == [(1, "Ada", None), (2, None, "red")]


def test_work_of_the_run_is_not_published(tmp_path: Path) -> None:
    publish(tmp_path, step("work.half", [(1,)], Publish.NO), step("sales.orders", [(1,)]))
    with reading(tmp_path) as reader:
        assert set(reader.published) == {"sales.orders"}


def test_a_published_view_reads_the_published_tables_anew(tmp_path: Path) -> None:
    tree = query("select sum(n) as total from orders", orders=table("sales.orders"))
    view = Query("sales.totals", tree, "Totals", Publish.VIEW)
    publish(tmp_path, step("sales.orders", [(1,), (2,)]), view)
    assert published(tmp_path, "sales.totals") == [(3,)]
    publish(tmp_path, step("sales.orders", [(10,)]))
    assert published(tmp_path, "sales.totals") == [(10,)]


def test_a_later_session_reads_what_an_earlier_one_published(tmp_path: Path) -> None:
    publish(tmp_path, step("sales.orders", [(1,), (2,)]))
    with Session.open(tmp_path) as session:
        assert (session.present("sales.orders"), session.present("sales.visits")) == (True, False)
        assert (session.columns("sales.orders"), session.count("sales.orders")) == (("n",), 2)


def test_a_computation_receives_arrow_and_its_tables_are_published(tmp_path: Path) -> None:
    told: list[str] = []

    def doubled(inputs: Any, tell: Any) -> dict[str, pa.Table]:
        tell("doubling")
        return {"sales.doubled": pa.table({"n": [2 * n for n in inputs["orders"]["n"].to_pylist()]})}

    orders = query("select n from orders order by n", orders=table("sales.orders"))
    compute = Compute({"orders": orders}, {"sales.doubled": Publish.REPLACE}, "Doubling", doubled)
    with Session.open(tmp_path) as session:
        session.run(step("sales.orders", [(1,), (2,)]))
        result = session.run(compute, told.append)
        session.publish()
    assert (result.rows_in, result.rows_out, told) == (2, 2, ["doubling"])
    assert published(tmp_path, "sales.doubled") == [(2,), (4,)]


def test_a_computation_writes_the_tables_it_promised(tmp_path: Path) -> None:
    broken = Compute({}, {"sales.doubled": Publish.REPLACE}, "Doubling", lambda inputs, tell: {})
    with Session.open(tmp_path) as session, pytest.raises(EngineError, match=r"Doubling wrote \[\] where \['sales\."):
        session.run(broken)


def test_a_step_that_fails_is_named(tmp_path: Path) -> None:
    tree = query("select * from missing", missing=table("sales.missing"))
    with Session.open(tmp_path) as session, pytest.raises(EngineError, match="Counting orders failed: .*missing"):
        session.run(Query("sales.count", tree, "Counting orders"))


def test_any_name_is_a_name(tmp_path: Path) -> None:
    name = 'sales "x";.drop table "lake"; --'
    publish(tmp_path, step(name, [(1,)], **{'n"; --': "integer"}))
    publish(tmp_path, step(name, [(2,)], Publish.APPEND, **{'n"; --': "integer"}))
    assert published(tmp_path, name) == [(1,), (2,)]


def test_there_is_nothing_to_read_before_the_first_publication(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="Nothing has been published"), reading(tmp_path):
        pytest.fail("There was something.")
    with Session.open(tmp_path) as session:
        session.run(step("sales.orders", [(1,)]))
    with pytest.raises(NotFoundError, match="Nothing has been published"), reading(tmp_path):
        pytest.fail("There was something.")
