"""`doctor`: finds what is damaged, contradictory or left over, and mends what can be mended without loss."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kinfolk.commands.doctor import doctor
from kinfolk.commands.history import history
from kinfolk.commands.query import query
from kinfolk.commands.rollback import rollback
from kinfolk.commands.status import status
from kinfolk.engine.duckdb import Session
from kinfolk.engine.inspection import LakeFile
from kinfolk.engine.reader import reading
from kinfolk.errors import BusyError, EngineError, NotFoundError
from kinfolk.model.finding import Severity
from kinfolk.store.write.lease import writer_lease
from tests.company import Company

DIES_AT_WORK = """
import os, sys
from pathlib import Path
from kinfolk.commands.run import run
from kinfolk.engine.duckdb import Session
Session.publish = lambda *about: os._exit(9)
run(Path(sys.argv[1]))
"""


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Two published states, the second made anew, so that the files of the first are its own."""
    made = Company(tmp_path)
    made.source("crm", "record_id: id\npeople: {first_name: name, email: mail}\n")
    made.identity("keys: [email]\n")
    for people in (5, 6):
        made.csv("crm", [{"id": n, "name": f"N{n}", "mail": f"n{n}@example.com"} for n in range(people)])
        made.run(full=people == 6)
    return made


def state(company: Company) -> Path:
    return company.folder / ".kinfolk"


def file_of(company: Company, table: str, run: int) -> LakeFile:
    """A file only the state of that run needs, if it is the first; else one that the present state needs."""
    with reading(state(company)) as reader:
        [snapshot] = [s.snapshot_id for s in reader.states() if s.run_id == run]
        files = [f for f in reader.files() if f.table == table and f.part_of(snapshot)]
        return next(f for f in files if (f.until is None) == (run == 2))


def change(company: Company, sql: str) -> None:
    """What no run would do."""
    with Session.open(state(company)) as session:
        session.connection.execute(sql)


def test_a_sound_project_has_no_findings(company: Company) -> None:
    assert doctor(company.folder) == []
    assert doctor(company.folder, mend=True) == []


def test_a_project_that_never_ran_has_nothing_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="never run"):
        doctor(Company(tmp_path).folder)


@pytest.mark.parametrize("damage", ["gone", "cut short", "another file"])
def test_a_damaged_file_of_the_present_state_is_found_and_the_last_whole_state_named(
    company: Company, damage: str
) -> None:
    file = file_of(company, "profiles.customers", 2)
    if damage == "gone":
        file.path.unlink()
    elif damage == "cut short":
        file.path.write_bytes(file.path.read_bytes()[:-10])
    else:
        file.path.write_bytes(file_of(company, "profiles.customers", 1).path.read_bytes())
    [found] = doctor(company.folder)
    assert (found.severity, found.mend, found.where) == (Severity.BROKEN, None, str(file.path))
    assert "profiles.customers" in found.what
    assert "kinfolk rollback run:1 --yes" in found.hint
    [still] = doctor(company.folder, mend=True)
    assert not still.mended


def test_the_advice_to_roll_back_helps(company: Company) -> None:
    file_of(company, "profiles.customers", 2).path.unlink()
    rollback(company.folder, "run:1", yes=True)
    company.run()
    assert company.ask("select count(*) from profiles.customers") == [(6,)]


def test_of_a_lost_earlier_state_mending_gives_up_that_state_alone(company: Company) -> None:
    before = company.published()
    file_of(company, "profiles.customers", 1).path.unlink()
    [found] = doctor(company.folder, mend=True)
    assert found.mended and "run:1" in found.what
    assert doctor(company.folder) == []
    assert company.published() == before
    assert [s.gone for s in history(company.folder)] == [None, "files of it were lost"]
    with pytest.raises(NotFoundError, match="gone: files of it were lost"):
        query(company.folder, "select 1", as_of="run:1")


def test_files_that_no_state_knows_are_deleted(company: Company) -> None:
    orphan = company.write(".kinfolk/lake/data/staging/records/ducklake-left.parquet", b"half a file")
    [found] = doctor(company.folder)
    assert found.severity is Severity.UNTIDY and "11 bytes" in found.what
    doctor(company.folder, mend=True)
    assert not orphan.exists()
    assert doctor(company.folder) == []


