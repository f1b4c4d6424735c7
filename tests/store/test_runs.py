"""The history of runs: what a run writes down, and what becomes of a run whose process died."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from kinfolk.model.run import RunStatus, StepRecord
from kinfolk.store import schema
from kinfolk.store.database import open_store, writing
from kinfolk.store.read.runs import counts, deployed_definition, last_with, latest, published_fingerprint
from kinfolk.store.write import runs

DIES_IN_A_RUN = """
import os, signal, sys
from pathlib import Path
from kinfolk.store.database import open_store
from kinfolk.store.write import runs
runs.start(open_store(Path(sys.argv[1])), "fingerprint")
os.kill(os.getpid(), signal.SIGKILL)
"""

HISTORY_OF_BEFORE = """
create table alembic_version (version_num varchar(32) not null primary key);
insert into alembic_version values ('0001');
create table runs (run_id integer primary key autoincrement, status varchar(16) not null, started_at datetime not null,
    finished_at datetime, error varchar, process_id integer not null, fingerprint varchar(64) not null);
create table steps (run_id integer references runs, position integer, name varchar not null, seconds float not null,
    rows_in bigint, rows_out bigint, rows_rejected bigint not null, peak_mb integer not null,
    primary key (run_id, position));
insert into runs values (1, 'published', '2026-01-01 10:00:00', '2026-01-01 10:00:01', null, 7, 'f');
"""


@pytest.fixture
def store(tmp_path: Path) -> Engine:
    return open_store(tmp_path / "state")


def test_a_run_is_open_until_it_is_finished_with_its_steps(store: Engine) -> None:
    before = datetime.now(UTC)
    run_id = runs.start(store, "f1")
    [opened] = latest(store)
    assert (opened.run_id, opened.status, opened.finished_at, opened.steps) == (run_id, RunStatus.RUNNING, None, ())
    steps = [StepRecord("read.crm", 0.25, 10, 9, 1, 120), StepRecord("publish", 1.5, peak_mb=130)]
    runs.finish(store, run_id, RunStatus.PUBLISHED, steps)
    [closed] = latest(store)
    assert (closed.status, closed.error, closed.steps) == (RunStatus.PUBLISHED, None, tuple(steps))
    assert closed.finished_at is not None
    assert before <= closed.started_at <= closed.finished_at <= datetime.now(UTC)


def test_the_newest_runs_come_first_and_no_more_than_asked(store: Engine) -> None:
    ids = [runs.start(store, "f") for _ in range(4)]
    for run_id in ids:
        runs.finish(store, run_id, RunStatus.UNCHANGED, [StepRecord(f"step of {run_id}", 0.0)])
    assert [run.run_id for run in latest(store, 3)] == ids[:0:-1]
    assert [run.steps[0].name for run in latest(store, 3)] == [f"step of {run_id}" for run_id in ids[:0:-1]]


def test_only_a_published_run_says_what_is_published(store: Engine) -> None:
    assert published_fingerprint(store) is None
    for fingerprint, status in (("old", RunStatus.PUBLISHED), ("new", RunStatus.PUBLISHED), ("bad", RunStatus.FAILED)):
        runs.finish(store, runs.start(store, fingerprint), status, [], "It broke.")
    assert published_fingerprint(store) == "new"


def test_a_run_that_found_nothing_to_do_still_says_what_is_deployed(store: Engine) -> None:
    assert deployed_definition(store) is None
    ended = [("one", RunStatus.PUBLISHED), ("two", RunStatus.UNCHANGED), ("three", RunStatus.FAILED)]
    for definition, status in ended:
        runs.finish(store, runs.start(store, "f", definition), status, [])
    assert deployed_definition(store) == "two"


def test_a_definition_is_kept_once_however_often_the_project_runs(store: Engine) -> None:
    for definition, status in (("one", RunStatus.PUBLISHED), ("two", RunStatus.FAILED), ("one", RunStatus.PUBLISHED)):
        for _ in range(3):
            runs.finish(store, runs.start(store, "f", definition), status, [])
    assert deployed_definition(store) == "one"
    with store.connect() as connection:
        kept = connection.execute(select(schema.runs.c.definition)).scalars().all()
    assert kept == ["one", None, None, "two", None, None, "one", None, None]


def test_a_history_that_kept_no_definitions_is_brought_up_to_date(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "control.sqlite") as old:
        old.executescript(HISTORY_OF_BEFORE)
    store = open_store(tmp_path)
    [kept] = latest(store)
    assert (kept.status, deployed_definition(store)) == (RunStatus.PUBLISHED, None)
    runs.finish(store, runs.start(store, "f", "said"), RunStatus.PUBLISHED, [])
    assert deployed_definition(store) == "said"


def test_the_run_of_a_process_that_was_killed_shows_as_failed_at_once_and_is_closed_by_the_next_one(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    killed = subprocess.run([sys.executable, "-c", DIES_IN_A_RUN, str(state)], timeout=60)
    assert killed.returncode == -9
    store = open_store(state)
    [left_open] = latest(store)
    assert (left_open.status, left_open.finished_at) == (RunStatus.FAILED, None)
    started = runs.start(store, "fingerprint")
    now_running, dead = latest(store)
    assert (now_running.run_id, now_running.status) == (started, RunStatus.RUNNING)
    assert (dead.status, dead.error) == (RunStatus.FAILED, "The process ended before the run did.")
    assert dead.finished_at == now_running.started_at


@pytest.mark.parametrize("hours", [-9, 0, 5.5])
def test_a_moment_comes_back_as_the_same_moment_in_utc(store: Engine, hours: float) -> None:
    said = datetime(2026, 3, 29, 2, 30, 15, 123456, tzinfo=timezone(timedelta(hours=hours)))
    with writing(store) as connection:
        connection.execute(
            insert(schema.runs).values(status="failed", started_at=said, process_id=1, fingerprint="f", error="x")
        )
    [read] = latest(store)
    assert (read.started_at, read.started_at.utcoffset()) == (said, timedelta(0))
    assert read.finished_at is None


def test_what_is_written_in_a_block_that_fails_is_taken_back(store: Engine) -> None:
    with pytest.raises(RuntimeError), writing(store) as connection:
        connection.execute(
            insert(schema.runs).values(status="failed", started_at=datetime.now(UTC), process_id=1, fingerprint="f")
        )
        raise RuntimeError
    with store.connect() as connection:
        assert connection.execute(select(schema.runs)).all() == []


def test_a_store_opened_again_keeps_its_history(tmp_path: Path) -> None:
    first = open_store(tmp_path / "it's 100%")
    run_id = runs.start(first, "f")
    assert [run.run_id for run in latest(open_store(tmp_path / "it's 100%"))] == [run_id]


def test_the_step_a_run_failed_in_is_kept_with_its_source(store: Engine) -> None:
    steps = [StepRecord("read.crm.csv", 0.5, source="crm"), StepRecord("landing.crm", 0.1, source="crm", failed=True)]
    runs.finish(store, runs.start(store, "f"), RunStatus.FAILED, steps, "It broke.")
    [failed] = latest(store)
    assert failed.failed_step == steps[1]
    assert last_with(store, RunStatus.FAILED) == failed
    assert last_with(store, RunStatus.PUBLISHED) is None
    assert counts(store) == {s: int(s is RunStatus.FAILED) for s in RunStatus}


def test_a_history_from_before_steps_had_a_source_is_brought_up_to_date(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    runs.finish(store, runs.start(store, "f"), RunStatus.PUBLISHED, [StepRecord("publish", 1.5)])
    with writing(store) as connection:
        for statement in ("alter table steps drop column source", "alter table steps drop column failed"):
            connection.exec_driver_sql(statement)
        added_since = [
            table.name for table in reversed(schema.metadata.sorted_tables) if table.name not in ("runs", "steps")
        ]
        for name in added_since:
            connection.exec_driver_sql(f"drop table {name}")
        connection.exec_driver_sql("update alembic_version set version_num = '0003'")
    store.dispose()
    [kept] = latest(open_store(tmp_path))
    assert kept.steps == (StepRecord("publish", 1.5),)
