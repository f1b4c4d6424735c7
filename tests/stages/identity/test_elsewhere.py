"""Pairs that are compared elsewhere lead to the customers that this machine would find."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kinfolk.engine import sql
from kinfolk.engine.step import Compute
from kinfolk.model.identity import IdentityRules
from kinfolk.stages import identity
from tests.stages.identity.finder import PlainFinder
from tests.stages.identity.population import records
from tests.stages.identity.test_matching import COMPARE, PERSONAL
from tests.stages.identity.workbench import Workbench, matching

RULES = IdentityRules(matching=matching(COMPARE, PERSONAL), tenant="region")


@pytest.fixture(scope="module")
def crowd() -> list[dict[str, Any]]:
    """Some forty people of two tenants, most of them with several records; two have their names changed places."""
    rows = [row | {"region": f"t{row['truth'] % 2}"} for row in records(40, 3)]
    first = rows[0]
    return [*rows, {**first, "first_name": first["last_name"], "last_name": first["first_name"]}]


def resolved(rules: IdentityRules, rows: list[dict[str, Any]], finder: PlainFinder | None) -> dict[str, Any]:
    """What the stage leaves, with pairs compared by the finder."""
    bench = Workbench(rules)
    bench._stage(rows, None)
    (step,) = identity.steps(rules, frozenset(), finder)
    assert isinstance(step, Compute)
    inputs = {n: bench.connection.execute(sql.text(q)).to_arrow_table() for n, q in step.inputs.items()}
    return {name: table.to_pylist() for name, table in step.run(inputs, lambda words: None).items()}


@pytest.mark.parametrize(
    "rules", [RULES, IdentityRules(matching=matching({"last_name": "text", "phone": "phone", "birth_date": "date"}))]
)
def test_pairs_compared_elsewhere_make_the_same_customers(rules: IdentityRules, crowd: list[dict[str, Any]]) -> None:
    finder = PlainFinder()
    here, there = resolved(rules, crowd, None), resolved(rules, crowd, finder)
    assert here["identity.members"] == there["identity.members"]
    assert len(finder.searches) == 2
    weights = [
        {(p["record_no_a"], p["record_no_b"]): p["weight"] for p in made["identity.pairs"]} for made in (here, there)
    ]
    assert weights[0] and weights[0].keys() == weights[1].keys()
    assert max(abs(weights[0][pair] - weights[1][pair]) for pair in weights[0]) < 1e-9


def test_only_what_is_compared_leaves_this_machine(crowd: list[dict[str, Any]]) -> None:
    finder = PlainFinder()
    rules = replace(RULES, matching=matching({"first_name": "name", "last_name": "name"}))
    resolved(rules, crowd, finder)
    columns = {name for search in finder.searches for name in search.rows.column_names}
    assert {n for n in columns if not n.startswith("kinfolk_block_")} == {"unique_id", "first_name", "last_name"}


def test_a_column_whose_name_is_no_plain_word_goes_by_a_number() -> None:
    rules = IdentityRules(matching=matching({"last_name": "name", "first name": "name", "unique_id": "text"}))
    rows = [{**row, "first name": row["first_name"], "unique_id": row["email"]} for row in records(30, 2)]
    finder = PlainFinder()
    there = resolved(rules, rows, finder)
    assert {"field_1", "field_2"} < set(finder.searches[0].rows.column_names)
    assert there["identity.pairs"] and there["identity.members"] == resolved(rules, rows, None)["identity.members"]
