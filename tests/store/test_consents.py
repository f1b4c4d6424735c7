"""The ledger of consents: whatever is done to a row behind its back is found; forgetting somebody breaks nothing."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, inspect

from kinfolk.model.consent import Choice, Saying, Subject
from kinfolk.store.database import open_store
from kinfolk.store.read import consents as ledger
from kinfolk.store.read.verification import verify
from kinfolk.store.schema import metadata
from kinfolk.store.write.consents import append, forget

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD = """
create table alembic_version (version_num varchar(32) primary key);
insert into alembic_version values ('0006');
create table runs (run_id integer primary key);
create table consent_ledger (seq integer primary key, part_of integer not null, recorded_at datetime not null,
    purpose varchar not null, choice varchar(16) not null, effective_at datetime not null, expires_at datetime,
    policy_version varchar, channel varchar, topic varchar, collection_method varchar, collected_at varchar,
    recorded_by varchar, commitment varchar(64) not null, chain varchar(64) not null);
create table consent_subjects (seq integer primary key, kind varchar not null, source varchar, value varchar not null,
    proof text, salt varchar(64) not null);
create index consent_subjects_by_value on consent_subjects (value);
create table consent_head ("only" integer primary key, entries integer not null, chain varchar(64) not null);
insert into consent_ledger values (1, 1, '2026-03-01 12:00:00.000000', 'news', 'granted', '2026-02-01 00:00:00.000000',
    null, 'first', null, null, 'web form', 'https://shop.example', 'Ines', 'aa', 'bb');
insert into consent_ledger values (2, 2, '2026-03-02 12:00:00.000000', 'news', 'withdrawn',
    '2026-03-02 00:00:00.000001', null, 'first', 'email', null, null, null, null, 'cc', 'dd');
