"""Explanations say what scoring counted, to the bit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity import Hop, path
from tests.oracles.clusters import fellegi_sunter
from tests.stages.identity.population import records
from tests.stages.identity.test_matching import COMPARE, PERSONAL
from tests.stages.identity.workbench import Workbench, key, matching, never

RULES = IdentityRules(
    keys=(key("phone"),), matching=matching(COMPARE, PERSONAL), never=(never("email"),), ignore={"email": ("info@*",)}
)


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench(RULES).run(records(120, 3))


def pairs(bench: Workbench) -> list[dict[str, Any]]:
    every = bench.rows("pairs")
    return every[:: max(len(every) // 15, 1)]


def test_the_bits_add_up_to_the_weight_of_the_pair(bench: Workbench) -> None:
    for pair in pairs(bench):
        told = bench.explained(pair["record_no_a"], pair["record_no_b"])
        total = told.prior + sum(field.bits + field.rarity for field in told.fields) + told.household
        assert total == pytest.approx(pair["weight"], abs=1e-9)
        assert told.weight == pytest.approx(pair["weight"], abs=1e-9)
        assert told.probability == pytest.approx(pair["probability"], abs=1e-9)


def test_bits_are_those_of_fellegi_and_sunter(bench: Workbench) -> None:
    prior = json.loads(bench.rows("model")[0]["model"])["prior"]
    for pair in pairs(bench):
        told = bench.explained(pair["record_no_a"], pair["record_no_b"])
        agreements = [(f.m, f.u) for f in told.fields if f.m is not None and f.u is not None]
        assert told.prior + sum(f.bits for f in told.fields) == pytest.approx(fellegi_sunter(agreements, prior))


def test_unknown_values_are_no_evidence(bench: Workbench) -> None:
    told = [f for pair in pairs(bench) for f in bench.explained(pair["record_no_a"], pair["record_no_b"]).fields]
    unknown = [field for field in told if None in (field.value_a, field.value_b)]
    assert unknown
    assert all((field.bits, field.rarity, field.level) == (0.0, 0.0, "unknown") for field in unknown)


def test_rare_values_weigh_more_than_common_ones() -> None:
    rows = [{**row, "last_name": "Meier"} if n % 2 else row for n, row in enumerate(records(200, 2))]
    bench = Workbench(RULES).run(rows)
    rarity: dict[bool, list[float]] = {True: [], False: []}
    for pair in bench.rows("pairs")[:30]:
        name = bench.explained(pair["record_no_a"], pair["record_no_b"]).fields[1]
        if name.level == "the same":
            rarity[name.value_a == "Meier"].append(name.rarity)
    assert max(rarity[True]) < 0 < min(rarity[False])


def test_shared_keys_and_never_rules_are_named() -> None:
    bench = Workbench(RULES).run(
        [{"phone": "+491", "email": "a@x.example"}, {"phone": "+491", "email": "b@x.example"}, {}, {}]
    )
    told = bench.explained(1, 2)
    assert [(k.key, k.value) for k in told.keys] == [("phone", "+491")]
    assert told.never == ("email",)


def test_without_matching_there_are_keys_alone() -> None:
    bench = Workbench(IdentityRules(keys=(key("email"),), tenant="tenant"))
    bench.run([{"email": "a", "tenant": "x"}, {"email": "a", "tenant": "y"}])
    told = bench.explained(1, 2)
    assert (told.weight, told.probability, told.fields, told.tenants) == (None, None, (), True)


def test_a_path_leads_from_record_to_record() -> None:
    bench = Workbench(IdentityRules(keys=(key("email"), key("phone"))))
    bench.run([{"email": "a"}, {"email": "a", "phone": "1"}, {"phone": "1"}, {"phone": "2"}])
    links, scored = bench.tables["identity.links"], bench.tables["identity.pairs"]
    assert path(links, scored, 1, 3) == (Hop(1, 2, "email", None), Hop(2, 3, "phone", None))
    assert path(links, scored, 3, 1) == (Hop(3, 2, "phone", None), Hop(2, 1, "email", None))
    assert path(links, scored, 1, 4) == path(links, scored, 1, 1) == ()


def test_a_path_can_go_by_pairs(bench: Workbench) -> None:
    pair = next(p for p in bench.rows("pairs") if p["same_customer"])
    a, b = pair["record_no_a"], pair["record_no_b"]
    none = bench.tables["identity.links"].slice(0, 0)
    assert path(none, bench.tables["identity.pairs"], a, b) == (Hop(a, b, None, pair["weight"]),)
