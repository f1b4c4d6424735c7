"""Rollback: an earlier state is published anew; what came since is taken in again, and what was given out stays so."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinfolk.commands.history import history
from kinfolk.commands.query import query
from kinfolk.commands.rollback import rollback
from kinfolk.engine.duckdb import Session
from kinfolk.errors import BusyError, NotFoundError
from kinfolk.store.write.lease import writer_lease
from tests.company import Company

BOOKKEEPING = {"landing.rollbacks", "identity.former_members", "identity.aliases", "identity.events"}


def person(number: int, **values: object) -> dict[str, object]:
    return {"id": number, "name": f"N{number}", "mail": f"n{number}@example.com", **values}


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.source("crm", "record_id: id\npeople: {first_name: name, email: mail}\n")
    made.identity("keys: [email]\n")
    made.csv("crm", [person(n) for n in range(3)])
    made.run()
    return made


def ids(company: Company) -> dict[str, str]:
    return dict(company.ask("select record_id, customer_id from identity.members"))


def test_every_table_is_as_it_was(company: Company) -> None:
    before = company.published()
    company.csv("crm", [person(0, phone="+49 30 1234567"), person(7), person(8)])
    company.source("shop", "record_id: id\npeople: {email: mail}\norders: {order_id: id, amount: amount}\n")
    company.csv("shop", [{"id": 1, "mail": "n1@example.com", "amount": "5"}])
    company.run()
    assert "profiles.orders" in company.published()
    rollback(company.folder, "run:1", yes=True)
    after = company.published()
    assert set(after) - set(before) <= BOOKKEEPING
    assert {name: rows for name, rows in after.items() if name not in BOOKKEEPING} == {
        name: rows for name, rows in before.items() if name not in BOOKKEEPING
    }
    assert company.ask("select count(*) from profiles.lineage where source = 'shop'") == [(0,)]


def test_without_yes_it_only_says_what_would_change(company: Company) -> None:
    company.csv("crm", [person(n) for n in range(5)])
    company.run()
    before = company.published()
    found = rollback(company.folder, "run:1")
    assert found.run is None
    assert {(c.table, c.rows_now, c.rows_then) for c in found.tables} >= {("profiles.customers", 5, 3)}
    assert company.published() == before
    assert len(history(company.folder)) == 2


def test_the_states_since_are_not_lost_and_can_be_gone_back_to(company: Company) -> None:
    company.csv("crm", [person(n) for n in range(5)])
    company.run()
    later = company.published()
    rollback(company.folder, "run:1", yes=True)
    assert query(company.folder, "select count(*) from profiles.customers", as_of="run:2").rows == [(5,)]
    assert [(s.run_id, s.back_to) for s in history(company.folder)] == [(3, 1), (2, None), (1, None)]
    rollback(company.folder, "run:2", yes=True)
    after = company.published()
    assert {n: r for n, r in after.items() if n not in BOOKKEEPING} == {
        n: r for n, r in later.items() if n not in BOOKKEEPING
    }


def test_the_next_run_takes_in_again_what_came_since_and_customers_have_the_ids_they_had(company: Company) -> None:
    company.csv("crm", [person(n) for n in range(3)] + [person(8)])
    company.run()
    company.csv("crm", [person(n) for n in range(3)] + [person(8), person(9)])
    company.run()
    known = ids(company)
    rollback(company.folder, "run:1", yes=True)
    assert set(ids(company)) == {"0", "1", "2"}
    company.run()
    assert ids(company) == known
    assert company.ask("select count(*) from identity.aliases") == [(0,)]


def test_a_customer_id_given_out_since_is_never_given_to_anybody_else(company: Company) -> None:
    company.csv("crm", [person(n) for n in range(3)] + [person(8)])
    company.run()
    given = ids(company)["8"]
    rollback(company.folder, "run:1", yes=True)
    company.csv("crm", [person(n) for n in range(3)] + [person(9)])
    company.run()
    assert ids(company)["9"] not in {given, *(ids(company)[str(n)] for n in range(3))}
    assert company.ask("select alias, customer_id from identity.aliases") == [(given, None)]


def test_record_numbers_and_load_ids_are_never_used_again(company: Company) -> None:
    company.csv("crm", [person(n) for n in range(9)])
    company.run()
    highest = "select max(_record_no), max(_load_id) from landing.crm"
    [(record_no, load_id)] = company.ask(highest)
    rollback(company.folder, "run:1", yes=True)
    company.csv("crm", [person(n) for n in range(5)])
    company.run()
    [(lowest_record, lowest_load)] = company.ask(
        "select min(_record_no), min(_load_id) from landing.crm where _load_id > 1"
    )
    assert lowest_record > record_no
    assert lowest_load > load_id
    rollback(company.folder, "run:1", yes=True)
    company.run()
    assert company.ask("select min(_load_id) from landing.crm where _load_id > 1") > [(lowest_load,)]


def test_a_project_changed_since_runs_again_after_the_rollback(company: Company) -> None:
    company.source("crm", "record_id: id\npeople: {last_name: name, email: mail}\n")
    company.run()
    rollback(company.folder, "run:1", yes=True)
    assert company.ask("select count(last_name) from profiles.customers") == [(0,)]
    company.run()
    assert company.ask("select count(last_name) from profiles.customers") == [(3,)]


def test_the_present_state_is_nothing_to_go_back_to(company: Company) -> None:
    with pytest.raises(NotFoundError, match="is the present one"):
        rollback(company.folder, "run:1", yes=True)


def test_it_waits_for_no_run_that_is_writing(company: Company) -> None:
    company.csv("crm", [person(n) for n in range(5)])
    company.run()
    with writer_lease(company.folder / ".kinfolk"), pytest.raises(BusyError):
        rollback(company.folder, "run:1", yes=True)


def test_when_it_fails_the_published_state_is_untouched(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.csv("crm", [person(n) for n in range(5)])
    company.run()
    before = company.published()

    def broken(self: Session, table: str) -> int:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Session, "_published_rows", broken)
        with pytest.raises(OSError, match="disk full"):
            rollback(company.folder, "run:1", yes=True)
    assert company.published() == before
    rollback(company.folder, "run:1", yes=True)
    assert company.ask("select count(*) from profiles.customers") == [(3,)]
