"""Customer ids stay."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kinfolk.model.identity import IdentityRules
from tests.stages.identity.workbench import Workbench, key

RULES = IdentityRules(keys=(key("email"),))
EMAILS = st.lists(st.sampled_from("abcde"), max_size=8)


def rows(*emails: str, start: int = 1) -> list[dict[str, Any]]:
    """Records numbered from `start`; a record's id is its number."""
    return [{"email": e, "record_id": str(n), "record_no": n} for n, e in enumerate(emails, start)]


def test_ids_count_up_in_order_of_the_first_record() -> None:
    assert Workbench(RULES).run(rows("b", "a", "b", "c")).customers() == {
        "1": "C-1",
        "2": "C-2",
        "3": "C-1",
        "4": "C-3",
    }


@settings(max_examples=30)
@given(EMAILS, st.integers(0, 99))
def test_a_run_again_in_any_order_of_rows_changes_nothing(emails: list[str], order: int) -> None:
    bench = Workbench(RULES).run(rows(*emails))
    before = bench.tables
    again = bench.run(rows(*emails), shuffled=order).tables
    assert all(again[name].equals(before[name]) for name in before)


@settings(max_examples=30)
@given(EMAILS, EMAILS)
def test_new_records_never_change_the_id_of_a_customer(emails: list[str], more: list[str]) -> None:
    bench = Workbench(RULES).run(rows(*emails))
    before = bench.customers()
    after = bench.run(rows(*emails, *more)).customers()
    assert {record: after[record] for record in before} == before


@settings(max_examples=30)
@given(st.lists(EMAILS, min_size=2, max_size=4))
def test_an_id_given_up_is_never_given_to_somebody_else(runs: list[list[str]]) -> None:
    """Whatever comes and goes, an id out of use is taken up again only with a record that once had it."""
    bench, retired, had = Workbench(RULES), set[str](), set[tuple[str, str]]()
    for emails in runs:
        before = set(bench.customers().values()) if bench.tables else set()
        bench.run(rows(*emails))
        now = set(bench.customers().values())
        assert now & retired <= {
            customer for record, customer in bench.customers().items() if (record, customer) in had
        }
        had |= set(bench.customers().items())
        retired = (retired | before) - now
        assert retired <= set(bench.aliases())


def test_when_customers_merge_the_older_id_survives_and_the_other_becomes_its_alias() -> None:
    bench = Workbench(RULES).run(rows("a", "b"))
    bench.run(rows("b", "b"))
    assert set(bench.customers().values()) == {"C-1"}
    assert bench.aliases() == {"C-2": "C-1"}


def test_aliases_of_aliases_lead_to_whoever_lives() -> None:
    bench = Workbench(RULES).run(rows("a", "b", "c"))
    bench.run(rows("a", "c", "c")).run(rows("c", "c", "c"))
    assert bench.aliases() == {"C-3": "C-1", "C-2": "C-1"}


def test_when_a_customer_splits_most_of_its_records_keep_the_id() -> None:
    bench = Workbench(RULES).run(rows("a", "a", "a"))
    assert bench.run(rows("b", "a", "a")).customers() == {"1": "C-2", "2": "C-1", "3": "C-1"}


def test_on_a_tie_the_side_with_the_first_record_keeps_the_id() -> None:
    bench = Workbench(RULES).run(rows("a", "a"))
    assert bench.run(rows("b", "a")).customers() == {"1": "C-1", "2": "C-2"}


def test_customers_who_part_again_are_who_they_were() -> None:
    bench = Workbench(RULES).run(rows("a", "b")).run(rows("a", "a"))
    assert [(row["customer_id"], row["record_id"]) for row in bench.rows("former_groups")] == [
        ("C-1", "1"),
        ("C-2", "2"),
    ]
    bench.run(rows("a", "b"))
    assert bench.customers() == {"1": "C-1", "2": "C-2"}
    assert (bench.aliases(), bench.rows("former_groups")) == ({}, [])


def test_the_older_customer_is_itself_again_though_it_was_fewer() -> None:
    bench = Workbench(RULES).run(rows("a", "b", "b", "b")).run(rows("a", "a", "a", "a", "a"))
    parted = bench.run(rows("a", "b", "b", "b", "b", "b"))
    assert parted.customers() == {"1": "C-1", "2": "C-2", "3": "C-2", "4": "C-2", "5": "C-2", "6": "C-2"}


