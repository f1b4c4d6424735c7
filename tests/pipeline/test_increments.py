"""What a run over a change leaves behind is what a run over everything would leave, table by table."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kinfolk.commands.open_project import open_project
from kinfolk.model.decision import Verdict
from kinfolk.model.run import RunStatus
from kinfolk.pipeline.decisions import Act, write_decisions
from kinfolk.stages.identity import kept
from tests.company import Company

FIRST = ("Anna", "Ann", "Maria", "Peter", "Pete", "José", "Li", "Omar", "Ines", "Karl")
LAST = ("Meier", "Meyer", "Schmidt", "O'Brien", "García", "Wong", "Nowak")
STREETS = ("Main St 1", "Main St 2", "High Street 5", "Elm Road 12", "Park Lane 7")
IDENTITY = """
keys:
  - {key: email, at_most: 9}
  - [phone, tenant]
tenant: tenant
ignore: {email: ["info@*"]}
never: [{different: national_id}, {same_source: shop}]
match:
  compare: {first_name: name, last_name: name, birth_date: date, email: email, street: address}
  personal: [first_name, birth_date]
  largest: 4
  block_on: [[last_name], [birth_date], [first_name, street]]
households: {largest: 5}
accounts: {by: [email_domain, tier]}
survivorship:
  default: [most_trusted, most_recent]
  trust: [crm, shop]
  fields: {birth_date: [most_frequent], email: [most_recent]}
core_fields: [first_name, last_name, email]
"""
PEOPLE = """
record_id: id
observed_at: seen
people:
  first_name: first
  last_name: last
  birth_date: born
  email: mail
  phone: phone
  street: street
  national_id: nid
  tenant: tenant
  attributes: {tier: tier}
"""
ORDERS = """
record_id: id
belongs_to: {column: mail, key: email}
orders: {order_id: id, amount: amount, ordered_at: at}
"""
TICKETS = """
record_id: id
belongs_to: {column: person, source: crm}
tickets: {ticket_id: id, subject: subject}
"""


class World:
    """Random people, orders and tickets that change from load to load."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.rows: dict[str, dict[str, dict[str, Any]]] = {"crm": {}, "shop": {}, "orders": {}, "tickets": {}}
        self.next = 0
        self.asked: list[tuple[tuple[str, str], tuple[str, str]]] = []
        for _ in range(90):
            self.add()

    def add(self) -> None:
        """One more row somewhere."""
        self.next += 1
        source = self.random.choice(["crm", "crm", "shop", "orders", "tickets"])
        self.rows[source][f"{source[0]}{self.next}"] = getattr(self, f"_{source}")()

    def edit(self) -> None:
        """Rows come, change, go, and some return as they were."""
        for _ in range(self.random.randint(0, 3)):
            self.add()
        for source, rows in self.rows.items():
            for key in [key for key in rows if self.random.random() < 0.06]:
                if self.random.random() < 0.4 and len(rows) > 3:
                    del rows[key]
                else:
                    rows[key] = getattr(self, f"_{source}")()

    def decide(self) -> list[Verdict]:
        """People answer about a few pairs, also about records long gone, and contradict each other."""
        known = [("crm", key) for key in self.rows["crm"]] + [("shop", key) for key in self.rows["shop"]]
        pairs = [self.random.sample(known, 2) for _ in range(self.random.randint(0, 3))]
        again = [self.random.sample(self.asked, 1)[0] for _ in range(self.random.randint(0, 1)) if self.asked]
        self.asked += [(a, b) for a, b in pairs]
        said = ["same", "same", "different", "different", "not sure"]
        new = [Verdict(a, b, self.random.choice(said)) for a, b in pairs]
        return new + [Verdict(a, b, self.random.choice(["withdrawn", *said])) for a, b in again]

    def write(self, company: Company) -> None:
        """The files as they are now."""
        for source, rows in self.rows.items():
            company.csv(source, [{"id": key, **row} for key, row in rows.items()])

    def _crm(self) -> dict[str, Any]:
        """Somebody new, or somebody known with a value or two different."""
        known = [row for source in ("crm", "shop") for row in self.rows[source].values()]
        new = self._somebody()
        if not known or self.random.random() < 0.4:
            return new
        return {
            **self.random.choice(known),
            **{c: new[c] for c in self.random.sample(list(new), 3)},
            "seen": new["seen"],
        }

    def _somebody(self) -> dict[str, Any]:
        pick, some = self.random.choice, self.random.random
        mail = pick(["info@firm.example", f"p{self.random.randint(1, 30)}@x.example", "q@x.example"])
        return {
            "first": pick(FIRST) if some() < 0.9 else "",
            "last": pick(LAST) if some() < 0.95 else "",
            "born": f"19{pick('678')}0-0{pick('123')}-1{pick('0123')}" if some() < 0.8 else "",
            "mail": mail if some() < 0.5 else "",
            "phone": f"+4930123450{self.random.randint(0, 20) if some() < 0.7 else 0:02}" if some() < 0.4 else "",
            "street": pick(STREETS) if some() < 0.8 else "",
            "nid": f"N{self.random.randint(1, 12)}" if some() < 0.2 else "",
            "tenant": pick(["", "", "", "", "", "a"]),
            "tier": pick(["gold", "silver", ""]),
            "seen": f"2024-0{self.random.randint(1, 9)}-1{self.random.randint(0, 9)} 10:00:00",
        }

    _shop = _crm

    def _orders(self) -> dict[str, Any]:
        mail = self.random.choice([row["mail"] for s in ("crm", "shop") for row in self.rows[s].values()] or [""])
        return {"mail": mail, "amount": self.random.randint(1, 99), "at": "2024-05-01 12:00:00"}

    def _tickets(self) -> dict[str, Any]:
        return {"person": f"c{self.random.randint(1, self.next)}", "subject": self.random.choice(["late", "broken"])}


