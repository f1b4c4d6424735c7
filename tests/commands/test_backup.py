"""`backup` and `restore`: a whole state in one place, checked, and back again with the same customer ids."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from kinfolk.commands.backup import backup
from kinfolk.commands.doctor import doctor
from kinfolk.commands.history import history
from kinfolk.commands.query import query
from kinfolk.commands.restore import Ledger, restore
from kinfolk.commands.status import status
from kinfolk.engine.reader import reading
from kinfolk.errors import BusyError, EngineError, ExistsError, NotFoundError
from kinfolk.model.run import RunStatus
from kinfolk.store import database
from kinfolk.store.database import file_of
from kinfolk.store.write.lease import writer_lease
from tests.company import Company

IDS = "select record_id, customer_id from identity.members order by all"


def person(number: int) -> dict[str, object]:
    return {"id": number, "name": f"N{number}", "mail": f"n{number}@example.com"}


def people(company: Company, *numbers: int) -> None:
    company.csv("crm", [person(n) for n in numbers])


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Two published states."""
    made = Company(tmp_path / "company")
    made.source("crm", "record_id: id\npeople: {first_name: name, email: mail}\n")
    made.identity("keys: [email]\n")
    for last in (3, 4):
        people(made, *range(last))
        made.run()
    return made


@pytest.fixture(params=["backup.zip", "backup"])
def target(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return tmp_path / "elsewhere" / str(request.param)


def state(company: Company) -> Path:
    return company.folder / ".kinfolk"


def test_onto_an_empty_machine_and_the_next_run_continues_with_the_same_customers(
    company: Company, target: Path, tmp_path: Path
) -> None:
    before, known = company.published(), company.ask(IDS)
    made = backup(company.folder, target)
    assert made.run_id == 2
    shutil.rmtree(state(company))
    shutil.copytree(company.folder, tmp_path / "other machine")
    other = Company(tmp_path / "other machine")
    found = restore(other.folder, target)
    assert (found.replaced, found.carried_over) == (False, False)
    assert other.published() == before
    assert doctor(other.folder) == []
    assert other.run().status is RunStatus.UNCHANGED
    people(other, *range(4), 9)
    other.run()
    assert [row for row in other.ask(IDS) if row[0] != "9"] == known
    assert query(other.folder, "select count(*) from identity.members", as_of="run:1").rows == [(3,)]


def test_a_state_is_not_replaced_without_yes(company: Company, target: Path) -> None:
    backup(company.folder, target)
    people(company, *range(6))
    company.run()
    before = company.published()
    with pytest.raises(ExistsError, match="Nothing was done") as raised:
        restore(company.folder, target)
    assert "--yes" in str(raised.value.hint)
    assert company.published() == before


def test_what_was_given_out_since_the_backup_stays_so(company: Company, target: Path) -> None:
    backup(company.folder, target)
    people(company, *range(4), 7, 8)
    company.run()
    known = company.ask(IDS)
    [(record_no, load_id)] = company.ask("select max(_record_no), max(_load_id) from landing.crm")
    assert restore(company.folder, target, yes=True).carried_over
    assert len(company.ask(IDS)) == 4
    assert [(s.run_id, s.back_to) for s in history(company.folder)] == [(4, 2), (2, None), (1, None)]
    assert doctor(company.folder) == []
    company.run()
    assert company.ask(IDS) == known
    [(lowest, load)] = company.ask("select min(_record_no), min(_load_id) from landing.crm where _load_id > 2")
    assert lowest > record_no and load > load_id
    assert [r.run_id for r in status(company.folder).runs][:2] == [5, 4]


def test_over_a_state_that_cannot_be_read_any_more(company: Company, target: Path) -> None:
    before = company.published()
    backup(company.folder, target)
    with reading(state(company)) as reader:
        for file in reader.files():
            file.path.unlink()
    restore(company.folder, target, yes=True)
    assert {n: r for n, r in company.published().items() if n != "landing.rollbacks"} == before
    backup(company.folder, target.with_name("again.zip"))
    (state(company) / "lake" / "catalog.sqlite").write_bytes(b"no database at all")
    assert not restore(company.folder, target, yes=True).carried_over
    assert company.published() == before


def test_over_a_ledger_that_cannot_be_read_only_when_somebody_says_that_it_may_go(
    company: Company, target: Path
) -> None:
    backup(company.folder, target)
    for file in state(company).glob("control.sqlite*"):
        file.unlink()
    file_of(state(company)).write_bytes(b"no database at all" * 100)
    with pytest.raises(ExistsError, match="ledger of consents here cannot be read.*Nothing was done") as refused:
        restore(company.folder, target, yes=True)
    assert "--other-ledger" in str(refused.value.hint)
    assert file_of(state(company)).read_bytes().startswith(b"no database")
    restore(company.folder, target, yes=Ledger.OF_THE_BACKUP)
    assert {run.run_id for run in status(company.folder).runs} >= {1, 2}


def test_a_ledger_that_somebody_is_writing_to_is_not_taken_for_a_damaged_one(
    company: Company, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(company.folder, target)
    people(company, *range(6))
    company.run()
    before, runs = company.published(), [run.run_id for run in status(company.folder).runs]
    monkeypatch.setattr(database, "_PRAGMAS", ("pragma busy_timeout = 100",))
    with closing(sqlite3.connect(file_of(state(company)), isolation_level=None)) as somebody:
        somebody.execute("begin immediate")
        for yes in (True, Ledger.OF_THE_BACKUP):
            with pytest.raises(BusyError):
                restore(company.folder, target, yes=yes)
    assert company.published() == before
    assert [run.run_id for run in status(company.folder).runs] == runs


@pytest.mark.parametrize("harm", ["changed", "gone", "no manifest", "newer format"])
def test_a_damaged_backup_is_refused_and_the_state_is_as_before(company: Company, target: Path, harm: str) -> None:
    made = backup(company.folder, target)
    before = company.published()
    damage(target, next(name for name in made.files if "customers" in name), harm)
    with pytest.raises(EngineError, match="backup"):
        restore(company.folder, target, yes=True)
    assert company.published() == before
    assert not list(state(company).glob("restoring-*"))


def damage(target: Path, name: str, harm: str) -> None:
    folder = target
    if target.suffix == ".zip":
        folder = target.with_suffix("")
        zipfile.ZipFile(target).extractall(folder)
    manifest = folder / "manifest.json"
    if harm == "changed":
        (folder / name).write_bytes((folder / name).read_bytes()[:-1] + b"!")
    elif harm == "gone":
        (folder / name).unlink()
    elif harm == "no manifest":
        manifest.unlink()
    else:
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 99}))
    if target.suffix == ".zip":
        with zipfile.ZipFile(target, "w") as archive:
            for file in folder.rglob("*"):
                archive.write(file, file.relative_to(folder))


