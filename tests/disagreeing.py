"""Customers whose sources disagree: for tests of what survives and where it came from."""

from __future__ import annotations

import random
from typing import Any

from tests.company import Company

TRUST = ("crm", "shop", "desk")

SOURCE = """
record_id: id
observed_at: seen
country: DE
people:
  customer_number: number
  first_name: first
  last_name: last
  email: mail
  email_verified: ok
  phone: tel
  street: street
  postcode: zip
  city: city
  attributes: {tier: tier}
"""

_NAMES = ("id", "number", "seen", "first", "last", "mail", "ok", "tel", "street", "zip", "city", "tier")


def record(**values: Any) -> dict[str, Any]:
    """A row of such a source; what is not given is empty."""
    return {name: values.get(name) for name in _NAMES}


def disagreeing_customers(company: Company, number: int, seed: int) -> None:
    """Customers with up to three records in each source, values missing and at odds."""
    chance = random.Random(seed)
    for name in TRUST:
        rows = []
        for customer in range(number):
            for copy in range(chance.choice([0, 1, 1, 2, 3])):
                rows.append(_record(chance, f"{customer}-{copy}", f"c{customer}"))
        company.csv(name, rows)


def _record(chance: random.Random, record_id: str, number: str) -> dict[str, Any]:
    return record(
        id=record_id,
        number=number,
        seen=f"2025-0{chance.randint(1, 9)}-01",
        first=chance.choice([None, "Ada", " ADELE "]),
        last=chance.choice([None, "Berg", "Bergmann"]),
        mail=chance.choice([None, "A@example.com", "longer@example.com"]),
        ok=chance.choice([None, "yes", "no"]),
        tel=chance.choice([None, "030 1234567", "+49 89 7654321", "n/a"]),
        street=chance.choice([None, "Weg 1", "Allee 22"]),
        zip=chance.choice([None, "10115", "50667"]),
        city=chance.choice([None, "Berlin", "Bonn"]),
        tier=chance.choice([None, "gold", "silver", "iron"]),
    )