insert into consent_subjects values (1, 'email', null, 'a@example.com', 'box 7', 'salt');
insert into consent_head values (1, 2, 'dd');
"""
LEDGER = [column.name for column in metadata.tables["consent_ledger"].columns]
NAMED = [column.name for column in metadata.tables["consent_subjects"].columns]


def said(number: int, choice: Choice = Choice.GRANTED) -> Saying:
    """Something somebody said, with a value in every column."""
    subject = Subject("record", f"r{number}", "shop") if number % 2 else Subject("email", f"p{number}@example.com")
    return Saying(
        subject, "newsletter", choice, NOON - timedelta(days=9, microseconds=number), NOON + timedelta(days=900),
        "2026-01", "email", "news", "web form", "https://shop.example/join", "Ines", f"ticked box {number}",
        "ab" * 32, NOON - timedelta(days=8), number % 3 == 0,
    )  # fmt: skip


def filled(folder: Path, rows: int = 6) -> Engine:
    engine = open_store(folder)
    append(engine, [[said(number) for number in range(rows)]])
    return engine


def behind_its_back(folder: Path, *statements: str) -> None:
    """Writes into the file as somebody with an editor would."""
    with closing(sqlite3.connect(folder / "control.sqlite", isolation_level=None)) as connection:
        connection.execute("pragma ignore_check_constraints = on")
        for statement in statements:
            connection.execute(statement)


def asked(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    """What is in the file, as it is there."""
    with closing(sqlite3.connect(folder / "control.sqlite")) as connection:
        return connection.execute(statement).fetchall()


def test_what_was_written_is_read_and_verifies(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    first = ledger.entries(engine)
    then = max(entry.recorded_at for entry in first)
    more = append(engine, [[said(7)], [said(8), said(9)]])
    assert [(entry.seq, entry.part_of) for entry in more] == [(7, 7), (8, 8), (9, 8)]
    assert [entry.saying for entry in ledger.entries(engine)] == [said(n) for n in (*range(6), 7, 8, 9)]
    assert [entry.seq for entry in ledger.entries(engine, then)] == [1, 2, 3, 4, 5, 6]
    found = verify(engine)
    assert (found.entries, found.opened, found.erased, found.problems) == (9, 9, 0, ())
    assert found.chain == more[-1].chain == ledger.head(engine).chain


def test_rows_are_found_by_whom_they_are_about(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    then = datetime.now(UTC)
    append(engine, [[said(1, Choice.WITHDRAWN)]])
    same_value = Subject("phone", "r1")
    assert [e.seq for e in ledger.entries_of(engine, [Subject("record", "r1", "shop"), same_value])] == [2, 7]
    assert [e.seq for e in ledger.entries_of(engine, [Subject("record", "r1", "shop")], then)] == [2]
    assert ledger.entries_of(engine, [Subject("record", "r1", "crm")]) == []


def test_an_empty_ledger_verifies(tmp_path: Path) -> None:
    found = verify(open_store(tmp_path))
    assert (found.entries, found.problems) == (0, ())


OTHER = {"seq": "99", "part_of": "99", "recorded_at": "'2020-01-01 00:00:00.000000'"}
OTHER["carried"] = "not carried"
OTHER |= dict.fromkeys(("effective_at", "ranks_at", "expires_at"), "'2020-01-01 00:00:00.000000'")


@pytest.mark.parametrize("row", [1, 4, 6])
@pytest.mark.parametrize("column", LEDGER)
def test_a_changed_value_is_found_whichever_row_and_column(tmp_path: Path, row: int, column: str) -> None:
    engine = filled(tmp_path)
    value = "'withdrawn'" if column == "choice" else OTHER.get(column, "'other'")
    behind_its_back(tmp_path, f"update consent_ledger set {column} = {value} where seq = {row}")
    assert verify(engine).problems


@pytest.mark.parametrize("table", ["consent_ledger", "consent_erasures"])
def test_a_moment_in_other_characters_is_found_for_it_is_found_at_another_time(tmp_path: Path, table: str) -> None:
    engine = filled(tmp_path)
    forget(engine, [2])
    for column in [column.name for column in metadata.tables[table].columns if column.name.endswith("_at")]:
        [[written]] = asked(tmp_path, f"select {column} from {table} order by seq desc limit 1")
        other = written.replace("-", "").replace(" ", "T")
        change = f"update {table} set {column} = '%s' where {column} = '%s'"
        behind_its_back(tmp_path, change % (other, written))
        assert any("holds a moment that is written as none is" in problem for problem in verify(engine).problems)
        behind_its_back(tmp_path, change % (written, other))
        assert verify(engine).problems == ()


def test_a_row_is_recorded_when_it_is_written_and_not_before_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, asked_at = open_store(tmp_path), datetime.now(UTC)
    [first] = append(engine, [[said(1)]], asked_at - timedelta(minutes=5))  # it waited for its turn to be written
    assert first.recorded_at > asked_at

    class Behind:
        """A clock that somebody set back."""

        @staticmethod
        def now(_zone: tzinfo) -> datetime:
            return asked_at - timedelta(hours=1)

    monkeypatch.setattr("kinfolk.store.write.consents.datetime", Behind)
    [second] = append(engine, [[said(2)]])
    assert second.recorded_at == first.recorded_at
    behind_its_back(tmp_path, "update consent_ledger set recorded_at = 'soon'")
    [third] = append(engine, [[said(3)]])
    assert third.seq == 3


@pytest.mark.parametrize("value", ["'soon'", "7", "x'00ff'", "1e300"])
@pytest.mark.parametrize("column", [name for name in LEDGER if name not in ("seq", "carried")])
def test_a_value_of_a_type_no_row_has_is_a_problem_like_any_other(tmp_path: Path, column: str, value: str) -> None:
    engine = filled(tmp_path)
    behind_its_back(tmp_path, f"update consent_ledger set {column} = {value} where seq = 3")
    found = verify(engine)
    assert any("Row 3 " in problem for problem in found.problems)
    assert found.last == 6


@pytest.mark.parametrize("value", ["'soon'", "x'00ff'"])
@pytest.mark.parametrize(
    ("table", "column"),
    [("consent_erasures", "rows"), ("consent_erasures", "erased_at"), ("consent_head", "entries"),
     ("consent_head", "chain"), ("consent_subjects", "value"), ("consent_subjects", "salt")],
)  # fmt: skip
def test_so_it_is_in_the_tables_beside_the_ledger(tmp_path: Path, table: str, column: str, value: str) -> None:
    engine = filled(tmp_path)
    forget(engine, [2])
    behind_its_back(tmp_path, f"update {table} set {column} = {value}")
    assert verify(engine).problems


@pytest.mark.parametrize("column", [name for name in NAMED if name != "seq"])
def test_a_row_made_to_be_about_somebody_else_is_found(tmp_path: Path, column: str) -> None:
    engine = filled(tmp_path)
    behind_its_back(tmp_path, f"update consent_subjects set {column} = 'other' where seq = 2")
    assert verify(engine).problems == ("Row 2 was written about somebody else, or with another proof.",)


@pytest.mark.parametrize("row", range(1, 7))
def test_a_dropped_row_is_found_the_last_one_too(tmp_path: Path, row: int) -> None:
    engine = filled(tmp_path)
    dropped = [f"delete from {table} where seq = {row}" for table in ("consent_ledger", "consent_subjects")]
    behind_its_back(tmp_path, *dropped)
    assert verify(engine).problems


@pytest.mark.parametrize("row", range(1, 7))
def test_rows_dropped_and_numbered_anew_are_found(tmp_path: Path, row: int) -> None:
    engine = filled(tmp_path)
    for table in ("consent_ledger", "consent_subjects"):
        behind_its_back(
            tmp_path, f"delete from {table} where seq = {row}",
            *(f"update {table} set seq = {later - 1} where seq = {later}" for later in range(row + 1, 7)),
        )  # fmt: skip
    assert verify(engine).problems


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
    assert verify(engine).problems


def test_a_row_put_in_is_found(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    copied = ", ".join("7" if name == "seq" else name for name in LEDGER)
    behind_its_back(tmp_path, f"insert into consent_ledger select {copied} from consent_ledger where seq = 6")
    assert verify(engine).problems


def test_whom_a_row_that_is_not_there_names_is_found(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    behind_its_back(
        tmp_path, "insert into consent_subjects (seq, kind, value, salt) values (9, 'email', 'a@example.com', 'x')"
    )
    assert verify(engine).problems == ("Somebody is named for a row that is not there.",)


@given(st.sets(st.integers(1, 6)))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_forgetting_anybody_leaves_a_ledger_that_verifies(
    tmp_path_factory: pytest.TempPathFactory, forgotten: set[int]
) -> None:
    engine = filled(tmp_path_factory.mktemp("ledger"))
    assert forget(engine, forgotten, "Ines", "asked to") == len(forgotten)
    assert forget(engine, forgotten) == 0  # and nothing is written of it
    append(engine, [[said(7)]])
    found = verify(engine)
    assert (found.entries, found.erased, found.problems) == (7, len(forgotten), ())
    assert found.last == ledger.head(engine).entries == (8 if forgotten else 7)
    gone = [entry for entry in ledger.entries(engine) if entry.erased]
    assert {entry.seq for entry in gone} == forgotten
    for said_of in (entry.saying for entry in gone):
        assert (said_of.proof, said_of.collected_at, said_of.recorded_by) == (None, None, None)


def test_whom_a_row_is_about_deleted_by_hand_is_found_though_erasures_are_not(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    forget(engine, [2])
    behind_its_back(tmp_path, "delete from consent_subjects where seq = 4")
    assert verify(engine).problems == ("Row 4 names nobody, and no erasure of it was written down.",)


@pytest.mark.parametrize(
    ("column", "value"), [("rows", "'[2, 4]'"), ("erased_by", "'Bo'"), ("reason", "null"), ("seq", "8")]
)
def test_an_erasure_is_chained_as_every_row(tmp_path: Path, column: str, value: str) -> None:
    engine = filled(tmp_path)
    forget(engine, [2], "Ines", "asked to")
    behind_its_back(tmp_path, f"update consent_erasures set {column} = {value}")
    assert verify(engine).problems


def test_an_erasure_that_is_taken_away_is_missed(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    forget(engine, [2], "Ines", "asked to")
    behind_its_back(tmp_path, "delete from consent_erasures")
    assert len(verify(engine).problems) == 2


def test_somebody_erased_who_is_named_again_is_found(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    behind_its_back(tmp_path, "create table kept as select * from consent_subjects where seq = 2")
    forget(engine, [2])
    behind_its_back(tmp_path, "insert into consent_subjects select * from kept")
    assert verify(engine).problems == ("Row 2 was erased, and names somebody.",)


def test_a_tail_cut_off_with_the_head_set_back_is_found_by_a_link_that_was_kept(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    links = {entry.seq: entry.chain for entry in ledger.entries(engine)}
    cut = [f"delete from {table} where seq > 4" for table in ("consent_ledger", "consent_subjects")]
    behind_its_back(tmp_path, *cut, f"update consent_head set entries = 4, chain = '{links[4]}'")
    assert verify(engine, {4: links[4], 2: links[2][:12]}).problems == ()
    [problem] = verify(engine, {6: links[6]}).problems
    assert problem == f"Row 6, whose link was kept ({links[6][:12]}…), is missing."
    append(engine, [[said(7), said(8)]])
    [problem] = verify(engine, {6: links[6]}).problems
    assert problem == f"Row 6 is not the one whose link was kept ({links[6][:12]}…)."


def test_two_equal_rows_have_commitments_that_do_not_show_it(tmp_path: Path) -> None:
    engine = open_store(tmp_path)
    one, other = append(engine, [[said(1)], [said(1)]])
    assert one.commitment != other.commitment


def test_several_who_write_at_once_make_one_chain(tmp_path: Path) -> None:
    open_store(tmp_path)

    def write(number: int) -> bool:
        engine = open_store(tmp_path)
        append(engine, [[said(number)], [said(number + 1), said(number + 2)]])
        return not verify(engine).problems  # also while others write

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(write, range(24)))
    found = verify(open_store(tmp_path))
    assert (found.entries, found.problems) == (72, ())


def test_who_was_erased_before_stays_erased_and_keeps_the_commitment(tmp_path: Path) -> None:
    engine = open_store(tmp_path)
    [entry] = append(engine, [[replace(said(1), subject=Subject.erased("ef" * 32))]])
    assert (entry.commitment, entry.erased) == ("ef" * 32, True)
    found = verify(engine)
    assert (found.entries, found.erased, found.problems) == (1, 1, ())
    assert ledger.erased_already(engine, ["ef" * 32, "aa" * 32]) == {"ef" * 32}


def test_a_ledger_of_the_form_before_erasures_had_rows_is_brought_over(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "control.sqlite")) as connection:
        connection.executescript(OLD)
    engine = open_store(tmp_path)
    found = verify(engine)
    assert (found.entries, found.opened, found.erased, found.last, found.problems) == (2, 1, 1, 3, ())
    [first, second] = ledger.entries(engine)
    assert (first.saying.collection_method, first.saying.proof) == ("web form", "box 7")
    assert (second.saying.choice, second.erased) == (Choice.WITHDRAWN, True)


def test_a_migrated_file_has_the_tables_that_the_code_speaks_of(tmp_path: Path) -> None:
    known = inspect(open_store(tmp_path))
    for name in ("consent_ledger", "consent_subjects", "consent_erasures", "consent_head"):
        assert [column["name"] for column in known.get_columns(name)] == list(metadata.tables[name].columns.keys())
    assert [index["name"] for index in known.get_indexes("consent_subjects")] == ["consent_subjects_by_value"]
