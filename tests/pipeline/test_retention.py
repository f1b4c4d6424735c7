"""Retention: states expire as the project says, the last two never; what is kept is read as before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kinfolk.commands.doctor import doctor
from kinfolk.commands.history import history
from kinfolk.commands.open_project import open_project
from kinfolk.commands.query import query
from kinfolk.engine import upkeep
from kinfolk.engine.duckdb import Session
from kinfolk.engine.inspection import known_files
from kinfolk.errors import NotFoundError, ProjectError
from kinfolk.model.history import Label, State
from kinfolk.pipeline.retention import expired
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


def test_tables_of_which_every_run_deletes_a_little_are_whole_again_when_they_were_merged(company: Company) -> None:
    for changed in range(5):
        rows = [{"id": n, "name": f"N{n}", "mail": f"n{n}@example.com"} for n in range(2_000)]
        rows[changed]["name"] = "Other"
        company.csv("crm", rows)
        company.run()
    with Session.open(open_project(company.folder).state) as session:
        upkeep.compact(session)
        found = session.connection.execute("select * from ducklake_table_info('lake') where delete_file_count > 0")
        assert found.fetchall() == []


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
