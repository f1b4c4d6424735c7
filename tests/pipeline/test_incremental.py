"""Sources with a cursor: only what is new is read, and it replaces what was there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kinfolk.commands.run import run
from kinfolk.errors import ProjectError, SourceError
from kinfolk.model.run import RunOptions, RunRecord, RunStatus, StepRecord
from tests.company import Company
from tests.contracts import contract

PEOPLE = """
record_id: id
load: incremental
cursor: changed
people: {first_name: name, email: mail}
"""


class Notes:
    """Watches a run for what it notes."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def begin(self, title: str) -> None:
        """Not of interest."""

    def tell(self, words: str) -> None:
        """Not of interest."""

    def note(self, words: str) -> None:
        """Kept."""
        self.said.append(words)

    def done(self, record: StepRecord) -> None:
        """Not of interest."""


class Shop:
    """A company whose people are in a database that changes."""

    def __init__(self, folder: Path) -> None:
        self.company = Company(folder)
        self.company.identity("keys: [email]\n")
        self.source(PEOPLE)
        self.run_sql("create table people (id integer, name text, mail text, changed, gone text)")

    def source(self, yaml: str, what: str = "table: people") -> None:
        """sources/shop.yml."""
        self.company.write("sources/shop.yml", f"sqlite: {{path: shop.db, {what}}}\n{yaml}")

    def run_sql(self, statement: str, values: Iterable[Any] = ()) -> None:
        """Changes the database."""
        with closing(sqlite3.connect(self.company.folder / "shop.db")) as database:
            database.execute(statement, tuple(values))
            database.commit()

    def put(self, id: int, name: str, changed: Any, gone: str | None = None) -> None:
        """A person, new or changed."""
        self.run_sql("delete from people where id = ?", [id])
        values = [id, name, f"{id}@example.com", changed, gone]
        self.run_sql("insert into people values (?, ?, ?, ?, ?)", values)

    def run(self, full: bool = False) -> tuple[RunRecord, int, str]:
        """A run: what it did, rows it read, what it noted."""
        notes = Notes()
        record = run(self.company.folder, None, RunOptions(full=full), notes)
        read = sum(step.rows_in or 0 for step in record.steps if step.name.startswith("read."))
        return record, read, " ".join(notes.said)

    def names(self) -> list[str]:
        """First names of all customers."""
        return [name for (name,) in self.company.ask("select first_name from profiles.customers order by 1")]

    def cursor(self) -> str:
        """What the cursor has come to."""
        [(value,)] = self.company.ask("select arg_max(cursor, load_id) from landing.loads")
        return str(value)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Two people, loaded."""
    made = Shop(tmp_path)
    made.put(1, "Ada", "2026-01-01 10:00:00")
    made.put(2, "Ben", "2026-01-02 10:00:00")
    made.run()
    return made


def test_only_what_is_new_is_read_and_it_replaces_the_older_version(shop: Shop) -> None:
    shop.put(1, "Ada Maria", "2026-01-03 10:00:00")
    shop.put(3, "Cleo", "2026-01-04 10:00:00.5")
    record, read, notes = shop.run()
    assert (record.status, read, notes) == (RunStatus.PUBLISHED, 3, "")  # Ben, at the cursor itself, and the two
    assert shop.names() == ["Ada Maria", "Ben", "Cleo"]
    assert shop.cursor() == "2026-01-04 10:00:00.5"
    changes = shop.company.ask("select _record_id, _change from landing.shop order by _record_no")
    assert changes == [("1", "added"), ("2", "added"), ("1", "changed"), ("3", "added")]


def test_a_database_that_did_not_change_is_not_read(shop: Shop) -> None:
    before = shop.company.published()
    record, read, _ = shop.run()
    assert (record.status, read) == (RunStatus.UNCHANGED, 0)
    assert shop.company.published() == before


def test_a_server_is_always_asked_and_the_run_finds_that_nothing_changed(shop: Shop, postgres: Any) -> None:
    postgres.fill(
        "people",
        {"id": "int", "name": "text", "mail": "text", "changed": "timestamptz"},
        [[1, "Ada", "a@example.com", "2026-01-01"]],
    )
    where = "{" + ", ".join(f"{key}: {value}" for key, value in postgres.options.items()) + ", table: people}"
    shop.company.write("sources/shop.yml", f"postgres: {where}\n{PEOPLE}")
    shop.run()
    before = shop.company.ask("select * from landing.shop")
    record, read, _ = shop.run()
    assert (record.status, read) == (RunStatus.UNCHANGED, 1)
    assert shop.company.ask("select * from landing.shop") == before


def test_rows_as_late_as_the_window_are_found(shop: Shop) -> None:
    shop.source(PEOPLE + "late: 2 hours\n")
    shop.put(3, "Cleo", "2026-01-02 08:00:00")
    shop.put(4, "Dan", "2026-01-02 07:59:59")
    _, read, _ = shop.run()
    assert read == 2 and shop.names() == ["Ada", "Ben", "Cleo"]


def test_numbers_compare_as_numbers(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.put(1, "Ada", 9)
    shop.put(2, "Ben", 10)
    shop.run()
    assert shop.cursor() == "10"
    shop.put(3, "Cleo", 100)
    assert shop.run()[1] == 2
    shop.source(PEOPLE + "late: 91\n")
    shop.put(4, "Dan", 11)
    assert shop.run()[1] == 4 and shop.cursor() == "100"
    shop.source(PEOPLE + "late: 2 hours\n")
    shop.put(5, "Eve", 101)
    with pytest.raises(SourceError, match=r"holds numbers, to which `late` does not fit"):
        shop.run()


def test_a_row_that_says_it_was_deleted_deletes_its_record(shop: Shop) -> None:
    shop.source(PEOPLE + "deleted: gone\n")
    shop.put(1, "Ada", "2026-01-03", gone="2026-01-03 09:00:00")
    shop.put(2, "Ben", "2026-01-03", gone="false")
    shop.put(7, "Never", "2026-01-03", gone="1")
    shop.run()
    assert shop.names() == ["Ben"]
    changes = shop.company.ask("select _record_id, _change from landing.shop order by _record_no")
    assert changes[-2:] == [("2", "changed"), ("1", "deleted")]
    numbers = shop.company.ask("select count(*), count(distinct _record_no) from landing.shop")
    assert numbers == [(4, 4)]
    shop.put(1, "Ada again", "2026-01-04")
    shop.run()
    assert shop.names() == ["Ada again", "Ben"]


def test_rows_without_a_cursor_are_read_each_time_and_said(shop: Shop) -> None:
    shop.put(3, "Cleo", None)
    for _ in range(2):
        shop.put(4, f"Dan {_}", "2026-01-05")
        _, read, notes = shop.run()
        assert "1 rows of shop have no changed; they are read again by every run." in notes
    assert shop.names() == ["Ada", "Ben", "Cleo", "Dan 1"]


def test_a_clock_that_runs_ahead_hides_nothing(shop: Shop) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=3)
    shop.put(3, "Cleo", f"{tomorrow:%Y-%m-%d %H:%M:%S}")
    _, _, notes = shop.run()
    assert "1 rows of shop have a changed in the future" in notes and "a clock is wrong" in notes
    assert shop.cursor() == "2026-01-02 10:00:00"
    shop.put(4, "Dan", "2026-01-05")
    shop.run()
    assert shop.names() == ["Ada", "Ben", "Cleo", "Dan"]


def test_a_database_restored_to_an_earlier_state_is_noted_and_can_be_read_anew(shop: Shop) -> None:
    shop.run_sql("delete from people where id = 2")
    shop.put(3, "Cleo", "2026-01-01 12:00:00")
    _, read, notes = shop.run()
    assert read == 0 and "was 2026-01-02 10:00:00 and is less now" in notes and "--full" in notes
    shop.run(full=True)
    assert "Cleo" in shop.names()


def test_another_cursor_query_or_column_reads_everything_anew(shop: Shop) -> None:
    shop.source(PEOPLE, "query: select * from people where id > 0")
    assert shop.run()[1] == 2
    shop.source(PEOPLE.replace("changed", "id"), "query: select * from people where id > 0")
    assert shop.run()[1] == 2 and shop.cursor() == "2"


def test_a_cursor_whose_type_changed_is_refused_until_all_is_read_anew(shop: Shop) -> None:
    shop.run_sql("update people set changed = '3000'")
    with pytest.raises(SourceError, match="it had come to 2026-01-02 10:00:00, and now it holds 3000"):
        shop.run()
    assert shop.names() == ["Ada", "Ben"]
    shop.run_sql("update people set changed = 1000 + id")
    shop.run(full=True)
    assert shop.cursor() == "1002"


def test_a_cursor_that_is_neither_is_refused(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.put(1, "Ada", "yesterday")
    with pytest.raises(SourceError, match="'yesterday', which is neither a number nor a moment"):
        shop.run()


def test_a_lake_from_before_there_were_cursors_goes_on(shop: Shop) -> None:
    import duckdb

    from kinfolk.engine import lake

    connection = lake.connect(shop.company.folder / ".kinfolk", read_only=False)
    assert isinstance(connection, duckdb.DuckDBPyConnection)
    connection.execute("alter table lake.landing.loads drop column cursor")
    connection.close()
    shop.put(3, "Cleo", "2026-01-03")
    shop.run()
    assert shop.names() == ["Ada", "Ben", "Cleo"] and shop.cursor() == "2026-01-03"


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("record_id: id\nload: incremental\n", "needs a cursor to tell what is new"),
        ("load: incremental\ncursor: changed\n", "needs a `record_id`"),
        ("record_id: id\ncursor: changed\n", "`cursor` goes with `load: incremental` only"),
        ("record_id: id\nload: incremental\ncursor: changed\nlate: soon\n", "`late` cannot be read"),
    ],
)
def test_mistakes_about_cursors_are_named(shop: Shop, yaml: str, said: str) -> None:
    shop.source(yaml + "people: {email: mail}\n")
    with pytest.raises(ProjectError, match=said):
        shop.run()


def test_files_are_not_asked_for_what_is_new(shop: Shop) -> None:
    shop.company.write("sources/shop.yml", f"file: people.csv\n{PEOPLE}")
    with pytest.raises(ProjectError, match="`file` cannot be asked for what is new"):
        shop.run()


def test_a_row_that_only_says_its_record_is_gone_need_not_keep_a_contract(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.source(PEOPLE + "deleted: gone\n")
    columns = "- {name: id}\n- {name: name, required: true}\n- {name: mail}\n- {name: changed}\n- {name: gone}"
    contract(shop.company, "shop", columns)
    for number, name in ((1, "Ada"), (2, "Bea"), (3, "")):
        shop.put(number, name, number)
    shop.company.run()
    shop.put(1, "", 4, gone="yes")
    shop.put(2, "", 5)
    shop.company.run()
    assert shop.company.ask("select record_id, first_name from staging.records") == [("2", "Bea")]
    assert shop.company.ask("select record_id from quarantine.open order by 1") == [("2",), ("3",)]
