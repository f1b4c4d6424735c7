"""Values that several people share: learned from the records, listed, and no longer a reason to join them."""

from __future__ import annotations

from typing import Any

import pytest

from kinfolk.model.identity import IdentityRules, Key
from tests.stages.identity.workbench import PLACE, Workbench, key, matching, never

FIVE = [("Ana", "Costa"), ("Rui", "Sousa"), ("Max", "Weber"), ("Ida", "Lund"), ("Tom", "Hardy")]


def office(**also: Any) -> list[dict[str, Any]]:
    return [{"first_name": first, "last_name": last, "email": "info@firm.example", **also} for first, last in FIVE]


def listed(bench: Workbench) -> list[tuple[Any, ...]]:
    return [
        (row["field"], row["value"], row["records"], row["kind"], row["unlinked"], row["counts_once"])
        for row in bench.rows("shared_values")
    ]


def test_a_mailbox_of_five_people_links_none_of_them_and_is_listed() -> None:
    bench = Workbench(IdentityRules(keys=(key("email"),))).run(office())
    assert len(bench.groups()) == 5
    assert listed(bench) == [("email", "info@firm.example", 5, "mailbox", True, False)]
    [row] = bench.rows("shared_values")
    assert row["people"] == pytest.approx(5)
    [guard] = bench.rows("guards")
    assert (guard["guard"], guard["rule"], guard["value"], guard["records"]) == (
        "shared_value", "email", "info@firm.example", 5,
    )  # fmt: skip
    assert guard["effect"] == "At least 5 people share this mailbox, so it linked none of the records."


def test_one_person_under_many_spellings_and_a_married_name_is_one_person() -> None:
    spelled = [("Elizabeth", "Smith"), ("Liz", "Smith"), ("E", "Smyth"), ("Elisabeth", "Smith-Jones"),
               ("Eliza", "Jones"), ("Elizabeth", "Smithh")]  # fmt: skip
    rows = [{"first_name": f, "last_name": n, "email": "liz@mail.example"} for f, n in spelled]
    bench = Workbench(IdentityRules(keys=(key("email"),))).run(rows)
    assert len(bench.groups()) == 1
    assert listed(bench) == []


def test_one_column_that_differs_everywhere_makes_nobody_two() -> None:
    rows = [{"first_name": first, "last_name": "Costa", "email": "a@mail.example"} for first, _ in FIVE]
    assert len(Workbench(IdentityRules(keys=(key("email"),))).run(rows).groups()) == 1


def test_a_family_behind_one_telephone_is_a_household() -> None:
    born = ("1970-01-01", "1972-05-09", "1999-11-30", "2003-07-21", "2008-02-14")
    rows = [
        {"first_name": first, "last_name": "Costa", "phone": "+351210000000", "birth_date": day}
        for (first, _), day in zip(FIVE, born, strict=True)
    ]
    rules = IdentityRules(keys=(key("phone"),))
    bench = Workbench(rules).run([{**row, "birth_date": _day(row["birth_date"])} for row in rows])
    assert len(bench.groups()) == 5
    assert listed(bench) == [("phone", "+351210000000", 5, "household", True, False)]


def test_a_key_may_stand_for_however_many_people() -> None:
    bench = Workbench(IdentityRules(keys=(Key(("email",), PLACE, people=None),))).run(office())
    assert len(bench.groups()) == 1
    assert listed(bench) == []


def test_a_shared_value_of_a_key_of_two_columns_is_named_with_its_tenant() -> None:
    rules = IdentityRules(keys=(key("email", "phone"),), tenant="tenant")
    bench = Workbench(rules).run(office(phone="1", tenant="a") + office(phone="1", tenant=None)[:2])
    assert [row[:3] for row in listed(bench)] == [("email+phone", "info@firm.example + 1 (tenant a)", 5)]


def test_a_column_that_is_compared_in_any_way_tells_people_apart() -> None:
    compare = {"first_name": "name", "last_name": "name", "email": "email", "phone": "phone"}
    rules = IdentityRules(keys=(key("device_id"),), matching=matching(compare, ["first_name", "email", "phone"]))
    rows = [{**row, "email": f"{row['first_name']}@firm.example", "device_id": "kiosk"} for row in office()]
    bench = Workbench(rules).run([{**row, "phone": f"+4930{n}5551{n}{n}"} for n, row in enumerate(rows)])
    assert [row[:3] for row in listed(bench)] == [("device_id", "kiosk", 5)]


def test_at_most_speaks_where_both_would() -> None:
    bench = Workbench(IdentityRules(keys=(key("email", at_most=4),))).run(office())
    assert {guard["guard"] for guard in bench.rows("guards")} == {"at_most"}
    assert [row[4] for row in listed(bench)] == [True]


def test_a_never_rule_still_holds_beside_a_shared_value() -> None:
    rules = IdentityRules(keys=(key("email"), key("phone")), never=(never("national_id"),))
    rows = office(phone=None, national_id=None)
    rows += [{"phone": "7", "national_id": n, "email": "info@firm.example"} for n in ("1", "2")]
    groups = Workbench(rules).run(rows).groups()
    assert len(groups) == 7


def test_of_the_values_an_office_shares_one_counts_as_evidence() -> None:
    compare = {"first_name": "name", "last_name": "name", "email": "email", "phone": "phone", "street": "address"}
    rules = IdentityRules(matching=matching(compare))
    shared = {"phone": "+4930123456", "street": "Main St 1"}
    rows = office(**shared) + [{"first_name": f"N{n}", "last_name": f"L{n}"} for n in range(30)]
    bench = Workbench(rules).run(rows)
    assert [row[0] for row in listed(bench) if row[5]] == ["email", "phone", "street"]
    levels = {field.column: field.level for field in bench.explained(1, 2).fields}
    assert sorted(levels[column] for column in ("email", "phone", "street")) == [
        "no evidence of its own", "no evidence of its own", "the same",
    ]  # fmt: skip


def _day(text: str) -> Any:
    import datetime

    return datetime.date.fromisoformat(text)
