"""Retention: states expire as the project says, the last two never; what is kept is read as before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from kinfolk.commands.doctor import doctor
from kinfolk.commands.history import history
from kinfolk.commands.open_project import open_project
from kinfolk.commands.query import query
from kinfolk.commands.rollback import rollback
from kinfolk.commands.status import status
from kinfolk.engine import upkeep
from kinfolk.engine.duckdb import Session
from kinfolk.engine.inspection import known_files
from kinfolk.engine.lake import newest_snapshot
from kinfolk.errors import NotFoundError, ProjectError
from kinfolk.model.history import Label, State
from kinfolk.pipeline import retention
from kinfolk.pipeline.retention import expired, thinned
from tests.company import Company

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def states(*days_ago: int) -> list[State]:
    return [State(Label(n, "f"), n, NOW - timedelta(days=ago)) for n, ago in enumerate(days_ago, start=1)]


@pytest.mark.parametrize(
    ("days_ago", "gone"),
    [
        ((), []),
        ((900,), []),
        ((900, 800), []),
        ((900, 800, 1), [1]),
        ((900, 31, 29, 1), [1]),  # the second was read until 29 days ago
        ((900, 32, 31, 2, 1), [1, 2]),
        ((5, 4, 3, 2, 1), []),
    ],
)
def test_a_state_expires_when_it_was_replaced_too_long_ago_and_two_never_do(
    days_ago: tuple[int, ...], gone: list[int]
) -> None:
    assert [state.run_id for state in expired(states(*days_ago), NOW - timedelta(days=30))] == gone


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.write("kinfolk.yml", "name: Test\ntime_zone: UTC\nhistory: 0 days\n")
    made.source("crm", "record_id: id\npeople: {first_name: name, email: mail}\n")
    made.identity("keys: [email]\n")
    return made


def run_with(company: Company, people: int) -> None:
    company.csv("crm", [{"id": n, "name": f"N{n}", "mail": f"n{n}@example.com"} for n in range(people)])
    company.run()


def customers(company: Company, as_of: str) -> int:
    [(count,)] = query(company.folder, "select count(*) from profiles.customers", as_of=as_of).rows
    return int(count)


def test_an_expired_state_is_said_to_be_gone_and_the_others_are_read_as_before(company: Company) -> None:
    for people in (3, 4, 5, 6):
        run_with(company, people)
    assert [(s.run_id, s.gone) for s in history(company.folder)] == [
        (4, None),
        (3, None),
        (2, "it is older than 0 days (`history`)"),
        (1, "it is older than 0 days (`history`)"),
    ]
    assert (customers(company, "run:3"), customers(company, "run:4")) == (5, 6)
    with pytest.raises(NotFoundError, match="run 2 published is gone: it is older than 0 days"):
        customers(company, "run:2")
    assert doctor(company.folder) == []


def test_files_only_expired_states_needed_stay_for_a_day_and_go_then(company: Company) -> None:
    for people in (3, 4, 5):
        run_with(company, people)
    project = open_project(company.folder)
    with Session.open(project.state) as session:
        files = len(list((project.state / "lake" / "data").rglob("*.parquet")))
        assert upkeep.delete_unused(session) == 0
        unused = upkeep.delete_unused(session, at_once=True)
        assert unused > 0
        kept = list((project.state / "lake" / "data").rglob("*.parquet"))
        assert len(kept) == files - unused
        assert sorted(kept) == sorted(file.path for file in known_files(session.connection, project.state))
    assert (customers(company, "run:2"), customers(company, "run:3")) == (4, 5)


def test_a_table_in_many_files_is_merged_and_earlier_states_are_read_as_before(company: Company) -> None:
    company.write("kinfolk.yml", "name: Test\ntime_zone: UTC\n")
    for people in (3, 4, 5):
        run_with(company, people)
    before = company.published()
    with Session.open(open_project(company.folder).state) as session:
        upkeep.compact(session)
        upkeep.delete_unused(session, at_once=True)
        upkeep.delete_orphans(session)
    assert company.published() == before
    assert [customers(company, f"run:{run}") for run in (1, 2, 3)] == [3, 4, 5]
    assert doctor(company.folder) == []
    run_with(company, 6)
    assert company.ask("select count(*) from profiles.customers") == [(6,)]


def changed_often(session: Session, times: int) -> dict[int, list[tuple[int, str]]]:
    """Changes a table that often, as runs do: some rows go, others come. Its rows at each snapshot, as they must be."""
    lake, random, rows = session.connection, Random(7), dict[int, str]()
    lake.execute("create schema lake.s")
    lake.execute("create table lake.s.t (id bigint, v varchar)")
    seen = dict[int, list[tuple[int, str]]]()
    for turn in range(times):
        gone = [random.randrange(500) for _ in range(5)]
        come = {random.randrange(500): f"{turn}-{random.random()}" for _ in range(20)}
        lake.execute("begin transaction")
        lake.execute(f"delete from lake.s.t where id in ({', '.join(map(str, [*gone, *come]))})")
        lake.execute(f"insert into lake.s.t values {', '.join(map(str, come.items()))}")
        lake.execute("commit")
        rows = {id: value for id, value in rows.items() if id not in gone} | come
        seen[newest_snapshot(lake)] = sorted(rows.items())
        upkeep.compact(session)
        assert lake.execute("select * from lake.s.t order by 1").fetchall() == sorted(rows.items())
    return seen


def test_a_table_that_every_run_changes_stays_in_few_files_and_every_state_of_it_reads_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_SIZES", (2_000, 8_000))  # bytes: so that few rows pass through all of them
    with Session.open(tmp_path) as session:
        seen = changed_often(session, 60)
        [(files,)] = session.connection.execute("select file_count from ducklake_table_info('lake')").fetchall()
        assert files <= 2 * 12 + 60 * 20 * 50 / 8_000  # small ones, and those that are large enough to be left alone
        for snapshot, rows in seen.items():
            then = session.connection.execute(f"select * from lake.s.t at (version => {snapshot}) order by 1")
            assert then.fetchall() == rows


def test_a_rollback_right_after_a_merge_takes_everything_back_and_what_came_since_is_landed_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Earlier states see a part of a merged file, which is the very same file as now."""
    company.write("kinfolk.yml", "name: Test\ntime_zone: UTC\n")
    people = "record_id: id\npeople: {first_name: name, email: mail}\n"
    company.source("crm", "file: data/crm-*.csv\nload: append\n" + people)
    for run in range(4):
        rows = "".join(f"{run}-{n},Ann,{run}-{n}@example.com\n" for n in range(3))
        company.write(f"data/crm-{run}.csv", "id,name,mail\n" + rows)
        company.run()
    monkeypatch.setattr(upkeep, "_MANY_FILES", 2)
    with Session.open(open_project(company.folder).state) as session:
        upkeep.compact(session)
    shown = {one.table: (one.rows_now, one.rows_then) for one in rollback(company.folder, "run:2").tables}
    assert (shown["landing.crm"], shown["landing.loads"]) == ((12, 6), (4, 2))
    rollback(company.folder, "run:2", yes=True)
    assert company.ask("select count(*) from profiles.customers") == [(6,)]
    assert company.ask("select count(*) from landing.crm") == [(6,)]
    company.run()
    assert company.ask("select count(*), count(distinct email) from profiles.customers") == [(12, 12)]
    assert company.ask("select count(*) from landing.crm") == [(12,)]