def test_while_a_run_writes_its_files_are_no_orphans_and_nothing_is_mended(company: Company) -> None:
    company.write(".kinfolk/lake/data/staging/records/ducklake-new.parquet", b"being written")
    with writer_lease(state(company)):
        assert doctor(company.folder) == []
        with pytest.raises(BusyError):
            doctor(company.folder, mend=True)


def test_what_a_killed_run_leaves_is_found_and_cleared(company: Company) -> None:
    company.csv("crm", [{"id": 1, "name": "New", "mail": "new@example.com"}] * 2)
    killed = subprocess.run([sys.executable, "-c", DIES_AT_WORK, str(company.folder)], check=False, timeout=120)
    assert killed.returncode == 9
    assert [r.status for r in status(company.folder).runs] == ["failed", "published", "published"]
    spill = state(company) / "spill-999999999-1"
    spill.mkdir()
    found = " ".join(finding.what for finding in doctor(company.folder))
    assert "left open by a process that died: 3" in found
    assert "left its work here" in found
    assert "died while it held the lease" in found
    doctor(company.folder, mend=True)
    assert doctor(company.folder) == []
    assert not spill.exists()


@pytest.mark.parametrize(
    ("sql", "promise"),
    [
        ("delete from lake.landing.loads where load_id = 2", "every landed row belongs to a load"),
        ("drop table lake.landing.crm", "a source that was loaded has landed"),
        ("insert into lake.landing.crm from lake.landing.crm", "a record has one current version"),
        ("insert into lake.landing.superseded values ('crm', 999, 1)", "every superseded row was landed"),
        ("delete from lake.staging.records where record_no = 1", "every member is a staged record"),
        ("delete from lake.profiles.customers where customer_id = 'C-1'", "every member's customer has a profile"),
        ("delete from lake.identity.members where customer_id = 'C-1'", "every profile has a member"),
        ("insert into lake.identity.aliases values ('C-1', null)", "a customer id in use is no alias"),
    ],
)
def test_tables_that_contradict_each_other_are_found(company: Company, sql: str, promise: str) -> None:
    change(company, sql)
    assert promise in " ".join(finding.what for finding in doctor(company.folder))


def test_a_published_run_the_store_does_not_know_is_written_down(company: Company) -> None:
    for file in state(company).glob("control.sqlite*"):
        file.unlink()
    [found] = doctor(company.folder, mend=True)
    assert found.mended and "1, 2" in found.what
    assert doctor(company.folder) == []
    assert [r.run_id for r in status(company.folder).runs] == [2, 1]


def test_a_catalogue_that_is_gone_or_damaged_is_said_to_be(company: Company) -> None:
    catalogue = state(company) / "lake" / "catalog.sqlite"
    catalogue.write_bytes(b"no database")
    assert "catalogue" in doctor(company.folder)[0].what
    catalogue.unlink()
    [found] = doctor(company.folder)
    assert found.severity is Severity.BROKEN and "empty or gone" in found.what


def test_an_older_catalogue_put_in_place_of_the_newer_one_is_noticed(company: Company) -> None:
    change(company, "call ducklake_expire_snapshots('lake', versions => [1])")
    assert "does not know states that were published by runs 1" in doctor(company.folder)[0].what


def test_a_run_on_a_lake_that_lost_files_says_so_at_once_also_when_nothing_has_changed(company: Company) -> None:
    file_of(company, "identity.members", 2).path.unlink()
    with pytest.raises(EngineError, match="A file of identity.members is gone") as raised:
        company.run()
    assert "kinfolk doctor" in str(raised.value.hint)


def test_the_command_ends_with_nine_when_something_is_wrong(company: Company) -> None:
    command = [sys.executable, "-m", "kinfolk", "doctor", str(company.folder)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    company.write(".kinfolk/lake/data/left.parquet", b"x")
    wrong = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 9
    assert json.loads(wrong.stdout)[0]["severity"] == "untidy"
    assert subprocess.run([*command, "--mend"], capture_output=True, check=False).returncode == 0
