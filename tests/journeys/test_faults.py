"""What goes wrong around a run: a full disk, a lost catalogue, two at once. A sentence each time, the state whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kinfolk.commands.doctor import doctor
from kinfolk.errors import EngineError
from tests.company import Company

# No file may grow beyond that many bytes, as on a disk that is full.
RUNS_OUT_OF_DISK = """
import resource, sys
from kinfolk.interfaces.cli import main
size = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
main()
"""


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.source("crm", "record_id: id\npeople: {first_name: name, email: mail}\n")
    made.identity("keys: [email]\n")
    people(made, 50)
    made.run()
    return made


def people(company: Company, count: int) -> None:
    company.csv(
        "crm", [{"id": n, "name": f"Name{n * 7919}", "mail": f"n{n * 104729}@example.com"} for n in range(count)]
    )


@pytest.mark.parametrize(
    ("size", "sentence"), [(2_000, "Is the disk full?"), (300_000, "What was published before is untouched")]
)
def test_when_the_disk_is_full(company: Company, size: int, sentence: str) -> None:
    before = company.published()
    people(company, 20_000)
    command = [sys.executable, "-c", RUNS_OUT_OF_DISK, str(size), "run", str(company.folder)]
    failed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert failed.returncode == EngineError.exit_code, failed.stderr
    assert sentence in failed.stderr
    assert "Traceback" not in failed.stderr
    assert company.published() == before
    company.run()
    assert company.ask("select count(*) from profiles.customers") == [(20_000,)]
    assert doctor(company.folder) == []


def test_when_the_catalogue_is_deleted_the_run_refuses_and_makes_no_new_customers(company: Company) -> None:
    catalogue = company.folder / ".kinfolk" / "lake" / "catalog.sqlite"
    kept = catalogue.read_bytes()
    catalogue.unlink()
    people(company, 60)
    with pytest.raises(EngineError, match="the catalogue of the lake is empty or gone") as raised:
        company.run()
    assert "Restore a backup" in str(raised.value.hint)
    for file in catalogue.parent.glob("catalog.sqlite*"):
        file.unlink()
    catalogue.write_bytes(kept)
    company.run()
    assert company.ask("select count(*) from profiles.customers") == [(60,)]


def test_of_two_runs_at_once_one_is_told_and_the_state_is_one_of_theirs(company: Company) -> None:
    people(company, 3_000)
    command = [sys.executable, "-m", "kinfolk", "run", str(company.folder), "--json"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ended = [(process.communicate(timeout=120)[1], process.returncode) for process in both]
    assert sorted(code for _, code in ended) in ([0, 0], [0, 5])  # the second may have come when the first was done
    assert all("Another run is writing" in problem for problem, code in ended if code == 5)
    assert company.ask("select count(*) from profiles.customers") == [(3_000,)]
    assert doctor(company.folder) == []