def test_files_of_one_size_are_merged_whatever_other_sizes_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_SIZES", (1_000, 100_000))  # bytes; each insert below makes more than 1,000
    with Session.open(tmp_path) as session:
        lake = session.connection
        lake.execute("create schema lake.s")
        lake.execute("create table lake.s.t (v varchar)")
        for number in range(30):
            lake.execute(f"insert into lake.s.t select md5(({number} * 100 + range)::varchar) from range(100)")
            upkeep.compact(session)
        [(files,)] = lake.execute("select file_count from ducklake_table_info('lake')").fetchall()
        assert files <= 12 + 1
        assert lake.execute("select count(distinct v) from lake.s.t").fetchall() == [(3_000,)]


def test_a_table_that_gained_columns_again_and_again_stays_in_few_files(tmp_path: Path) -> None:
    with Session.open(tmp_path) as session:
        lake = session.connection
        lake.execute("create schema lake.s")
        lake.execute("create table lake.s.t (id bigint)")
        for number in range(30):
            lake.execute(f"alter table lake.s.t add column c{number} bigint")
            lake.execute(f"insert into lake.s.t (id, c{number}) values ({number}, {number})")
            upkeep.compact(session)
        [(files,)] = lake.execute("select file_count from ducklake_table_info('lake')").fetchall()
        assert files <= 12 + 1
        assert lake.execute("select sum(id), sum(c3), sum(c29), count(*) from lake.s.t").fetchall() == [
            (435, 3, 29, 30)
        ]


