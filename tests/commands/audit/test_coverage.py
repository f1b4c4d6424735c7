"""With the truth as judge, intervals cover it as often as they promise, and estimates are not skewed."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kinfolk.commands.audit.drawing import key_of, sample
from kinfolk.commands.audit.estimating import Estimate
from kinfolk.commands.audit.reporting import estimates
from kinfolk.commands.matching import OpenMatching, open_matching
from kinfolk.commands.open_project import open_project
from kinfolk.engine.reader import reading
from tests.company import Company
from tests.stages.identity.population import person, written

RULES = """
keys: [email]
match:
  compare: {first_name: name, last_name: name, birth_date: date, phone: phone, street: address}
  personal: [first_name, birth_date]
"""
SOURCE = """
record_id: id
people:
  {first_name: first_name, last_name: last_name, birth_date: birth_date, email: email, phone: phone, street: street}
"""


def confusing(people: int, seed: int) -> list[dict[str, Any]]:
    """Records that often lack what would tell their people apart; now and then two people share a mailbox."""
    rng = random.Random(seed)
    made = []
    for number in range(people):
        one = person(rng, number)
        if number % 12 == 0 and made:
            one["email"] = made[-1]["email"]
        for _ in range(rng.choice([1, 1, 2, 3, 4])):
            record = written(rng, one)
            for field, lost in (("email", 0.5), ("phone", 0.6), ("birth_date", 0.3), ("street", 0.3)):
                record[field] = None if rng.random() < lost else record[field]
            made.append({"id": len(made), **record})
    return made


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[OpenMatching, list[int]]:
    """A published project, and who each of its records really is."""
    company = Company(Path(tmp_path_factory.mktemp("company")))
    rows = confusing(700, seed=3)
    company.csv("crm", rows)
    company.source("crm", SOURCE)
    company.identity(RULES)
    company.run()
    project = open_project(company.folder)
    with reading(project.state) as reader:
        matching = open_matching(reader, project.identity)
    who = {str(row["id"]): row["truth"] for row in rows}
    return matching, [who[record] for record in matching.records["record_id"].to_pylist()]


def truth(matching: OpenMatching, who: list[int]) -> tuple[float, float, float]:
    """Precision, missed matches and doubles, counted over all pairs of all records."""
    customers = matching.known.customers.tolist()
    of_customer, of_person = defaultdict(list), defaultdict(list)
    for at, (customer, one) in enumerate(zip(customers, who, strict=True)):
        of_customer[customer].append(at)
        of_person[one].append(at)
    joined = [who[a] == who[b] for group in of_customer.values() for a, b in combinations(group, 2)]
    same = [customers[a] == customers[b] for group in of_person.values() for a, b in combinations(group, 2)]
    double = {customers[at] for group in of_person.values() if len({customers[x] for x in group}) > 1 for at in group}
    return sum(joined) / len(joined), 1 - sum(same) / len(same), len(double) / len(of_customer)


@pytest.mark.slow
def test_intervals_cover_the_truth_and_estimates_are_not_skewed(known: tuple[OpenMatching, list[int]]) -> None:
    matching, who = known
    wanted = truth(matching, who)
    assert 0.5 < wanted[0] < 1 and wanted[1] > 0.02 and wanted[2] > 0.02, "there is something to find out"
    every = matching.frame(seed=1)
    found: list[tuple[Estimate, Estimate, Estimate]] = []
    for seed in range(200):
        drawn = sample(every, 200, seed)
        key = key_of(matching, every, drawn, seed)
        verdicts = {
            number: "same" if who[every.a[at]] == who[every.b[at]] else "different"
            for number, at in enumerate(drawn.tolist(), start=1)
        }
        found.append(estimates(key, verdicts))
    for number, value in enumerate(wanted):
        each = [made[number] for made in found]
        assert np.mean([e.low <= value <= e.high for e in each]) >= 0.88
        middle, spread = np.mean([e.value for e in each]), np.std([e.value for e in each])
        assert abs(middle - value) < max(0.25 * spread, 0.1 * value)
