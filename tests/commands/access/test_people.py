"""Letting people in and out by command."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kinfolk.commands.access.people import Newcomer, People
from kinfolk.commands.access.tokens import Wanted, create_token
from kinfolk.errors import ExistsError, KinfolkError, NotFoundError
from tests.company import Company


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    company = Company(tmp_path)
    company.write("policies/access.yml", "people: {Ada@example.com: analyst}\n")
    return tmp_path


def newcomer(email: str, *roles: str) -> Newcomer:
    return Newcomer(email, None, roles, "a test")


def test_roles_given_here_stand_beside_those_of_the_file(folder: Path) -> None:
    people = People(folder)
    made = people.add(newcomer(" ADA@example.com ", "steward"))
    assert (made.email, made.roles, made.given) == ("ada@example.com", ("analyst", "steward"), ("steward",))
    assert people.give("Ada@Example.com", ["marketer", "marketer"]).roles == ("analyst", "marketer")
    assert people.give("ada@example.com", []).roles == ("analyst",)
    assert [one.email for one in People(folder).all()] == ["ada@example.com"]


@pytest.mark.parametrize(
    "email", ["", "ada", "@example.com", "a@b@c", "a b@example.com", "a\x1b[2J@b", "a@b\nc", "a@" + "b" * 300]
)
def test_what_is_no_address_is_refused(folder: Path, email: str) -> None:
    with pytest.raises(KinfolkError, match="no e-mail address"):
        People(folder).add(newcomer(email))


def test_an_address_is_somebodys_once(folder: Path) -> None:
    People(folder).add(newcomer("ada@example.com"))
    with pytest.raises(ExistsError, match="ada@example.com already"):
        People(folder).add(newcomer("Ada@Example.com"))


def test_a_role_there_is_not_is_told_with_what_was_meant(folder: Path) -> None:
    with pytest.raises(KinfolkError) as told:
        People(folder).add(newcomer("bo@example.com", "stewart"))
    assert str(told.value) == "There is no role `stewart`. Did you mean `steward`?"
    assert People(folder).all() == []


def test_nobody_is_invited_who_is_not_there_or_may_not_come_in(folder: Path) -> None:
    people = People(folder)
    with pytest.raises(NotFoundError, match="Nobody has the address bo@example.com"):
        people.invite("bo@example.com")
    people.add(newcomer("bo@example.com"))
    assert not people.deactivate("bo@example.com").active
    with pytest.raises(KinfolkError, match="is deactivated"):
        people.invite("bo@example.com")
    assert people.activate("bo@example.com").active
    assert people.invite("bo@example.com").startswith("/invitation/")


@pytest.mark.parametrize("name", ["", " ", "a/b", "a\nb", "\x1b[2J", "-", "x" * 101])
def test_a_token_has_a_name_that_can_be_shown_and_taken_back(folder: Path, name: str) -> None:
    with pytest.raises(KinfolkError, match="needs a name"):
        create_token(folder, Wanted(name, ["runs.start"], timedelta(days=1), "a test"))