def test_large_files_are_left_alone_until_many_of_their_rows_are_gone(tmp_path: Path) -> None:
    with Session.open(tmp_path) as session:
        lake = session.connection
        lake.execute("create schema lake.s")
        lake.execute("create table lake.s.t as select range as id, md5(range::varchar) as v from range(100_000)")

        def large() -> str:
            [path] = [file.path.name for file in known_files(lake, tmp_path) if file.size > 1 << 20 and not file.until]
            return path

        first = large()
        lake.execute("delete from lake.s.t where id % 5 = 0")
        for number in range(30):
            lake.execute(f"insert into lake.s.t values ({-number}, 'new')")
            upkeep.compact(session)
        assert large() == first
        lake.execute("delete from lake.s.t where id % 3 = 0")
        upkeep.compact(session)
        assert large() != first
        assert lake.execute("select count(*) from lake.s.t where id > 0").fetchall() == [(53_333,)]


def test_a_column_named_as_the_lake_names_its_files_does_not_mislead_the_merging(tmp_path: Path) -> None:
    with Session.open(tmp_path) as session:
        session.connection.execute("create schema lake.s")
        session.connection.execute("create table lake.s.t (id bigint, filename varchar)")
    with Session.open(tmp_path) as session:
        lake = session.connection
        for number in range(30):
            lake.execute(f"insert into lake.s.t select {number} * 10 + range, 'f.csv' from range(10)")
            lake.execute(f"delete from lake.s.t where id = {number} * 10")
            upkeep.compact(session)
        assert lake.execute("select count(*), count(distinct id) from lake.s.t").fetchall() == [(270, 270)]
        [(files,)] = lake.execute("select file_count from ducklake_table_info('lake')").fetchall()
        assert files <= 12


def busy(hours_ago: float, number: int) -> list[datetime]:
    return [NOW - timedelta(hours=hours_ago) + timedelta(seconds=n) for n in range(number)]


def test_of_a_busy_hour_the_last_state_stays_once_the_hour_after_it_is_over() -> None:
    often, seldom, lately = busy(5, 40), busy(3, 12), busy(1.5, 40)
    told = [State(Label(n, "f"), n, at) for n, at in enumerate([*often, *seldom, *lately])]
    assert [state.run_id for state in thinned(told, NOW, "UTC")] == list(range(39))


def test_the_last_two_states_stay_however_busy_their_hour_was() -> None:
    told = [State(Label(n, "f"), n, at) for n, at in enumerate(busy(5, 14) * 2)]
    assert 27 not in [state.run_id for state in thinned(told, NOW, "UTC")]
    assert 26 not in [state.run_id for state in thinned(told, NOW, "UTC")]


def test_states_between_are_said_to_be_gone_and_the_one_that_stays_reads_as_before(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.write("kinfolk.yml", "name: Test\ntime_zone: UTC\n")
    monkeypatch.setattr(retention, "_BUSY", 2)
    monkeypatch.setattr(retention, "_HOUR", timedelta(0))  # of now, too; and all that was published so far is one
    monkeypatch.setattr(retention, "_hour_of", lambda state, zone: NOW)
    for people in (3, 4, 5, 6, 7):
        run_with(company, people)
    told = history(company.folder)
    assert [(s.run_id, s.gone is None) for s in told] == [(5, True), (4, True), (3, True), (2, False), (1, False)]
    assert told[-1].gone == "of an hour with more than 12 states the last is kept"
    assert [customers(company, f"run:{run}") for run in (3, 4, 5)] == [5, 6, 7]
    assert {len(run.steps) > 0: run.run_id for run in status(company.folder, limit=9).runs} == {True: 3, False: 1}
    assert doctor(company.folder) == []


@pytest.mark.parametrize("written", ["30", "thirty days", "-1 days", "1.5 days", "30 weeks"])
def test_what_is_no_number_of_days_is_a_mistake_in_the_project(company: Company, written: str) -> None:
    company.write("kinfolk.yml", f"name: Test\nhistory: {written}\n")
    with pytest.raises(ProjectError) as raised:
        company.run()
    assert "30 days" in str(raised.value)


def test_how_long_states_are_kept_changes_no_result_so_nothing_runs_again(company: Company) -> None:
    run_with(company, 3)
    company.write("kinfolk.yml", "name: Test\ntime_zone: UTC\nhistory: 9 days\n")
    assert company.run().status == "unchanged"
