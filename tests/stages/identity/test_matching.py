"""The probabilistic fallback, from records to customers."""

from __future__ import annotations

import datetime
import json
import math
import random
from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity import clustering, kept
from tests.stages.identity.population import COMPARE, person, records
from tests.stages.identity.workbench import Workbench, key, matching, never

PERSONAL = ("first_name", "birth_date")
RULES = IdentityRules(matching=matching(COMPARE, PERSONAL))


def truth(rows: list[dict[str, Any]]) -> set[frozenset[str]]:
    groups = defaultdict(set)
    for number, row in enumerate(rows, start=1):
        groups[row["truth"]].add(str(number))
    return {frozenset(group) for group in groups.values()}


@pytest.fixture(scope="module")
def town() -> list[dict[str, Any]]:
    return records(150, 3)


@pytest.fixture(scope="module")
def resolved(town: list[dict[str, Any]]) -> Workbench:
    return Workbench(RULES).run(town)


def test_people_are_found_without_labels(town: list[dict[str, Any]], resolved: Workbench) -> None:
    expected = truth(town)
    assert len(resolved.groups() & expected) >= 0.97 * len(expected)


def test_nothing_depends_on_the_order_of_rows(town: list[dict[str, Any]], resolved: Workbench) -> None:
    again = Workbench(RULES).run(town, shuffled=3).tables
    assert all(again[name].equals(table) for name, table in resolved.tables.items())


def test_ids_stay_when_unrelated_people_arrive(town: list[dict[str, Any]]) -> None:
    bench = Workbench(RULES).run(town)
    before = bench.customers()
    after = bench.run([*town, *records(60, 2, seed=77)]).customers()
    assert {record: after[record] for record in before} == before


@settings(max_examples=10)
@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 3))
def test_whoever_arrives_changes_no_id_while_the_model_is_kept(seed: int, people: int, each: int) -> None:
    """Few records are learned from anew at each run, and then more of them may tell of a doubtful pair otherwise."""
    town = records(60, 3, seed)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kept, "LEARNED_WELL", 0)
        bench = Workbench(RULES).run(town)
        before, model = bench.customers(), bench.rows("model")
        after = bench.run([*town, *records(people, each, seed=seed + 77_000)]).customers()
    assert bench.rows("model") == model
    assert {record: after[record] for record in before} == before


def household() -> tuple[list[dict[str, Any]], list[int]]:
    """A town whose couples share surname, street, mailbox and telephone, and the records of one couple."""
    rng, rows = random.Random(9), []
    for number in range(120):
        one = person(rng, 2 * number)
        other = {**one, "truth": 2 * number + 1, "first_name": "Quirin" if number % 2 else "Wilma"}
        other["birth_date"] = one["birth_date"] + datetime.timedelta(rng.randrange(400, 3000))
        rows += [dict(one), dict(one), dict(other), dict(other)]
        rows[-1]["phone"] = rows[-4]["phone"] = None
    return rows, [1, 2, 3, 4]


def test_two_people_of_one_household_stay_two() -> None:
    rows, _ = household()
    assert Workbench(RULES).run(rows).groups() == truth(rows)


def test_a_household_is_two_hypotheses_and_the_explanation_names_the_bits() -> None:
    rows, couple = household()
    bench = Workbench(RULES).run(rows)
    apart = bench.explained(couple[0], couple[2])
    assert apart.probability is not None and apart.probability < 0.1
    assert apart.household < 0


def test_copies_of_a_telling_record_are_one_customer_and_of_an_empty_one_are_not(town: list[dict[str, Any]]) -> None:
    telling = [{**town[0], "truth": None}] * 3
    empty = [{"first_name": "Anna"}] * 3
    bench = Workbench(RULES).run([*town, *telling, *empty])
    ids, count = bench.customers(), len(town)
    assert len({ids[str(n)] for n in range(count + 1, count + 4)}) == 1
    assert len({ids[str(n)] for n in range(count + 4, count + 7)}) == 3


def test_swapped_names_are_recognised(town: list[dict[str, Any]]) -> None:
    rows = [dict(row) for row in town]
    for row in rows[::25]:
        row["first_name"], row["last_name"] = row["last_name"], row["first_name"]
    expected = truth(rows)
    assert len(Workbench(RULES).run(rows).groups() & expected) >= 0.95 * len(expected)