def test_a_backup_that_names_files_outside_of_itself_is_refused(company: Company, tmp_path: Path) -> None:
    backup(company.folder, tmp_path / "b")
    manifest = tmp_path / "b" / "manifest.json"
    written = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**written, "files": {**written["files"], "../../../stolen": "0"}}))
    with pytest.raises(EngineError, match="outside of itself"):
        restore(company.folder, tmp_path / "b", yes=True)


def test_what_is_no_backup_is_said_to_be_none(company: Company, tmp_path: Path) -> None:
    (tmp_path / "notes.zip").write_text("no zip")
    with pytest.raises(EngineError, match="no backup"):
        restore(company.folder, tmp_path / "notes.zip", yes=True)
    with pytest.raises(NotFoundError, match="no backup"):
        restore(company.folder, tmp_path / "nothing.zip", yes=True)


def test_nothing_is_overwritten_by_a_backup(company: Company, target: Path) -> None:
    backup(company.folder, target)
    with pytest.raises(ExistsError):
        backup(company.folder, target)


def test_a_project_that_never_ran_has_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="Nothing has been published"):
        backup(Company(tmp_path).folder, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


def test_while_a_run_is_at_work_nothing_is_restored(company: Company, target: Path) -> None:
    backup(company.folder, target)
    with writer_lease(state(company)), pytest.raises(BusyError):
        restore(company.folder, target, yes=True)


def test_while_runs_go_on_a_backup_is_one_of_their_states_whole(company: Company, tmp_path: Path) -> None:
    done = threading.Event()

    def runs() -> None:
        try:
            for last in range(5, 7):
                people(company, *range(last))
                company.run()
        finally:
            done.set()

    worker = threading.Thread(target=runs)
    worker.start()
    made = []
    while not done.wait(0.8):
        made.append(tmp_path / f"backup-{len(made)}.zip")
        backup(company.folder, made[-1])
    worker.join()
    other = Company(tmp_path / "other")
    for target in made:
        restore(other.folder, target, yes=True)
        [(customers, members)] = other.ask(
            "select (select count(*) from profiles.customers), (select count(*) from identity.members)"
        )
        assert customers == members
        assert doctor(other.folder) == []
