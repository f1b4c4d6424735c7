"""Deciding on pairs, merging customers and taking a merge back, on a real project."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kinfolk.commands import customer, review
from kinfolk.commands.open_project import open_project
from kinfolk.commands.plan import plan
from kinfolk.commands.review import Signature
from kinfolk.commands.rollback import rollback
from kinfolk.errors import BusyError, KinfolkError, NotFoundError
from kinfolk.interfaces.cli.review_commands import app
from kinfolk.model.run import RunStatus
from kinfolk.store.write.lease import writer_lease
from tests.company import Company

INES = Signature("Ines", "I asked")
PEOPLE = [
    {"id": "1", "first": "Mara", "mail": "mara@x.example", "card": ""},
    {"id": "2", "first": "Maria", "mail": "maria@x.example", "card": ""},
    {"id": "3", "first": "Maria", "mail": "maria@x.example", "card": ""},
    {"id": "4", "first": "Marie", "mail": "maria@x.example", "card": ""},
    {"id": "5", "first": "Ben", "mail": "ben@x.example", "card": "K1"},
    {"id": "6", "first": "Jo", "mail": "jo@x.example", "card": "K2"},
]
ORDERS = [{"id": "o1", "mail": "maria@x.example"}, {"id": "o2", "mail": "ben@x.example"}]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.csv("crm", PEOPLE)
    made.csv("shop", ORDERS)
    made.source("crm", "record_id: id\npeople: {first_name: first, email: mail, national_id: card}\n")
    made.source("shop", "record_id: id\nbelongs_to: {column: mail, key: email}\norders: {order_id: id}\n")
    made.identity("keys: [email]\nnever: [{different: national_id}]\n")
    made.run()
    return made


def results(company: Company) -> dict[str, Any]:
    """Everything about customers: members, ids given up, profiles, orders."""
    names = ("identity.members", "identity.aliases", "identity.former_groups", "identity.links", "profiles.")
    return {name: rows for name, rows in company.published().items() if name.startswith(names)}


def refused(what: Callable[[], object], words: str, kind: type[KinfolkError] = KinfolkError) -> str:
    with pytest.raises(kind, match=words) as caught:
        what()
    return str(caught.value)


def test_customers_merged_by_hand_and_parted_are_who_they_were(company: Company) -> None:
    before = results(company)
    customer.merge(company.folder, ["C-1", "c-2"], INES)
    assert plan(company.folder).plan.decisions == 1
    assert company.run().status is RunStatus.PUBLISHED
    assert company.run().status is RunStatus.UNCHANGED
    assert company.ask("select alias, customer_id from identity.aliases") == [("C-2", "C-1")]
    assert company.ask("select customer_id, records from profiles.customers order by 1")[0] == ("C-1", 4)
    already = refused(lambda: customer.merge(company.folder, ["C-1", "C-2"], INES), "one customer already")
    assert "C-1" in already
    customer.unmerge(company.folder, ("C-2", ()), INES)
    company.run()
    assert results(company) == before


def test_customers_that_a_key_merged_part_with_their_ids_and_profiles(company: Company) -> None:
    """Mara's address becomes Maria's, so all are one; parted by hand, the three Marias are C-2 again."""
    before = company.ask("select record_id, customer_id from identity.members order by 1")
    profiles = company.ask("select customer_id, records, first_name from profiles.customers order by 1")
    company.csv("crm", [{**PEOPLE[0], "mail": "maria@x.example"}, *PEOPLE[1:]])
    company.run()
    assert len(company.ask("select distinct customer_id from identity.members")) == 3
    shown = customer.unmerge(company.folder, ("C-1", ()), INES, dry_run=True)
    assert shown.rehearsed is not None
    assert {(m.record, m.before, m.after) for m in shown.rehearsed.records} == {
        (f"crm:{n}", "C-1", "C-2") for n in (2, 3, 4)
    }
    assert [(m.kind, m.ids) for m in shown.rehearsed.activity] == [("orders", ("shop:o1",))]
    assert review.decisions(company.folder) == []
    made = customer.unmerge(company.folder, ("C-1", ()), INES)
    assert {d.part_of for d in made.decisions} == {made.decisions[0].decision_no}
    assert {d.verdict for d in made.decisions} == {"different"}
    company.run()
    assert company.ask("select record_id, customer_id from identity.members order by 1") == before
    assert company.ask("select customer_id, records, first_name from profiles.customers order by 1") == profiles
    assert company.ask("select * from identity.aliases") == []
    history = customer.history(company.folder, "C-2")
    assert (history.records, len(history.decisions)) == (["crm:2", "crm:3", "crm:4"], 3)
    assert {(e.kind, e.record_id, e.cause) for e in history.events if e.customer_after == "C-2"} == {
        ("split", n, "decision 1") for n in ("2", "3", "4")
    }


def test_what_a_rule_keeps_apart_is_not_merged_by_hand_nor_over_a_third_record(company: Company) -> None:
    said = refused(lambda: customer.merge(company.folder, ["C-3", "C-4"], INES), "they differ in national_id")
    assert "crm:5 and crm:6 cannot be one customer" in said
    refused(lambda: customer.merge(company.folder, ["C-3", "C-4"], INES, dry_run=True), "they differ in national_id")
    review.decide(company.folder, ("crm:1", "crm:5"), "same", INES)
    refused(lambda: review.decide(company.folder, ("crm:1", "crm:6"), "same", INES), "they differ in national_id")
    refused(lambda: customer.merge(company.folder, ["C-1", "C-4"], INES), "they differ in national_id")
    assert len(review.decisions(company.folder)) == 1
    customer.merge(company.folder, ["C-2", "C-3"], INES)


def test_a_customer_too_large_to_be_parted_by_hand_is_not(company: Company) -> None:
    company.csv("crm", [{**PEOPLE[0], "id": n} for n in range(1, 204)])
    company.run()
    off = [f"crm:{n}" for n in range(1, 101)]
    said = refused(lambda: customer.unmerge(company.folder, ("C-1", off), INES), "would be 10,300 decisions")
    assert "100 records split from 103" in said
    assert review.decisions(company.folder) == []


def test_a_decision_outlives_deletion_and_rollback(company: Company) -> None:
    review.decide(company.folder, ("crm:1", "crm:6"), "same", INES)
    company.csv("crm", PEOPLE[:5])
    company.run(allow_deletes=["crm"])
    assert [s.standing for s in review.decisions(company.folder)] == ["waits for its record"]
    company.csv("crm", PEOPLE)
    company.run()
    [(joined,)] = company.ask("select count(distinct customer_id) from identity.members where record_id in ('1', '6')")
    assert joined == 1
    assert [s.standing for s in review.decisions(company.folder)] == ["holds"]
    rollback(company.folder, "run:1", yes=True)
    assert [s.standing for s in review.decisions(company.folder)] == ["waits for the next run"]


def test_what_cannot_be_is_refused_with_the_reason_and_the_way_on(company: Company) -> None:
    folder = company.folder

    def decide(a: str, b: str, verdict: str) -> object:
        return review.decide(folder, (a, b), verdict, INES)

    refused(lambda: decide("crm:1", "crm:99", "same"), "No record crm:99 is there, or ever was", NotFoundError)
    refused(lambda: decide("crm:1", "C-2", "same"), "is no record", NotFoundError)
    refused(lambda: decide("crm:1", "crm:1", "same"), "are one record")
    refused(lambda: decide("crm:1", "crm:2", "perhaps"), "is no answer")
    refused(lambda: decide("crm:5", "crm:6", "same"), "differ in national_id")
    refused(lambda: customer.merge(folder, ["C-1", "C-77"], INES), "no customer C-77", NotFoundError)
    refused(lambda: customer.unmerge(folder, ("C-1", ()), INES), "never took another customer in")
    refused(lambda: customer.unmerge(folder, ("C-1", ["crm:5"]), INES), "no record of C-1", NotFoundError)
    refused(lambda: customer.unmerge(folder, ("C-1", ["crm:1"]), INES), "nothing would be left")
    assert review.decisions(folder) == []
    decide("crm:1", "crm:2", "same")
    decide("crm:2", "crm:5", "same")
    said = refused(lambda: decide("crm:1", "crm:5", "different"), "contradicts what was decided")
    assert "decision 1 (Ines" in said
    assert "`kinfolk review withdraw 1` or `kinfolk review withdraw 2`" in said
    review.withdraw(folder, 1, INES)
    refused(lambda: review.withdraw(folder, 1, INES), "overtaken by decision 3")
    refused(lambda: review.withdraw(folder, 3, INES), "itself a withdrawal")
    refused(lambda: review.withdraw(folder, 30, INES), "no decision 30", NotFoundError)
    decide("crm:1", "crm:5", "different")
    refused(lambda: customer.merge(folder, ["C-1", "C-3"], INES), "cannot be one customer while decision 4")


def test_two_who_decide_at_once_take_turns(company: Company) -> None:
    with writer_lease(open_project(company.folder).state, 0):
        refused(lambda: review.decide(company.folder, ("crm:1", "crm:2"), "same", INES), ".", BusyError)
    assert review.decisions(company.folder) == []


def test_who_does_not_say_who_decides_is_the_user_signed_in(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "otto")
    said = CliRunner().invoke(app, ["decide", "crm:1", "crm:2", "not sure", "-p", str(company.folder), "--json"])
    [decision] = json.loads(said.output)
    assert (decision["decided_by"], decision["verdict"], decision["note"]) == ("otto", "not sure", None)