def test_never_and_tenant_hold_apart_what_looks_the_same() -> None:
    compare = matching(COMPARE, PERSONAL)
    rules = IdentityRules(matching=compare, never=(never("national_id"),), tenant="tenant")
    twin = records(1, 1, seed=3)[0]
    rows = [*records(80, 2), *[{**twin, "national_id": n, "tenant": t} for n, t in ("1a", "2a", "1a", "1b")]]
    bench = Workbench(rules).run(rows)
    ids = [bench.customers()[str(n)] for n in range(161, 165)]
    assert ids[0] == ids[2] and len(set(ids)) == 3
    reasons = {r["reason"] for r in bench.rows("review") if r["record_no_a"] > 160}
    assert reasons == {"held apart by the never rule: national_id differs between the two customers"}


def test_copies_of_two_people_that_keys_tell_apart_do_not_bring_them_together() -> None:
    rules = IdentityRules(
        keys=(key("customer_number"),), matching=matching(COMPARE, PERSONAL), never=(never("national_id"),)
    )
    twin = records(1, 1, seed=3)[0]
    told = [("1", "A"), (None, "A"), ("2", "B"), (None, "B")]
    rows = [*records(80, 2), *[{**twin, "national_id": n, "customer_number": c} for n, c in told]]
    bench = Workbench(rules).run(rows)
    assert {frozenset(("161", "162")), frozenset(("163", "164"))} <= bench.groups()
    reasons = {r["reason"] for r in bench.rows("review") if r["record_no_a"] > 160}
    assert reasons == {"held apart by the never rule: national_id differs between the two customers"}


def test_two_records_that_share_a_given_name_are_not_one_customer_for_being_alone() -> None:
    assert len(Workbench(RULES).run([{"first_name": "Anna"}, {"first_name": "Anna"}]).groups()) == 2


ANY = st.fixed_dictionaries(
    {
        "first_name": st.sampled_from(["Anna", "Anne", "Bob", None]),
        "last_name": st.sampled_from(["Ott", "Otto", "Ulm", None]),
        "email": st.sampled_from(["a@x.example", "b@x.example", None]),
        "national_id": st.sampled_from(["1", "2", None]),
        "customer_number": st.sampled_from(["7", "8", None]),
        "tenant": st.sampled_from(["t", None]),
    }
)


@settings(max_examples=40)
@given(st.lists(ANY, max_size=14))
def test_no_cannot_link_is_ever_violated(rows: list[dict[str, Any]]) -> None:
    rules = IdentityRules(
        keys=(key("email"), key("customer_number")),
        matching=matching({"first_name": "name", "last_name": "name", "email": "email"}, merge_at=0.6, review_at=0.5),
        never=(never("national_id"),),
        tenant="tenant",
    )
    bench = Workbench(rules).run(rows)
    for group in bench.groups():
        members = [rows[int(record) - 1] for record in group]
        assert len({row["national_id"] for row in members} - {None}) <= 1
        assert len({row["tenant"] for row in members}) == 1


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"first_name": "Anna"}],
        [{"first_name": "Anna"}, {"first_name": "Anna"}],
        [{}, {}, {}],
        [{"first_name": "Anna", "last_name": "Ott", "email": "a@x.example"}] * 5,
        [{"first_name": "Anna", "last_name": last} for last in ("Ott", "Ulm", "Eck")],
    ],
)
def test_little_or_empty_data_is_no_trouble(rows: list[dict[str, Any]]) -> None:
    for rules in (RULES, IdentityRules(), IdentityRules(keys=(key("email"),), matching=RULES.matching)):
        assert len(Workbench(rules).run(rows).rows("members")) == len(rows)


def test_what_could_not_be_learned_is_said() -> None:
    bench = Workbench(RULES).run(records(5, 2))
    assert "phone: what is usual for a column of kind phone was assumed" in bench.rows("model")[0]["model"]


def test_pairs_are_listed_from_review_at_and_review_holds_those_left_apart(resolved: Workbench) -> None:
    assert all(row["probability"] >= 0.50 for row in resolved.rows("pairs"))
    assert all(row["probability"] >= 0.80 for row in resolved.rows("review"))
    apart = [(r["record_no_a"], r["record_no_b"]) for r in resolved.rows("pairs") if not r["same_customer"]]
    review = resolved.rows("review")
    assert sorted((r["record_no_a"], r["record_no_b"]) for r in review) == sorted(apart)
    assert [r["value"] for r in review] == sorted((r["value"] for r in review), reverse=True)
    assert all(r["reason"] for r in review)


