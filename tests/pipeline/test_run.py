"""Runs: published whole or not at all, one writer at a time, every step recorded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kinfolk.commands.query import query
from kinfolk.commands.status import status
from kinfolk.errors import BusyError, EngineError, SourceError
from kinfolk.model.run import RunStatus
from kinfolk.store.write.lease import writer_lease
from tests.company import Company


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.source("crm", "record_id: id\npeople: {first_name: name, email: mail}\n")
    made.source("shop", "record_id: id\npeople: {first_name: name, email: mail}\n")
    made.identity("keys: [email]\n")
    for name in ("crm", "shop"):
        made.csv(name, [{"id": n, "name": f"Ada{n}", "mail": f"a{n}@example.com"} for n in range(5)])
    return made


def test_readers_see_the_state_before_a_failed_run_whole(company: Company) -> None:
    company.run()
    before = company.published()
    company.csv("crm", [{"id": 1, "name": "New", "mail": "new@example.com"}])
    company.write("data/shop.csv", b"id,name\n1,Ada\n")
    with pytest.raises(SourceError):
        company.run()
    assert company.published() == before
    [last, _] = status(company.folder).runs
    assert last.status is RunStatus.FAILED
    assert "mail" in str(last.error)


def test_the_run_after_a_failed_one_completes(company: Company) -> None:
    company.run()
    good = (company.folder / "data/shop.csv").read_bytes()
    company.write("data/shop.csv", b"id,name\n1,Ada\n")
    with pytest.raises(SourceError):
        company.run()
    company.write("data/shop.csv", good + b"7,Gus,gus@example.com\n")
    company.run()
    assert company.ask("select count(*) from profiles.customers") == [(6,)]


def test_a_second_run_at_the_same_time_is_told_who_is_running(company: Company) -> None:
    company.run()
    with writer_lease(company.folder / ".kinfolk"), pytest.raises(BusyError, match=f"process {os.getpid()}"):
        company.run()
    assert company.run().status is RunStatus.UNCHANGED


def test_a_run_killed_before_it_published_leaves_the_state_and_the_next_run_completes(company: Company) -> None:
    company.run()
    before = company.published()
    company.csv("crm", [{"id": n, "name": f"Eve{n}", "mail": f"e{n}@example.com"} for n in range(5)])
    killed = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from kinfolk.engine.duckdb import Session\n"
        "from kinfolk.commands.run import run\n"
        "Session.publish = lambda *about: os._exit(9)\n"
        "run(Path(sys.argv[1]))\n"
    )
    assert subprocess.run([sys.executable, "-c", killed, str(company.folder)], check=False).returncode == 9
    assert company.published() == before
    company.run()
    assert company.ask("select count(*) from profiles.customers where first_name like 'Eve%'") == [(5,)]
    assert [r.status for r in status(company.folder).runs] == ["published", "failed", "published"]


def test_every_step_is_recorded_with_its_rows_time_and_memory(company: Company) -> None:
    record = company.run()
    assert record.status is RunStatus.PUBLISHED
    by_name = {step.name: step for step in record.steps}
    assert by_name["read.data/crm.csv"].rows_in == 5
    assert by_name["profiles.customers"].rows_out == 5
    assert {"staging.records", "identity.members", "publish"} <= set(by_name)
    assert all(step.seconds >= 0 and step.peak_mb > 0 for step in record.steps)


def test_a_changed_project_runs_again_over_what_has_landed(company: Company) -> None:
    company.run()
    company.source("crm", "record_id: id\npeople: {last_name: name, email: mail}\n")
    record = company.run()
    assert record.status is RunStatus.PUBLISHED
    assert not [s for s in record.steps if s.name.startswith("read.")]
    assert company.ask("select count(*) from staging.records where last_name is not null") == [(5,)]


def test_a_source_taken_out_of_the_project_no_longer_counts(company: Company) -> None:
    company.csv("shop", [{"id": 9, "name": "Zoe", "mail": "zoe@example.com"}])
    company.run()
    (company.folder / "sources/shop.yml").unlink()
    company.run()
    assert company.ask("select count(*) from profiles.customers") == [(5,)]


def test_a_paused_source_leaves_its_attributes_empty_and_returns_with_its_customers(company: Company) -> None:
    company.identity("keys: [tier]\n")
    company.csv("shop", [{"id": 9, "name": "Zoe", "tier": "gold"}])
    shop = "record_id: id\npeople: {first_name: name, attributes: {tier: tier}}\n"
    company.source("shop", shop)
    company.run()
    before = company.ask("select source, record_id, customer_id from identity.members order by all")
    company.source("shop", shop + "status: paused\n")
    company.run()
    assert company.ask("select distinct tier from staging.records") == [(None,)]
    company.source("shop", shop)
    company.run()
    assert company.ask("select source, record_id, customer_id from identity.members order by all") == before


def test_environments_keep_their_customers_apart(company: Company) -> None:
    company.write("kinfolk.yml", "name: Test\ntime_zone: UTC\nenvironments: [prod, test]\nenvironment: prod\n")
    company.source("shop", "environment: test\nrecord_id: id\npeople: {first_name: name}\n")
    company.csv("shop", [{"id": 9, "name": "Invented"}])
    company.run()
    before = company.published()
    company.run(environment="test")
    assert company.published() == before
    assert query(company.folder, "select 1 from profiles.customers where first_name = 'Invented'", None, "test").rows


def test_a_run_twice_from_nothing_makes_the_same_customers(
    company: Company, tmp_path_factory: pytest.TempPathFactory
) -> None:
    company.run()
    again = Company(tmp_path_factory.mktemp("again"))
    for file in company.folder.rglob("*"):
        if file.is_file() and ".kinfolk" not in file.parts:
            again.write(str(file.relative_to(company.folder)), file.read_bytes())
    again.run()
    columns = "source, record_id, customer_id, record_no"
    assert company.ask(f"select {columns} from identity.members order by all") == again.ask(
        f"select {columns} from identity.members order by all"
    )


def dozen() -> list[dict[str, object]]:
    return [{"id": n, "name": f"Ada{n}", "mail": f"a{n}@example.com"} for n in range(12)]


@pytest.mark.parametrize("emptied", [True, False])
def test_a_catalogue_that_is_gone_gives_nobody_the_id_of_another(company: Company, emptied: bool) -> None:
    company.run()
    lake = company.folder / ".kinfolk/lake"
    for file in lake.glob("catalog.sqlite*"):
        file.unlink()
    if emptied:
        (lake / "catalog.sqlite").touch()
    for _ in range(2):
        with pytest.raises(EngineError, match="catalogue of the lake is empty or gone.*customer ids are new"):
            company.run()


def test_a_source_of_many_people_is_not_lost_with_its_file(company: Company) -> None:
    company.csv("shop", dozen())
    company.run()
    before = company.published()
    (company.folder / "sources/shop.yml").rename(company.folder / "sources/shop.yml.bak")
    with pytest.raises(SourceError, match="shop, with 12 records .*--allow-deletes shop"):
        company.run()
    assert company.published() == before
    company.run(allow_deletes=["shop"])
    assert company.run().status is RunStatus.UNCHANGED


def test_status_of_a_project_that_has_landed_nothing(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.source("crm", "record_id: id\npeople: {email: mail}\n")
    company.write("data/crm.csv", "id,mail\n")
    company.run()
    numbers = status(company.folder).numbers
    assert numbers is not None and (numbers.records, numbers.quarantined) == (0, [])
