"""Strangers behind one device or one mailbox stay apart, and the report names the guard that kept them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.company import Company

PEOPLE = """record_id: id
people: {first_name: first, last_name: last, email: mail, device_id: device}
"""
NAMES = ("Ada", "Bo", "Cy", "Di", "Eli", "Fay")


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """A shop whose customers sign up on a tablet at the till, or on a device of their own."""
    made = Company(tmp_path)
    made.source("shop", PEOPLE)
    made.identity('keys:\n  - email\n  - {key: device_id, at_most: 4}\nignore: {email: ["info@*"]}\n')
    return made


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
    company.csv("shop", at_home + at_till[:3])
    company.run()
    found = customers(company)
    assert len({found[f"till-{name}"] for name in NAMES[:3]}) == 1  # three on one device could still be one person
    company.csv("shop", at_home + at_till)
    company.run()
    found = customers(company)
    assert len({found[f"till-{name}"] for name in NAMES}) == len(NAMES)
    assert found["home-1"] == found["home-2"]
    assert guards(company) == {("at_most", "device_id", "tablet-1", len(NAMES))}
    split = "select record_id, cause from identity.events where kind = 'split' order by record_id"
    assert company.ask(split) == [("till-Bo", "other records changed"), ("till-Cy", "other records changed")]


def test_an_office_mailbox_makes_nobody_who_writes_from_it_one_customer(company: Company) -> None:
    office = [{"id": name, "first": name, "last": f"{name}son", "mail": "info@firm.example"} for name in NAMES]
    own = [{"id": f"own-{n}", "first": "Gus", "last": "Own", "mail": "gus@firm.example"} for n in (1, 2)]
    company.csv("shop", [{**row, "device": ""} for row in office + own])
    company.run()
    found = customers(company)
    assert len({found[name] for name in NAMES}) == len(NAMES)
    assert found["own-1"] == found["own-2"]
    assert guards(company) == {("ignore", "email", "info@firm.example", len(NAMES))}
