"""Deterministic keys: the same value means the same customer, unless a guard says otherwise."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kinfolk.model.identity import IdentityRules
from tests.oracles.clusters import key_groups
from tests.stages.identity.workbench import Workbench, key, never

VALUES = st.one_of(st.none(), st.sampled_from("abcd"))
ROWS = st.lists(st.fixed_dictionaries({"email": VALUES, "phone": VALUES, "tenant": VALUES}), max_size=12)


def groups(rules: IdentityRules, rows: list[dict[str, Any]]) -> set[frozenset[str]]:
    return Workbench(rules).run(rows).groups()


@settings(max_examples=30)
@given(ROWS)
def test_customers_are_the_components_of_shared_keys(rows: list[dict[str, Any]]) -> None:
    rules = IdentityRules(keys=(key("email"), key("phone", "tenant")))
    expected = key_groups(rows, [["email"], ["phone", "tenant"]])
    assert groups(rules, rows) == {frozenset(str(i + 1) for i in group) for group in expected}


@settings(max_examples=30)
@given(ROWS, st.lists(st.one_of(st.none(), st.sampled_from("xyz")), min_size=12, max_size=12))
def test_no_customer_ever_holds_two_values_of_a_never_column(rows: list[dict[str, Any]], ids: list[str | None]) -> None:
    rows = [{**row, "national_id": value} for row, value in zip(rows, ids, strict=False)]
    rules = IdentityRules(keys=(key("email"), key("phone")), never=(never("national_id"),))
    for group in groups(rules, rows):
        values = {rows[int(record) - 1]["national_id"] for record in group} - {None}
        assert len(values) <= 1


@settings(max_examples=30)
@given(ROWS)
def test_tenants_never_meet(rows: list[dict[str, Any]]) -> None:
    rules = IdentityRules(keys=(key("email"), key("phone")), tenant="tenant")
    for group in groups(rules, rows):
        assert len({rows[int(record) - 1]["tenant"] for record in group}) == 1


def test_unknown_values_link_nobody() -> None:
    assert len(groups(IdentityRules(keys=(key("email"),)), [{"email": None}, {"email": None}])) == 2


def test_half_a_composite_key_links_nobody() -> None:
    rules = IdentityRules(keys=(key("email", "phone"),))
    assert len(groups(rules, [{"email": "a", "phone": None}, {"email": "a", "phone": None}])) == 2


def test_a_value_on_too_many_records_is_no_identity_and_is_listed() -> None:
    bench = Workbench(IdentityRules(keys=(key("device_id", at_most=2),)))
    bench.run([{"device_id": "tablet"}] * 3 + [{"device_id": "phone"}] * 2)
    assert bench.groups() == {frozenset({"1"}), frozenset({"2"}), frozenset({"3"}), frozenset({"4", "5"})}
    [guard] = bench.rows("guards")
    assert (guard["guard"], guard["rule"], guard["value"], guard["records"]) == ("at_most", "device_id", "tablet", 3)


def test_ignored_values_link_nobody_and_are_listed() -> None:
    rules = IdentityRules(keys=(key("email"),), ignore={"email": ("info@*", "x.y+z@q.example")})
    bench = Workbench(rules)
    bench.run([{"email": e} for e in ["INFO@a.example", "INFO@a.example", "x.y+z@q.example", "xay+z@q.example"] * 2])
    assert sorted(map(len, bench.groups())) == [1, 1, 1, 1, 1, 1, 2]
    listed = {(g["guard"], g["value"], g["records"]) for g in bench.rows("guards")}
    assert listed == {("ignore", "INFO@a.example", 4), ("ignore", "x.y+z@q.example", 2), ("nothing_known", "", 6)}


def test_a_never_rule_splits_a_shared_mailbox_and_keeps_each_side_whole() -> None:
    rules = IdentityRules(keys=(key("email"),), never=(never("national_id"),))
    bench = Workbench(rules).run([{"email": "home", "national_id": n} for n in ("1", "2", "2", "1")])
    assert bench.groups() == {frozenset({"1", "4"}), frozenset({"2", "3"})}
    assert {g["guard"] for g in bench.rows("guards")} == {"never"}


def test_links_are_a_star_around_the_first_record() -> None:
    bench = Workbench(IdentityRules(keys=(key("email"),))).run([{"email": "a"}] * 3)
    assert [(r["record_no_a"], r["record_no_b"], r["key"]) for r in bench.rows("links")] == [
        (1, 2, "email"),
        (1, 3, "email"),
    ]