def test_an_answer_is_worth_its_doubt_times_what_it_decides_about(town: list[dict[str, Any]]) -> None:
    rules = IdentityRules(matching=matching(COMPARE, PERSONAL, merge_at=0.999999999, review_at=0.5))
    bench = Workbench(rules).run(town)
    records, review = Counter(bench.customers().values()), bench.rows("review")
    between = Counter(frozenset((row["customer_a"], row["customer_b"])) for row in review)
    assert len(review) > 3
    for row in review:
        a, b, p = row["customer_a"], row["customer_b"], row["probability"]
        doubt = -(p * math.log2(p) + (1 - p) * math.log2(1 - p))
        hangs = records[a] + records[b] + between[frozenset((a, b))] - 1
        assert row["value"] == pytest.approx(doubt * hangs)
    assert [row["value"] for row in review] == sorted((row["value"] for row in review), reverse=True)


def test_members_are_sorted_by_customer(resolved: Workbench) -> None:
    ids = [row["customer_id"] for row in resolved.rows("members")]
    assert ids == sorted(ids)


def test_named_blocking_rules_are_used_and_printed(town: list[dict[str, Any]]) -> None:
    rules = IdentityRules(matching=matching(COMPARE, PERSONAL, block_on=(("email",), ("last_name", "city"))))
    bench = Workbench(rules).run([{**row, "city": "Ulm"} for row in town])
    model = bench.rows("model")[0]["model"].replace("\n", "").replace(" ", "")
    assert '"columns":["email"]' in model and '"columns":["last_name","city"]' in model
    assert len(bench.groups()) < len(town)


def test_a_value_half_the_world_shares_costs_no_pairs() -> None:
    rows = [{**row, "email": "none@mail.example"} for row in records(1300, 2)]
    rules = IdentityRules(matching=matching(COMPARE, PERSONAL, block_on=(("email",), ("birth_date",))))
    bench = Workbench(rules).run(rows)
    by_email, by_birth = json.loads(bench.rows("model")[0]["model"])["blocking"]
    assert (by_email["columns"], by_email["pairs"]) == (["email"], 0) and by_email["skipped_rows"] > 2000
    assert by_birth["pairs"] > 0


def test_sets_too_large_to_look_at_as_a_whole_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "LARGEST", 3)
    rows = records(60, 6)
    bench = Workbench(RULES).run(rows)
    guards = [guard for guard in bench.rows("guards") if guard["guard"] == "too_large"]
    assert guards and all(guard["records"] > 3 for guard in guards)
    assert len(bench.rows("members")) == len(rows)


def test_a_customer_put_together_by_likeness_has_no_more_records_than_allowed() -> None:
    rows = records(60, 6)
    one = {**rows[0], "email": "a@b.example"}
    many = [{**one, "street": f"Ring {n}", "phone": None} for n in range(12)]
    rules = IdentityRules(matching=matching(COMPARE, PERSONAL, largest=5))
    everybody = [*rows, *many, *many]  # copies count once
    bench = Workbench(rules).run(everybody)
    told = [str([row.get(column) for column in COMPARE]) for row in everybody]
    assert max(len({told[int(record) - 1] for record in group}) for group in bench.groups()) == 5
    cut = [guard for guard in bench.rows("guards") if guard["guard"] == "largest"]
    [guard] = [guard for guard in cut if guard["records"] >= 24]
    assert "more than 5 different records" in guard["effect"] and "What they share most: " in guard["effect"]
    shuffled = Workbench(rules).run([*rows, *many, *many], shuffled=3)
    assert shuffled.groups() == bench.groups()


def test_a_key_that_joins_many_records_still_lets_others_in(town: list[dict[str, Any]]) -> None:
    many = [{**town[0], "street": f"Ring {n}", "device_id": "tablet"} for n in range(60)]
    other = {**town[0], "street": None}
    rules = IdentityRules(keys=(key("device_id"),), matching=matching(COMPARE, PERSONAL))
    ids = Workbench(rules).run([*town, *many, other]).customers()
    assert len({ids[str(n)] for n in range(len(town) + 1, len(town) + 62)}) == 1
