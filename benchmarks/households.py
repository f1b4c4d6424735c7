"""How well households are found: pairs of customers under one roof, against the truth that people.py wrote.

    python benchmarks/people.py --records 100000 --out DIR
    python benchmarks/households.py DIR

Adds `households: true` to the project, runs it and prints precision and recall of pairs of customers who live together,
each customer counted as the person most of its records are of.
Two customers who are one person are no pair of a household.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import pyarrow.parquet as pq

from kinfolk.commands.query import query
from kinfolk.commands.run import run
from kinfolk.model.run import RunOptions

Pairs = set[tuple[str, str]]


def persons_of_customers(folder: Path) -> dict[str, int]:
    """The person most of a customer's records are of."""
    truth = pq.read_table(folder / "truth.parquet").to_pydict()
    person = {(s, str(r)): p for s, r, p in zip(truth["source"], truth["record_id"], truth["person"], strict=True)}
    votes: dict[str, Counter[int]] = defaultdict(Counter)
    for source, record_id, customer in query(
        folder, "select source, record_id, customer_id from identity.members"
    ).rows:
        votes[customer][person[source, str(record_id)]] += 1
    return {customer: counted.most_common(1)[0][0] for customer, counted in votes.items()}


def homes(folder: Path) -> dict[int, str]:
    """The household of each person; who left home before the end still counts, for old addresses say so."""
    truth = pq.read_table(folder / "households.parquet").to_pydict()
    return dict(zip(truth["person"], map(str, truth["household"]), strict=True))


def with_address(folder: Path) -> set[str]:
    """Customers of whom an address is known."""
    return {c for (c,) in query(folder, "select customer_id from profiles.customers where street is not null").rows}


def pairs(grouped: dict[str, list[str]], person: dict[str, int]) -> Pairs:
    """Pairs of customers of one home who are two people."""
    together = (sorted(pair) for members in grouped.values() for pair in combinations(members, 2))
    return {(a, b) for a, b in together if person[a] != person[b]}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure households against their truth.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    rules = folder / "identity.yml"
    text = rules.read_text(encoding="utf-8")
    if "households:" not in text:
        rules.write_text("households: true\n" + text, encoding="utf-8")
    began = time.perf_counter()
    run(folder, options=RunOptions(full=True))
    seconds = time.perf_counter() - began
    person = persons_of_customers(folder)
    home = homes(folder)
    true: dict[str, list[str]] = defaultdict(list)
    for customer, of in person.items():
        true[home[of]].append(customer)
    found: dict[str, list[str]] = defaultdict(list)
    for household, customer in query(folder, "select household_id, customer_id from identity.households").rows:
        found[household].append(customer)
    ours, theirs = pairs(found, person), pairs(true, person)
    doubles = sum(person[a] == person[b] for members in found.values() for a, b in combinations(members, 2))
    right = len(ours & theirs)
    known = with_address(folder)
    findable = {pair for pair in theirs if known.issuperset(pair)}
    print(
        {
            "run_seconds": round(seconds, 1),
            "households": len(found),
            "pairs": len(ours),
            "of": len(theirs),
            "precision": round(right / max(len(ours), 1), 4),
            "recall": round(right / max(len(theirs), 1), 4),
            "recall_with_addresses": round(len(ours & findable) / max(len(findable), 1), 4),
            "pairs_of_one_person": doubles,
        }
    )


if __name__ == "__main__":
    main()
