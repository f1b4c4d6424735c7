"""Rules that hold records apart: by a column in which they differ, or by a source that has no duplicates."""

from __future__ import annotations

import random
from typing import Any

import pytest

from kinfolk.model.identity import IdentityRules
from tests.stages.identity.workbench import Workbench, key, matching, never, same_source

NAMES = ("Ana", "Anna", "Rui", "Max")
RULES = IdentityRules(
    keys=(key("email"), key("phone")),
    matching=matching({"first_name": "name", "last_name": "name", "email": "email", "street": "address"}),
    never=(never("tax_id"), same_source("crm")),
)


def population(seed: int, count: int = 60) -> list[dict[str, Any]]:
    """Few names, mailboxes and streets, so that keys, copies, likeness and chains all want to join too much."""
    rng = random.Random(seed)
    return [
        {
            "source": rng.choice(("crm", "shop", "shop")),
            "first_name": rng.choice(NAMES),
            "last_name": rng.choice(("Costa", "Sousa")),
            "email": rng.choice((None, None, *(f"{n}@x.example" for n in range(12)))),
            "phone": rng.choice((None, None, None, *map(str, range(8)))),
            "street": rng.choice((None, "Main St 1", "Elm Road 2")),
            "tax_id": rng.choice((None, None, *map(str, range(6)))),
        }
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(8))
def test_no_customer_ever_breaks_a_never_rule(seed: int) -> None:
    rows, rng = population(seed), random.Random(seed)
    bench = Workbench(RULES)
    for _ in range(8):
        bench.decide(*rng.sample(range(1, len(rows) + 1), 2), rng.choice(("same", "same", "different")))
    for group in bench.run(rows).groups():
        members = [rows[int(record) - 1] for record in group]
        assert len({row["tax_id"] for row in members} - {None}) <= 1
        assert sum(row["source"] == "crm" for row in members) <= 1


def test_two_records_of_a_source_without_duplicates_share_a_mailbox_and_stay_two() -> None:
    rules = IdentityRules(keys=(key("email"),), never=(same_source("crm"),))
    rows = [{"source": source, "email": "home@x.example"} for source in ("crm", "shop", "crm", "shop")]
    bench = Workbench(rules).run(rows)
    assert bench.groups() == {frozenset({"1", "2", "4"}), frozenset({"3"})}
    [guard] = bench.rows("guards")
    assert (guard["guard"], guard["rule"], guard["value"]) == ("never", "email", "home@x.example")
    assert guard["effect"] == "Not every link by this value was made: records differ in record ids in crm."


def test_records_alike_in_everything_stay_two_in_a_source_without_duplicates() -> None:
    twin = {"source": "crm", "first_name": "Ana", "last_name": "Costa", "email": "ana@x.example", "street": "Main St 1"}
    others = [
        {"source": "shop", "first_name": f"N{n}", "last_name": f"L{n}", "email": f"{n}@y.example", "street": f"Elm {n}"}
        for n in range(40)
    ]
    rules = IdentityRules(matching=RULES.matching, never=(same_source("crm"),))
    bench = Workbench(rules).run([twin, twin, {**twin, "source": "shop"}, *others])
    customers = bench.customers()
    assert customers["1"] != customers["2"]
    assert customers["3"] in (customers["1"], customers["2"])
    named = {(guard["guard"], guard["rule"]) for guard in bench.rows("guards")}
    assert ("never", "match") in named
    assert any("record ids in crm" in row["reason"] for row in bench.rows("review"))
