"""Events of membership: every record that went to another customer, and why; played in order they give the members."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kinfolk.commands.customer import unmerge
from kinfolk.commands.events import Asked, events
from kinfolk.commands.review import Signature, decide, withdraw
from kinfolk.commands.rollback import rollback
from kinfolk.errors import NotFoundError
from kinfolk.interfaces.cli.app import app
from tests.company import Company

PEOPLE = "record_id: id\ncountry: DE\npeople: {first_name: name, email: mail, phone: phone}\n"


def person(number: int, mail: str = "", phone: str = "") -> dict[str, Any]:
    return {"id": number, "name": f"N{number}", "mail": mail or f"n{number}@example.com", "phone": phone}


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Four people; the first two records are one of them by their e-mail."""
    made = Company(tmp_path)
    made.source("crm", PEOPLE)
    made.identity("keys: [email]\n")
    made.csv("crm", [person(1), person(2, "n1@example.com"), person(3), person(4, phone="+4930123456")])
    made.run()
    return made


def told(company: Company, **asked: Any) -> set[tuple[Any, ...]]:
    found = events(company.folder, Asked(**asked))
    return {(e.record_id, e.kind, e.customer_before, e.customer_after, e.cause) for e in found}


def played(company: Company, start: dict[str, str]) -> dict[str, str]:
    """The members that come of the events, played on those of the first run."""
    members = dict(start)
    for event in reversed(events(company.folder, Asked())):
        members.pop(event.record_id, None)
        if event.customer_after:
            members[event.record_id] = event.customer_after
    return members


def members(company: Company) -> dict[str, str]:
    return dict(company.ask("select record_id, customer_id from identity.members"))


@pytest.mark.parametrize("full", [False, True], ids=["a change", "everything"])
def test_what_happens_to_records_is_written_down_with_its_cause(company: Company, full: bool) -> None:
    first = members(company)
    assert told(company) == set()  # nobody was there before
    company.csv(
        "crm",
        [person(1), person(2, "own@example.com"), person(4, "n1@example.com"), person(5, "n1@example.com"), person(6)],
    )
    company.run(full=full)
    assert told(company) == {
        ("2", "split", "C-1", "C-4", "record changed"),
        ("3", "left", "C-2", None, "record deleted"),
        ("4", "merged", "C-3", "C-1", "key email"),
        ("5", "joined", None, "C-1", "key email"),
        ("6", "joined", None, "C-5", "record arrived"),
    }
    assert played(company, first) == members(company)
    company.csv("crm", [person(1), person(2, "own@example.com"), person(5, "n1@example.com"), person(6)])
    company.run(full=full)
    assert told(company, since="run:3") == {("4", "left", "C-1", None, "record deleted")}
    assert played(company, first) == members(company)


def test_records_move_because_another_one_changed_or_the_rules_did(company: Company) -> None:
    company.csv("crm", [person(1), person(2, "n1@example.com"), person(3), person(4, "n3@example.com")])
    company.run()
    company.csv("crm", [person(1, "n3@example.com"), person(2, "n1@example.com"), person(3), person(4)])
    company.run()
    assert told(company, since="run:3") == {
        ("1", "split", "C-1", "C-2", "key email"),
        ("4", "split", "C-2", "C-3", "record changed"),  # who it was before it merged
    }
    company.identity("keys: [first_name]\n")
    company.run()
    assert told(company, since="run:4") == {("1", "split", "C-2", "C-4", "rules changed")}


@pytest.mark.parametrize("full", [False, True], ids=["a change", "everything"])
def test_people_part_records_and_put_them_together_again(company: Company, full: bool) -> None:
    signed = Signature("Ada")
    unmerge(company.folder, ("C-1", ["crm:2"]), signed)
    company.run(full=full)
    assert told(company) == {("2", "split", "C-1", "C-4", "decision 1")}
    withdraw(company.folder, 1, signed)
    company.run(full=full)
    assert told(company, since="run:3") == {("2", "merged", "C-4", "C-1", "key email")}
    decide(company.folder, ("crm:1", "crm:3"), "same", signed)
    company.run(full=full)
    withdraw(company.folder, 3, signed)
    company.run(full=full)
    assert told(company, since="run:5") == {("3", "split", "C-1", "C-2", "decision 3 withdrawn")}


def test_a_rollback_is_an_event_and_forgets_none(company: Company) -> None:
    first = members(company)
    company.csv("crm", [person(1, "n3@example.com"), person(2, "n1@example.com"), person(3), person(7)])
    company.run()
    before = told(company)
    rollback(company.folder, "run:1", yes=True)
    assert members(company) == first
    assert told(company) == before | {
        ("1", "split", "C-2", "C-1", "rolled back to run 1"),
        ("4", "joined", None, "C-3", "rolled back to run 1"),
        ("7", "left", "C-4", None, "rolled back to run 1"),
    }
    assert played(company, first) == first


def test_events_are_asked_for_by_customer_kind_and_time(company: Company) -> None:
    company.csv("crm", [person(1), person(3), person(4, "n3@example.com")])
    company.run()
    assert {e[0] for e in told(company, kind="left")} == {"2"}
    assert {e[0] for e in told(company, customer="c-2")} == {"4"}
    assert told(company, since="2999-01-01") == set()
    with pytest.raises(NotFoundError, match="names no run and no moment"):
        told(company, since="soon")
    shown = CliRunner().invoke(app, ["identity", "events", "-p", str(company.folder)])
    assert "key email" in shown.output and "crm:4" in shown.output
    wrong = CliRunner().invoke(app, ["identity", "events", "--kind", "moved", "-p", str(company.folder)])
    assert wrong.exit_code == 2
