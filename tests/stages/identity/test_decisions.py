"""Decisions of people: what is one customer stays one, what is two stays two, and contradictions are told."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kinfolk.model.identity import IdentityRules
from tests.stages.identity.workbench import Workbench, key, matching, never

KEYS = IdentityRules(keys=(key("email"), key("phone")), never=(never("national_id"),))
MATCHED = IdentityRules(
    keys=(key("phone"),),
    never=(never("national_id"),),
    matching=matching(
        {"first_name": "name", "last_name": "name", "email": "email"},
        block_on=(("last_name",), ("email",)),
        merge_at=0.6,
        review_at=0.5,
    ),
)
ROW = st.fixed_dictionaries(
    {
        "email": st.sampled_from([None, "a@x.example", "b@x.example"]),
        "phone": st.sampled_from([None, None, "1", "2"]),
        "national_id": st.sampled_from([None, None, None, "N1", "N2"]),
        "first_name": st.sampled_from(["Anna", "Ann", "Peter"]),
        "last_name": st.sampled_from(["Meier", "Meyer"]),
    }
)
COUNT = 9
RECORDS = st.integers(1, COUNT + 2)  # the last two are not there
DECISIONS = st.lists(
    st.tuples(RECORDS, RECORDS, st.sampled_from(["same", "different", "not sure", "withdrawn"])), max_size=9
)


def noted(bench: Workbench) -> list[dict[str, Any]]:
    """Guards, but for the one that counts records of which nothing is known."""
    return [guard for guard in bench.rows("guards") if guard["guard"] != "nothing_known"]


def decided(rules: IdentityRules, rows: list[dict[str, Any]], decisions: list[tuple[int, int, str]]) -> Workbench:
    bench = Workbench(rules)
    for a, b, verdict in decisions:
        if a != b:
            bench.decide(a, b, verdict)
    return bench.run(rows)


def holding(decisions: list[tuple[int, int, str]], verdict: str) -> list[tuple[int, int]]:
    last = {frozenset((a, b)): said for a, b, said in decisions if a != b}
    return [(min(pair), max(pair)) for pair, said in last.items() if said == verdict]


def reachable(pairs: list[tuple[int, int]], start: int) -> set[int]:
    """An oracle that is slow and plain."""
    seen, more = {start}, [start]
    while more:
        here = more.pop()
        for pair in pairs:
            if here in pair:
                more += [end for end in pair if end not in seen]
                seen |= set(pair)
    return seen


@settings(max_examples=120, deadline=None)
@given(st.sampled_from([KEYS, MATCHED]), st.lists(ROW, min_size=COUNT, max_size=COUNT), DECISIONS)
def test_two_records_people_keep_apart_are_never_one_customer(
    rules: IdentityRules, rows: list[dict[str, Any]], decisions: list[tuple[int, int, str]]
) -> None:
    customers = decided(rules, rows, decisions).customers()
    for a, b in holding(decisions, "different"):
        if {str(a), str(b)} <= customers.keys():
            assert customers[str(a)] != customers[str(b)]


@settings(max_examples=120, deadline=None)
@given(st.sampled_from([KEYS, MATCHED]), st.lists(ROW, min_size=COUNT, max_size=COUNT), DECISIONS)
def test_what_people_call_one_customer_is_one_unless_they_contradict_themselves(
    rules: IdentityRules, rows: list[dict[str, Any]], decisions: list[tuple[int, int, str]]
) -> None:
    rows = [{**row, "national_id": None} for row in rows]
    bench = decided(rules, rows, decisions)
    customers, same = bench.customers(), holding(decisions, "same")
    contradicted = [reachable(same, a) for a, b in holding(decisions, "different") if b in reachable(same, a)]
    for a, b in same:
        inside = any(a in group for group in contradicted)
        if not inside and {str(a), str(b)} <= customers.keys():
            assert customers[str(a)] == customers[str(b)]
    told = {guard["rule"] for guard in bench.rows("guards") if guard["rule"].startswith("decisions ")}
    assert len(told) == len({frozenset(group) for group in contradicted})


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([KEYS, MATCHED]), st.lists(ROW, min_size=COUNT, max_size=COUNT), DECISIONS, st.integers(0, 99))
def test_a_run_again_under_the_same_decisions_changes_nothing(
    rules: IdentityRules, rows: list[dict[str, Any]], decisions: list[tuple[int, int, str]], order: int
) -> None:
    bench = decided(rules, rows, decisions)
    before = bench.tables
    again = bench.run(rows, shuffled=order).tables
    assert all(again[name].equals(before[name]) for name in before)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([KEYS, MATCHED]), st.lists(ROW, min_size=COUNT, max_size=COUNT), RECORDS, RECORDS)
def test_a_decision_withdrawn_leaves_everything_as_it_was(
    rules: IdentityRules, rows: list[dict[str, Any]], a: int, b: int
) -> None:
    """Where the decision parted others (a never rule held one off), their ids may stay where they went."""
    bench = Workbench(rules).run(rows)
    was, apart = bench.tables, bench.groups()
    if a == b:
        return
    theirs = [group for group in apart if {str(a), str(b)} & group]
    bench.decide(a, b, "same").run(rows)
    only_joined = bench.groups() == (apart - set(theirs)) | {frozenset().union(*theirs)}
    bench.decide(a, b, "withdrawn").run(rows)
    assert bench.groups() == apart
    if not only_joined:
        return
    assert {name: bench.tables[name] for name in was} == was
    bench.decide(a, b, "different").run(rows)
    bench.decide(a, b, "withdrawn").run(rows)
    parted = {"identity.aliases", "identity.former_groups"}  # an id was given out, and is remembered
    assert {n: t for n, t in bench.tables.items() if n not in parted} == {
        n: t for n, t in was.items() if n not in parted
    }


def test_a_decision_beats_a_key_and_is_told() -> None:
    bench = Workbench(KEYS).decide(1, 2, "different").run([{"email": "office"}, {"email": "office"}])
    assert bench.groups() == {frozenset({"1"}), frozenset({"2"})}
    assert [(g["guard"], g["rule"], g["value"]) for g in noted(bench)] == [("decision", "email", "office")]


def test_one_customer_by_decision_is_a_link() -> None:
    bench = Workbench(KEYS).decide(1, 2, "same").run([{"email": "a"}, {"email": "b"}])
    assert [(r["record_no_a"], r["record_no_b"], r["key"]) for r in bench.rows("links")] == [(1, 2, "decision")]


def test_a_never_rule_beats_a_decision_and_is_told() -> None:
    bench = Workbench(KEYS).decide(1, 2, "same").run([{"national_id": "N1"}, {"national_id": "N2"}])
    assert len(bench.groups()) == 2
    assert [(g["rule"], g["value"]) for g in noted(bench)] == [("decision 1", "national_id")]


def test_tenants_never_meet_whatever_people_say() -> None:
    rules = IdentityRules(keys=(key("email"),), tenant="tenant")
    bench = Workbench(rules).decide(1, 2, "same").run([{"tenant": "north"}, {"tenant": "south"}])
    assert len(bench.groups()) == 2
    assert [(g["rule"], g["value"]) for g in noted(bench)] == [("decision 1", "tenant")]


def test_of_decisions_that_contradict_each_other_none_makes_one_customer() -> None:
    bench = Workbench(KEYS).decide(1, 2, "same").decide(2, 3, "same").decide(1, 3, "different").decide(4, 5, "same")
    bench.run([{"email": None}] * 5)
    assert bench.groups() == {frozenset({"1"}), frozenset({"2"}), frozenset({"3"}), frozenset({"4", "5"})}
    assert [(g["guard"], g["rule"], g["records"]) for g in noted(bench)] == [("decision", "decisions 1, 2, 3", 3)]


def test_a_record_that_is_away_still_leads_from_one_to_another() -> None:
    bench = Workbench(KEYS).decide(1, 9, "same").decide(9, 2, "same").run([{"email": "a"}, {"email": "b"}])
    assert bench.groups() == {frozenset({"1", "2"})}


def test_a_decision_waits_for_its_record() -> None:
    first, second = {"email": "a", "record_id": "1"}, {"email": "b", "record_id": "2", "record_no": 2}
    bench = Workbench(KEYS).decide(1, 2, "same").run([first])
    assert bench.rows("links") == []
    assert bench.run([first, second]).groups() == {frozenset({"1", "2"})}


ALIKE = {"first_name": "Anna", "last_name": "Meier", "email": "a@x.example"}
DOUBTFUL = [{**ALIKE, "national_id": "N1"}, {**ALIKE, "national_id": "N2"}]


def test_copies_kept_apart_from_the_first_stay_with_each_other() -> None:
    bench = Workbench(MATCHED).run([ALIKE] * 3)
    assert bench.groups() == {frozenset({"1", "2", "3"})}
    bench.decide(1, 2, "different").decide(1, 3, "different").run([ALIKE] * 3)
    assert bench.groups() == {frozenset({"1"}), frozenset({"2", "3"})}


def asked(bench: Workbench) -> set[tuple[int, int]]:
    return {(row["record_no_a"], row["record_no_b"]) for row in bench.rows("review")}


def test_nobody_is_asked_again_about_what_was_decided_until_it_is_withdrawn() -> None:
    bench = Workbench(MATCHED).run(DOUBTFUL)
    open_ = asked(bench)
    assert open_
    pair = min(open_)
    for verdict in ("not sure", "different"):
        assert pair not in asked(bench.decide(*pair, verdict).run(DOUBTFUL))
        assert asked(bench.decide(*pair, "withdrawn").run(DOUBTFUL)) == open_


def test_an_answer_that_a_rule_would_overrule_is_worth_nothing() -> None:
    assert [row["value"] for row in Workbench(MATCHED).run(DOUBTFUL).rows("review")] == [0.0]


def test_who_was_not_sure_is_asked_again_when_a_record_changes() -> None:
    bench = Workbench(MATCHED).run(DOUBTFUL)
    a, b = min(asked(bench))
    bench.decide(a, b, "not sure").run(DOUBTFUL)
    changed = [{**row, "record_id": str(n), "record_no": n} for n, row in enumerate(DOUBTFUL, 1)]
    changed[a - 1]["record_no"] = 50
    assert (b, 50) in asked(bench.run(changed))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("abcd"), min_size=2, max_size=9))
def test_customers_that_a_key_merged_and_people_parted_are_who_they_were(emails: list[str]) -> None:
    """All come to share one address; then people decide for every two records that they were apart before."""
    bench = Workbench(IdentityRules(keys=(key("email"),))).run([{"email": email} for email in emails])
    was, one = (
        {name: bench.rows(name) for name in ("members", "aliases", "former_groups")},
        [{"email": "a"}] * len(emails),
    )
    before = bench.customers()
    assert len(bench.run(one).groups()) == 1
    for a, customer in before.items():
        for b in before:
            if a < b and before[b] != customer:
                bench.decide(a, b, "different")
    bench.run(one)
    assert {name: bench.rows(name) for name in was} == was
