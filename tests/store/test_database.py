"""The control state's files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kinfolk.errors import EngineError
from kinfolk.store.database import file_of, open_as_it_is, open_store, writing
from kinfolk.store.write import runs


def test_they_are_for_their_owner_s_eyes_only(tmp_path: Path) -> None:
    state = tmp_path / ".kinfolk"
    store = open_store(state)
    with store.connect() as connection:
        connection.exec_driver_sql("create table t (a)")
        connection.exec_driver_sql("begin immediate")
        found = {path.name for path in (state, *state.iterdir()) if path.stat().st_mode & 0o077 == 0}
        connection.exec_driver_sql("rollback")
    assert found >= {".kinfolk", "control.sqlite", "control.sqlite-wal"}


def test_who_only_reads_brings_nothing_up_to_date(tmp_path: Path) -> None:
    file_of(tmp_path).touch()
    assert open_as_it_is(tmp_path) is None
    assert file_of(tmp_path).stat().st_size < 10_000, "no tables were made"
    open_store(tmp_path).dispose()
    assert open_as_it_is(tmp_path) is not None


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    file_of(tmp_path).write_bytes(b"no database" * 100)
    for opening in (open_store, open_as_it_is):
        with pytest.raises(EngineError, match="cannot be read or written"):
            opening(tmp_path)


def test_of_what_is_deleted_nothing_stays_in_the_file(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with writing(store) as connection:
        connection.exec_driver_sql("create table t (a)")
        connection.exec_driver_sql("insert into t values ('ana@example.com')")
    with writing(store) as connection:
        connection.exec_driver_sql("delete from t")
    with store.connect() as connection:
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    assert b"ana@example.com" not in file_of(tmp_path).read_bytes()


def test_what_is_written_is_there_for_other_processes_however_often_the_state_was_opened_here(tmp_path: Path) -> None:
    def runs_elsewhere() -> int:
        look = (
            "import sys; from pathlib import Path; from kinfolk.store.database import open_store; "
            "from kinfolk.store.read.runs import latest; print(len(latest(open_store(Path(sys.argv[1])))))"
        )
        return int(subprocess.run([sys.executable, "-c", look, tmp_path], capture_output=True, check=True).stdout)

    ours = open_store(tmp_path)
    for number in range(1, 4):
        runs.start(ours, f"f{number}")
        open_store(tmp_path)
        assert runs_elsewhere() == number
