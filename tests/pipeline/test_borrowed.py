"""Environments kept apart and cheap: dev reads what prod has landed, and changes nothing of prod's."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinfolk.commands.backup import backup
from kinfolk.commands.check import check
from kinfolk.commands.plan import plan
from kinfolk.commands.query import query
from kinfolk.commands.restore import restore
from kinfolk.commands.rollback import rollback
from kinfolk.commands.run import run, run_plan
from kinfolk.errors import SourceError, StalePlanError
from kinfolk.model.run import RunStatus
from tests.company import Company


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.write("kinfolk.yml", "name: Test\nenvironments: {prod: {}, dev: {landing: prod}}\nenvironment: prod\n")
    made.source("crm", "record_id: id\nenvironment: prod\npeople: {first_name: name, email: mail}\n")
    made.identity("keys: [email]\n")
    made.csv("crm", [{"id": n, "name": f"Ada{n}", "mail": f"a{n // 2}@example.com"} for n in range(6)])
    return made


def customers(company: Company, environment: str) -> int:
    [(count,)] = query(company.folder, "select count(*) from profiles.customers", None, environment).rows
    return int(count)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.parquet")}


def test_dev_makes_its_own_customers_from_prod_s_landing_without_copying_it(company: Company) -> None:
    company.run()
    prod = company.folder / ".kinfolk/prod"
    before = bytes_of(prod)
    (company.folder / "data/crm.csv").unlink()
    company.identity("keys: [first_name]\n")
    record = run(company.folder, "dev")
    assert record.status is RunStatus.PUBLISHED
    assert not [step for step in record.steps if step.name.startswith(("read.", "landing."))]
    assert (customers(company, "prod"), customers(company, "dev")) == (3, 6)
    assert bytes_of(prod) == before
    assert not (company.folder / ".kinfolk/dev/lake/data/landing").exists()


def test_dev_is_made_anew_when_prod_s_landing_has_moved_on_and_only_then(company: Company) -> None:
    company.run()
    run(company.folder, "dev")
    assert run(company.folder, "dev").status is RunStatus.UNCHANGED
    company.csv("crm", [{"id": n, "name": f"Ada{n}", "mail": f"b{n}@example.com"} for n in range(6)])
    assert run(company.folder, "dev").status is RunStatus.UNCHANGED, "dev does not read the sources"
    company.run()
    assert run(company.folder, "dev").status is RunStatus.PUBLISHED
    assert customers(company, "dev") == 6


def test_a_plan_in_dev_foretells_dev_and_ends_when_prod_moves_on(company: Company) -> None:
    company.run()
    run(company.folder, "dev")
    company.identity("keys: [first_name]\n")
    planned = plan(company.folder, "dev").plan
    assert planned.customers is not None
    assert (planned.customers.before, planned.customers.after) == (3, 6)
    company.csv("crm", [{"id": n, "name": "Eve", "mail": f"b{n}@example.com"} for n in range(6)])
    company.run()
    with pytest.raises(StalePlanError, match="the landing that is read has moved on since"):
        run_plan(company.folder, planned.ground)
    assert run_plan(company.folder, plan(company.folder, "dev").plan.ground).status is RunStatus.PUBLISHED


def test_dev_says_so_when_prod_has_never_run(company: Company) -> None:
    for asked in (run, plan):
        with pytest.raises(SourceError, match="landing of prod, which has never run.*--environment prod"):
            asked(company.folder, "dev")
    assert not (company.folder / ".kinfolk").exists()


def test_dev_says_so_when_prod_never_took_in_a_source(company: Company) -> None:
    company.run()
    company.source("shop", "record_id: id\npeople: {email: mail}\n")
    with pytest.raises(SourceError, match=r"shop.yml:1: The source shop has never landed in prod"):
        run(company.folder, "dev")


def test_check_does_not_look_for_sources_that_are_not_read(company: Company) -> None:
    (company.folder / "data/crm.csv").unlink()
    assert [source.parts for source in check(company.folder, "dev").sources] == [0]


def test_dev_follows_prod_to_a_restored_state_whose_number_was_given_out_before(company: Company) -> None:
    company.run()
    company.csv("crm", [{"id": n, "name": f"Ada{n}", "mail": f"a{n}@example.com"} for n in range(6)])
    company.run()
    saved = company.folder.parent / "saved.zip"
    backup(company.folder, saved)
    rollback(company.folder, "run:1", yes=True)
    run(company.folder, "dev")
    foretold = plan(company.folder).plan
    restore(company.folder, saved, yes=True)
    assert run(company.folder, "dev").status is RunStatus.PUBLISHED
    assert customers(company, "dev") == customers(company, "prod") == 6
    with pytest.raises(StalePlanError, match="published since"):
        run_plan(company.folder, foretold.ground)