def test_a_merge_of_merged_customers_comes_apart_in_the_order_it_came_together_or_in_another() -> None:
    apart, second, all_one = rows("a", "b", "c", "c"), rows("a", "b", "b", "b"), rows("a", "a", "a", "a")
    together = Workbench(RULES).run(apart).run(second).run(all_one)
    assert together.aliases() == {"C-2": "C-1", "C-3": "C-1"}
    assert (together.run(second).aliases(), together.customers()["4"]) == ({"C-3": "C-2"}, "C-2")
    assert (together.run(apart).aliases(), together.customers()["4"]) == ({}, "C-3")
    assert together.run(all_one).run(apart).customers() == {"1": "C-1", "2": "C-2", "3": "C-3", "4": "C-3"}


def test_a_record_split_off_that_never_was_a_customer_gets_a_new_id() -> None:
    bench = Workbench(RULES).run(rows("a", "b", "b")).run(rows("a", "a", "a", "a"))
    assert bench.run(rows("a", "a", "a", "z")).customers() == {"1": "C-1", "2": "C-1", "3": "C-1", "4": "C-3"}


@settings(max_examples=60)
@given(EMAILS, EMAILS)
def test_whatever_merged_is_as_it_was_when_it_parts(before: list[str], more: list[str]) -> None:
    """One more record comes for each of `more`, all become one customer, and then every record is what it was."""
    bench = Workbench(RULES).run(rows(*before)).run(rows(*before, *more))
    names = ("members", "aliases", "former_groups", "former_members", "links")
    was = {name: bench.tables[f"identity.{name}"] for name in names}
    bench.run(rows(*("a" for _ in (*before, *more)))).run(rows(*before, *more))
    for name in names:
        assert bench.tables[f"identity.{name}"].equals(was[name]), name


def test_a_customer_without_records_is_given_up_for_nobody() -> None:
    bench = Workbench(RULES).run(rows("a", "b")).run(rows("a"))
    assert bench.aliases() == {"C-2": None}
    newcomer = [*rows("a"), {"email": "b", "record_id": "3", "record_no": 3}]
    assert bench.run(newcomer).customers() == {"1": "C-1", "3": "C-3"}


def test_an_alias_outlives_the_customer_it_leads_to_and_finds_it_again() -> None:
    bench = Workbench(RULES).run(rows("a", "b", "c")).run(rows("a", "b", "b"))
    assert bench.aliases() == {"C-3": "C-2"}
    assert bench.run(rows("a")).aliases() == {"C-2": None, "C-3": "C-2"}
    assert bench.run(rows("a", "b", "b")).aliases() == {"C-3": "C-2"}
    assert bench.customers() == {"1": "C-1", "2": "C-2", "3": "C-2"}


def test_a_customer_who_returns_into_another_takes_its_aliases_along() -> None:
    bench = Workbench(RULES).run(rows("a", "b", "c")).run(rows("a", "b", "b")).run(rows("a"))
    bench.run(rows("a", "a", "a"))
    assert bench.aliases() == {"C-2": "C-1", "C-3": "C-1"}


def test_a_record_that_was_away_returns_to_its_customer() -> None:
    bench = Workbench(RULES).run(rows("a", "b", "c", "c"))
    away = [row for row in rows("a", "b", "c", "c") if row["record_id"] in ("1", "3")]
    assert bench.run(away).customers() == {"1": "C-1", "3": "C-3"}
    assert {row["record_id"]: row["customer_id"] for row in bench.rows("former_members")} == {"2": "C-2", "4": "C-3"}
    changed = rows("a", "z", "c", "y")  # what the records say meanwhile does not matter: it is the same records
    assert bench.run(changed).customers() == {"1": "C-1", "2": "C-2", "3": "C-3", "4": "C-4"}
    assert (bench.aliases(), bench.rows("former_members")) == ({}, [])


def test_a_record_that_was_away_while_its_customer_merged_follows_it() -> None:
    bench = Workbench(RULES).run(rows("a", "b", "b"))
    there = [row for row in rows("a", "a", "b") if row["record_id"] != "3"]
    assert bench.run(there).aliases() == {"C-2": "C-1"}
    assert bench.run(rows("a", "a", "a")).customers() == {"1": "C-1", "2": "C-1", "3": "C-1"}


def test_a_changed_record_keeps_its_customer_under_its_new_number() -> None:
    bench = Workbench(RULES).run(rows("a", "b"))
    changed = [{"email": "z", "record_id": "1", "record_no": 9}, {"email": "b", "record_id": "2", "record_no": 2}]
    assert bench.run(changed).customers() == {"1": "C-1", "2": "C-2"}


def test_a_customer_most_of_whose_records_go_to_another_stays_with_what_is_left_of_it() -> None:
    bench = Workbench(RULES).run(rows("a", "b", "b", "b"))
    bench.run(rows("a", "a", "a", "b"))
    assert bench.customers() == {"1": "C-1", "2": "C-1", "3": "C-1", "4": "C-2"}
    assert bench.aliases() == {}
