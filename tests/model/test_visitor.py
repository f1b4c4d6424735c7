"""Visitors: one row for each pair of ids, and beside it what is said of the person."""

from __future__ import annotations

from typing import Any

import pytest

from kinfolk.model.visitor import ids_of, rows, visitor


def said(kind: str, user: str | None, anonymous: str | None, **more: Any) -> list[dict[str, Any]]:
    event = {"type": kind, "userId": user, "anonymousId": anonymous, "visitor": visitor(user, anonymous)}
    return list(rows({**event, "timestamp": "2026-03-01T10:00:00.000Z", **more}))


def test_every_event_names_its_pair_of_ids() -> None:
    assert said("page", None, "a1") == [{"visitor": "/a1", "userId": None, "anonymousId": "a1"}]
    assert said("track", "u1", None)[0]["visitor"] == "u1/"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a/b", None), ("a", "b/")),
        (("a", "b"), ("a/b", "")),
        (("a#x", None), ("a", "#x")),
        (("a~1", "b"), ("a/", "b")),
    ],
)
def test_no_two_pairs_have_one_name(one: tuple[str, str | None], other: tuple[str, str | None]) -> None:
    assert visitor(*one) != visitor(*other)


def test_calls_with_other_traits_take_nothing_from_each_other() -> None:
    email = said("identify", "u1", "a1", traits={"email": "ann@example.com"})
    plan = said("identify", "u1", "a1", traits={"plan": "pro", "email": None})
    again = said("identify", "u1", "a1", traits={"email": "ann@example.org"})
    assert email[1]["visitor"] == again[1]["visitor"] != plan[1]["visitor"]
    assert plan[1]["traits"] == {"plan": "pro"}
    assert email[0] == plan[0]


def test_what_is_said_of_a_user_does_not_make_the_device_look_shared() -> None:
    assert [row["anonymousId"] for row in said("identify", "u1", "a1", traits={"plan": "pro"})] == ["a1", None]
    assert [row["anonymousId"] for row in said("identify", None, "a1", traits={"plan": "pro"})] == ["a1", "a1"]


def test_traits_of_a_group_are_not_those_of_the_person() -> None:
    found = said("group", "u1", None, groupId="acme", traits={"name": "Acme", "email": "office@example.com"})
    assert [row.get("traits") for row in found] == [None, None]
    assert found[1]["groupId"] == "acme"


def test_traits_in_the_context_of_any_call_are_the_person_s() -> None:
    found = said("track", None, "a1", carried={"email": "ann@example.com"})
    assert found[1]["traits"] == {"email": "ann@example.com"}


@pytest.mark.parametrize("odd", ["text", 5, [1], {"": None}, None])
def test_traits_that_are_none_say_nothing(odd: Any) -> None:
    assert len(said("identify", "u1", None, traits=odd)) == 1
    assert len(said("track", "u1", None, carried=odd)) == 1


def test_an_alias_shares_the_previous_id_with_the_new_user() -> None:
    bare, new, old = said("alias", "u2", None, previousId="u1")
    assert bare["visitor"] == "u2/"
    assert (new["userId"], new["anonymousId"]) == ("u2", "u1")
    assert (old["userId"], old["anonymousId"]) == ("u1", "u1")


def test_no_group_is_taken_for_another_row() -> None:
    def named(group: str) -> str:
        return str(said("group", "u1", None, groupId=group)[1]["visitor"])

    assert named("a/b#c~d") == "u1/##group/a~1b~2c~0d"
    for trait in ("group", "#group"):
        assert named("x") != said("identify", "u1", None, traits={trait: 1, "x": 2})[1]["visitor"]


@pytest.mark.parametrize("pair", [("u1", "a1"), ("u1", None), (None, "a1"), ("a/b", "c#d~e"), ("~1", "~~2")])
def test_the_ids_are_found_again_in_the_name_of_a_row(pair: tuple[str | None, str | None]) -> None:
    name = visitor(*pair)
    assert name is not None
    assert ids_of(name) == ids_of(f"{name}#email") == pair
