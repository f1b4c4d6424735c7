"""Ada and Bo each said something, were taken for one customer, and parted; what each said stayed with each."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kinfolk.commands.consent.record import record, withdraw
from kinfolk.commands.consent.saying import Said
from kinfolk.commands.consent.show import show
from kinfolk.commands.consent.verify import verify
from kinfolk.commands.customer import merge, unmerge
from kinfolk.commands.review import Signature
from tests.company import Company

POLICY = """
versions: {first: {since: 2020-01-01, text: We write to you.}}
purposes:
  newsletter: {use: marketing.communications.email, basis: consent}
  delivery: {use: essential.service, basis: contract}
"""
SIGNED = Signature("Ines", "same telephone, same street")


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.identity("keys: [email]\n")
    made.write("policies/consent.yml", POLICY)
    for source in ("crm", "shop"):
        made.source(source, "record_id: id\npeople: {first_name: name, email: mail}\n")
    made.csv("crm", [{"id": "a1", "name": "Ada", "mail": "ada@example.com"}])
    made.csv("shop", [{"id": "b1", "name": "Bo", "mail": "bo@example.com"}])
    made.run()
    return made


def table(company: Company) -> dict[str, tuple[str, bool]]:
    """Who holds a record of the CRM or the shop -> what holds for the newsletter, as SQL joins it."""
    return {
        source: (state, allowed)
        for source, state, allowed in company.ask(
            "select m.source, s.state, s.allowed from consent.state s join identity.members m using (customer_id) "
            "where s.purpose = 'newsletter'"
        )
    }


def newsletter(company: Company, who: str, as_of: datetime | None = None) -> str:
    found = show(company.folder, who, as_of=as_of.isoformat() if as_of else None)
    return next(one.state for one in found.states if one.purpose == "newsletter")


def test_what_each_said_follows_each_through_a_merge_and_out_of_it(company: Company) -> None:
    asked = datetime.now(UTC)
    record(company.folder, "C-1", Said("newsletter", "granted", proof="signed form 17"))
    record(company.folder, "C-2", Said("newsletter", "granted", "2025-01-01"))
    withdraw(company.folder, "bo@example.com", Said("newsletter", "withdrawn"))
    company.run()
    apart = datetime.now(UTC)
    assert table(company) == {"crm": ("granted", True), "shop": ("withdrawn", False)}

    merge(company.folder, ["C-1", "C-2"], SIGNED)
    company.run()
    together = datetime.now(UTC)
    assert len(company.ask("select distinct customer_id from identity.members")) == 1
    assert table(company) == {"crm": ("withdrawn", False), "shop": ("withdrawn", False)}
    assert newsletter(company, "shop:b1") == newsletter(company, "crm:a1") == "withdrawn"

    unmerge(company.folder, ("C-1", []), SIGNED)
    company.run()
    assert table(company) == {"crm": ("granted", True), "shop": ("withdrawn", False)}

    # And whoever asks about any of those days is told what held then.
    assert newsletter(company, "crm:a1", asked) == "unasked"
    assert newsletter(company, "crm:a1", apart) == "granted"
    assert newsletter(company, "C-1", together) == newsletter(company, "crm:a1", together) == "withdrawn"
    assert newsletter(company, "crm:a1") == "granted"
    assert verify(company.folder).problems == ()


@pytest.mark.parametrize(("choice", "after"), [("granted", "unasked"), ("denied", "denied")])
def test_what_two_said_as_one_forbids_for_both_when_they_part_and_allows_for_neither(
    company: Company, choice: str, after: str
) -> None:
    merge(company.folder, ["C-1", "C-2"], SIGNED)
    company.run()
    record(company.folder, "C-1", Said("newsletter", choice))
    company.run()
    assert {state for state, _ in table(company).values()} == {choice} == {newsletter(company, "C-1")}
    unmerge(company.folder, ("C-1", []), SIGNED)
    company.run()
    assert table(company) == {"crm": (after, False), "shop": (after, False)}
    assert newsletter(company, "crm:a1") == newsletter(company, "shop:b1") == after
