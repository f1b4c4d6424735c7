"""The ledger of consents: whatever is done to a row behind its back is found; forgetting somebody breaks nothing."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, inspect

from kinfolk.model.consent import Choice, Saying, Subject
from kinfolk.store.database import open_store
from kinfolk.store.read import consents as ledger
from kinfolk.store.schema import metadata
from kinfolk.store.write.consents import append, forget, take_over

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEDGER = [column.name for column in metadata.tables["consent_ledger"].columns]
NAMED = [column.name for column in metadata.tables["consent_subjects"].columns]


def said(number: int, choice: Choice = Choice.GRANTED) -> Saying:
    """Something somebody said, with a value in every column."""
    subject = Subject("record", f"r{number}", "shop") if number % 2 else Subject("email", f"p{number}@example.com")
    return Saying(
        subject, "newsletter", choice, NOON - timedelta(days=9, microseconds=number), NOON + timedelta(days=900),
        "2026-01", "email", "news", "web form", "https://shop.example/join", "Ines", f"ticked box {number}",
    )  # fmt: skip


def filled(folder: Path, rows: int = 6) -> Engine:
    engine = open_store(folder)
    append(engine, [[said(number) for number in range(rows)]], NOON)
    return engine


def behind_its_back(folder: Path, *statements: str) -> None:
    """Writes into the file as somebody with an editor would."""
    with closing(sqlite3.connect(folder / "control.sqlite", isolation_level=None)) as connection:
        connection.execute("pragma ignore_check_constraints = on")
        for statement in statements:
            connection.execute(statement)


def test_what_was_written_is_read_and_verifies(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    more = append(engine, [[said(7)], [said(8), said(9)]], NOON + timedelta(hours=1))
    assert [(entry.seq, entry.part_of) for entry in more] == [(7, 7), (8, 8), (9, 8)]
    assert [entry.saying for entry in ledger.entries(engine)] == [said(n) for n in (*range(6), 7, 8, 9)]
    assert [entry.seq for entry in ledger.entries(engine, NOON)] == [1, 2, 3, 4, 5, 6]
    found = ledger.verify(engine)
    assert (found.entries, found.opened, found.erased, found.problems) == (9, 9, 0, ())
    assert found.chain == more[-1].chain == ledger.head(engine).chain


def test_rows_are_found_by_whom_they_are_about(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    append(engine, [[said(1, Choice.WITHDRAWN)]], NOON + timedelta(days=1))
    same_value = Subject("phone", "r1")
    assert [e.seq for e in ledger.entries_of(engine, [Subject("record", "r1", "shop"), same_value])] == [2, 7]
    assert [e.seq for e in ledger.entries_of(engine, [Subject("record", "r1", "shop")], NOON)] == [2]
    assert ledger.entries_of(engine, [Subject("record", "r1", "crm")]) == []


def test_an_empty_ledger_verifies(tmp_path: Path) -> None:
    found = ledger.verify(open_store(tmp_path))
    assert (found.entries, found.problems) == (0, ())


OTHER = {"seq": "99", "part_of": "99", "recorded_at": "'2020-01-01 00:00:00.000000'"}
OTHER |= dict.fromkeys(("effective_at", "expires_at"), "'2020-01-01 00:00:00.000000'")


@pytest.mark.parametrize("row", [1, 4, 6])
@pytest.mark.parametrize("column", LEDGER)
def test_a_changed_value_is_found_whichever_row_and_column(tmp_path: Path, row: int, column: str) -> None:
    engine = filled(tmp_path)
    value = "'withdrawn'" if column == "choice" else OTHER.get(column, "'other'")
    behind_its_back(tmp_path, f"update consent_ledger set {column} = {value} where seq = {row}")
    assert ledger.verify(engine).problems


@pytest.mark.parametrize("column", [name for name in NAMED if name != "seq"])
def test_a_row_made_to_be_about_somebody_else_is_found(tmp_path: Path, column: str) -> None:
    engine = filled(tmp_path)
    behind_its_back(tmp_path, f"update consent_subjects set {column} = 'other' where seq = 2")
    assert ledger.verify(engine).problems == ("Row 2 was written about somebody else, or with another proof.",)


@pytest.mark.parametrize("row", range(1, 7))
def test_a_dropped_row_is_found_the_last_one_too(tmp_path: Path, row: int) -> None:
    engine = filled(tmp_path)
    dropped = [f"delete from {table} where seq = {row}" for table in ("consent_ledger", "consent_subjects")]
    behind_its_back(tmp_path, *dropped)
    assert ledger.verify(engine).problems


@pytest.mark.parametrize("row", range(1, 7))
def test_rows_dropped_and_numbered_anew_are_found(tmp_path: Path, row: int) -> None:
    engine = filled(tmp_path)
    for table in ("consent_ledger", "consent_subjects"):
        behind_its_back(
            tmp_path, f"delete from {table} where seq = {row}",
            *(f"update {table} set seq = {later - 1} where seq = {later}" for later in range(row + 1, 7)),
        )  # fmt: skip
    assert ledger.verify(engine).problems


@pytest.mark.parametrize(("first", "second"), [(a, b) for a in range(1, 7) for b in range(a + 1, 7)])
def test_two_rows_in_each_others_place_are_found(tmp_path: Path, first: int, second: int) -> None:
    engine = filled(tmp_path)
    for table in ("consent_ledger", "consent_subjects"):
        behind_its_back(
            tmp_path,
            f"update {table} set seq = -1 where seq = {first}",
            f"update {table} set seq = {first} where seq = {second}",
            f"update {table} set seq = {second} where seq = -1",
        )
    assert ledger.verify(engine).problems


def test_a_row_put_in_is_found(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    copied = ", ".join("7" if name == "seq" else name for name in LEDGER)
    behind_its_back(tmp_path, f"insert into consent_ledger select {copied} from consent_ledger where seq = 6")
    assert ledger.verify(engine).problems


def test_whom_a_row_that_is_not_there_names_is_found(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    behind_its_back(tmp_path, "insert into consent_subjects values (9, 'email', null, 'a@example.com', null, 'x')")
    assert ledger.verify(engine).problems == ("Somebody is named for a row that is not there.",)


@given(st.sets(st.integers(1, 6)))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_forgetting_anybody_leaves_a_ledger_that_verifies(
    tmp_path_factory: pytest.TempPathFactory, forgotten: set[int]
) -> None:
    engine = filled(tmp_path_factory.mktemp("ledger"))
    forget(engine, forgotten)
    append(engine, [[said(7)]])
    found = ledger.verify(engine)
    assert (found.entries, found.erased, found.problems) == (7, len(forgotten), ())
    assert {entry.seq for entry in ledger.entries(engine) if entry.erased} == forgotten
    assert all(entry.saying.proof is None for entry in ledger.entries(engine) if entry.erased)


def test_two_equal_rows_have_commitments_that_do_not_show_it(tmp_path: Path) -> None:
    engine = open_store(tmp_path)
    one, other = append(engine, [[said(1)], [said(1)]])
    assert one.commitment != other.commitment


def test_several_who_write_at_once_make_one_chain(tmp_path: Path) -> None:
    open_store(tmp_path)

    def write(number: int) -> bool:
        engine = open_store(tmp_path)
        append(engine, [[said(number)], [said(number + 1), said(number + 2)]])
        return not ledger.verify(engine).problems  # also while others write

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(write, range(24)))
    found = ledger.verify(open_store(tmp_path))
    assert (found.entries, found.problems) == (72, ())


def test_a_ledger_from_a_backup_takes_over_what_came_since_and_forgets_what_was_forgotten(tmp_path: Path) -> None:
    present, backup = filled(tmp_path / "present"), open_store(tmp_path / "backup")
    assert take_over(backup, present)  # from nothing, as a copy
    append(present, [[said(7, Choice.WITHDRAWN)]], NOON + timedelta(days=1))
    forget(present, [2])
    assert take_over(backup, present)
    assert list(ledger.entries(backup)) == list(ledger.entries(present))
    assert ledger.verify(backup).problems == ()


def test_a_ledger_that_went_another_way_is_left_alone(tmp_path: Path) -> None:
    present, backup = filled(tmp_path / "present"), filled(tmp_path / "backup")
    before = list(ledger.entries(backup))
    assert not take_over(backup, present)
    assert list(ledger.entries(backup)) == before


def test_a_migrated_file_has_the_tables_that_the_code_speaks_of(tmp_path: Path) -> None:
    known = inspect(open_store(tmp_path))
    for name in ("consent_ledger", "consent_subjects", "consent_head"):
        assert [column["name"] for column in known.get_columns(name)] == list(metadata.tables[name].columns.keys())
    assert [index["name"] for index in known.get_indexes("consent_subjects")] == ["consent_subjects_by_value"]