def company(folder: Path) -> Company:
    made = Company(folder)
    made.identity(IDENTITY)
    made.source("crm", PEOPLE)
    made.source("shop", PEOPLE)
    made.source("orders", ORDERS)
    made.source("tickets", TICKETS)
    return made


def state(made: Company) -> dict[str, list[tuple[Any, ...]]]:
    """Every published table without the moments of loading, which differ between two runs."""

    def plain(value: Any) -> Any:
        if isinstance(value, datetime) and value.year > 2024:
            return "when it was loaded"
        return round(value, 7) if isinstance(value, float) else value

    found = made.published().items()
    return {name: sorted((tuple(map(plain, row)) for row in rows), key=repr) for name, rows in found}


KEPT, ANEW = 0, 10_000  # records from which a model is kept


@pytest.mark.parametrize(
    ("seed", "learned_from"),
    [
        pytest.param(1, KEPT, id="model kept"),
        pytest.param(2, KEPT, id="model kept, 2", marks=pytest.mark.slow),
        pytest.param(4, ANEW, id="model learned anew", marks=pytest.mark.slow),
    ],
)
def test_ten_loads_of_random_edits_leave_what_full_runs_leave(
    seed: int, learned_from: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "LEARNED_WELL", learned_from)
    changes, everything = company(tmp_path / "changes"), company(tmp_path / "everything")
    world = World(seed)
    for load in range(10):
        world.write(changes)
        world.write(everything)
        statuses = changes.run().status, everything.run(full=load > 0).status
        assert statuses[1] is RunStatus.PUBLISHED
        left, right = state(changes), state(everything)
        for name in sorted({*left, *right}):
            assert left.get(name) == right.get(name), f"{name} differs after load {load}"
        if load % 3:  # every third time only people have changed anything
            world.edit()
        for verdicts in [verdicts for verdicts in [world.decide()] if verdicts]:
            for made in (changes, everything):
                write_decisions(open_project(made.folder), Act(verdicts, "Ines"), lambda decisions: None)
