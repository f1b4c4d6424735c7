"""Strangers behind one device or one mailbox stay apart, and the report names the guard that kept them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinfolk.commands.explain import explain
from kinfolk.commands.shared import shared
from kinfolk.commands.status import status
from tests.company import Company

PEOPLE = """record_id: id
people: {first_name: first, last_name: last, email: mail, device_id: device}
"""
NAMES = ("Ada", "Bo", "Cy", "Di", "Eli", "Fay")


DECLARED = 'keys:\n  - email\n  - {key: device_id, at_most: 2}\nignore: {email: ["info@*"]}\n'
LEARNED = "keys: [email, device_id]\n"


@pytest.fixture(params=[DECLARED, LEARNED], ids=["guards declared", "guards learned"])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Company:
    """A shop whose customers sign up on a tablet at the till, or on a device of their own."""
    made = Company(tmp_path)
    made.source("shop", PEOPLE)
    made.identity(request.param)
    return made


def learned(company: Company) -> bool:
    return (company.folder / "identity.yml").read_text() == LEARNED


def customers(company: Company) -> dict[str, str]:
    return dict(company.ask("select record_id, customer_id from identity.members"))


def guards(company: Company) -> set[tuple[str, str, str, int]]:
    return set(company.ask("select guard, rule, value, records from identity.guards"))


def test_a_tablet_in_a_shop_makes_nobody_of_its_users_one_customer(company: Company) -> None:
    at_home = [{"id": f"home-{n}", "first": "Gus", "last": "Own", "mail": "", "device": "phone-7"} for n in (1, 2)]
    at_till = [
        {"id": f"till-{name}", "first": name, "last": f"{name}son", "mail": f"{name.lower()}@example.com",
         "device": "tablet-1"}
        for name in NAMES
    ]  # fmt: skip
    company.csv("shop", at_home + at_till[:2])
    company.run()
    found = customers(company)
    assert len({found[f"till-{name}"] for name in NAMES[:2]}) == 1  # two on one device could still be one person
    company.csv("shop", at_home + at_till)
    company.run()
    found = customers(company)
    assert len({found[f"till-{name}"] for name in NAMES}) == len(NAMES)
    assert found["home-1"] == found["home-2"]
    guard = "shared_value" if learned(company) else "at_most"
    assert guards(company) == {(guard, "device_id", "tablet-1", len(NAMES))}
    split = "select record_id, cause from identity.events where kind = 'split' order by record_id"
    assert company.ask(split) == [("till-Bo", "other records changed")]
    [listed] = shared(company.folder)
    assert (listed["field"], listed["value"], listed["records"], listed["kind"], listed["unlinked"]) == (
        "device_id", "tablet-1", len(NAMES), "device", True,
    )  # fmt: skip
    assert 3 <= listed["people"] <= len(NAMES)  # names that are nearly alike count as one person


def test_an_office_mailbox_makes_nobody_who_writes_from_it_one_customer(company: Company) -> None:
    office = [{"id": name, "first": name, "last": f"{name}son", "mail": "info@firm.example"} for name in NAMES]
    own = [{"id": f"own-{n}", "first": "Gus", "last": "Own", "mail": "gus@firm.example"} for n in (1, 2)]
    company.csv("shop", [{**row, "device": ""} for row in office + own])
    company.run()
    found = customers(company)
    assert len({found[name] for name in NAMES}) == len(NAMES)
    assert found["own-1"] == found["own-2"]
    kept_by = {("shared_value", "email", "info@firm.example", len(NAMES))}
    if not learned(company):
        kept_by = {("ignore", "email", "info@firm.example", 6), ("nothing_known", "keys and match", "", 6)}
    assert guards(company) == kept_by
    told = explain(company.folder, "shop:Ada", "shop:Bo")
    assert not told.same
    if learned(company):
        [effect] = told.guards
        assert effect.endswith("people share this mailbox, so it linked none of the records.")
    numbers = status(company.folder).numbers
    expected = [{"field": "email", "kind": "mailbox", "values": 1}] if learned(company) else []
    assert numbers is not None and numbers.shared == expected
