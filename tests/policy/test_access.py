"""What somebody may do, and for how long they are who they said, case by case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kinfolk.model.access import ROLES, AccessPolicy, Permission, Role, Session, SignIn, Token, User
from kinfolk.policy.access import lasts, permissions, person, roles_of, usable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY = AccessPolicy(
    roles={
        **{name: Role(name, may) for name, may in ROLES.items()},
        "caller": Role("caller", frozenset({Permission.PROFILES_READ})),
    },
    people={"ada@example.com": ("caller",)},
    groups={"Marketing": ("marketer",), "Everybody": ("caller",), "Old": ("gone",)},
)


def user(email: str = "ada@example.com", *roles: str, active: bool = True) -> User:
    return User("u1", email, NOON, NOON, roles=roles, active=active)


def session(of: User | None = None, *groups: str) -> Session:
    return Session(of or user(), groups, NOON, NOON, NOON + timedelta(hours=12))


def test_roles_come_from_the_file_from_groups_and_from_what_was_given() -> None:
    assert roles_of(POLICY, "Ada@Example.com", ["steward"], ["Marketing"]) == ("caller", "marketer", "steward")
    assert roles_of(POLICY, "nobody@example.com") == ()


def test_a_role_that_is_no_more_allows_nothing() -> None:
    assert roles_of(POLICY, "x@example.com", ["was"], ["Old", "Unknown"]) == ()
    assert permissions(POLICY, ["was"]) == frozenset()


def test_who_has_several_roles_may_do_what_any_of_them_allows() -> None:
    assert permissions(POLICY, ["caller", "marketer"]) == {Permission.PROFILES_READ, Permission.CONSENTS_READ}


def test_the_owner_may_do_everything_and_an_executive_or_a_service_nothing_by_itself() -> None:
    assert permissions(POLICY, ["owner"]) == frozenset(Permission)
    assert permissions(POLICY, ["executive", "service"]) == frozenset()


def test_a_person_is_who_asks_with_all_their_roles() -> None:
    found = person(POLICY, session(user("ada@example.com", "steward"), "Marketing"))
    assert (found.name, found.user_id, found.roles) == ("ada@example.com", "u1", ("caller", "marketer", "steward"))
    assert Permission.DECISIONS_WRITE in found.may and Permission.PEOPLE_MANAGE not in found.may


@pytest.mark.parametrize(
    ("after", "rules", "still"),
    [
        (timedelta(minutes=59), SignIn(), True),
        (timedelta(hours=1), SignIn(), False),
        (timedelta(hours=12), SignIn(idle=timedelta(days=2)), False),
        (timedelta(minutes=10), SignIn(session=timedelta(minutes=10)), False),  # shorter since they signed in
        (timedelta(hours=11), SignIn(session=timedelta(days=9), idle=timedelta(days=2)), True),
        (
            timedelta(hours=13),
            SignIn(session=timedelta(days=9), idle=timedelta(days=2)),
            False,
        ),
    ],
)
def test_a_session_lasts_as_long_as_the_file_says(after: timedelta, rules: SignIn, still: bool) -> None:
    assert lasts(session(), rules, NOON + after) is still


def test_the_session_of_somebody_deactivated_is_over() -> None:
    assert not lasts(session(user(active=False)), SignIn(), NOON)


def test_a_token_is_good_until_its_day_or_until_it_is_taken_back() -> None:
    token = Token("t", frozenset(), "ada", NOON, NOON + timedelta(days=1))
    assert usable(token, NOON) and not usable(token, NOON + timedelta(days=1))
    assert not usable(Token("t", frozenset(), "ada", NOON, NOON + timedelta(days=1), revoked_at=NOON), NOON)
