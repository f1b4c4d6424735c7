"""Signing in, and changing a password, while something else happens to the account or to the disk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from kinfolk.commands.access import passwords
from kinfolk.commands.access.invitations import Chosen, accept
from kinfolk.commands.access.people import Newcomer, People
from kinfolk.commands.access.signing_in import Attempt, change_password, principal_of_session, sign_in
from kinfolk.commands.access.tokens import Wanted, make_token, principal_of_token
from kinfolk.commands.open_project import open_project
from kinfolk.commands.serving import Served, served
from kinfolk.errors import KinfolkError
from kinfolk.store.read.users import user_by_email
from tests.company import Company

ADA = "ada@example.com"
OLD, NEW, WANTED = "three plain words", "four rather plain words", "some entirely other words"


@pytest.fixture
def shop(tmp_path: Path) -> Served:
    """A project in which Ada has a password."""
    found = served(open_project(Company(tmp_path).folder))
    People(tmp_path).add(Newcomer(ADA, "Ada", (), "a test"))
    accept_anew(found, OLD)
    return found


def accept_anew(shop: Served, password: str) -> None:
    """Ada chooses a password by a new link."""
    link = People(shop.folder).invite(ADA)
    assert accept(shop, link.rpartition("/")[2], Chosen("Ada", password))


def once_checked(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Something happens after the password was found to be right, and before anything comes of it."""
    look = passwords.right

    def right(password: str, kept: str | None) -> bool:
        found = look(password, kept)
        monkeypatch.setattr(passwords, "right", look)
        happens()
        return found

    monkeypatch.setattr(passwords, "right", right)


def test_a_password_chosen_by_a_link_meanwhile_is_the_one_that_stays(
    shop: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = user_by_email(shop.store, ADA)
    assert ada is not None
    once_checked(monkeypatch, lambda: accept_anew(shop, NEW))
    with pytest.raises(KinfolkError, match="not the password you use now"):
        change_password(shop, ada.user_id, OLD, WANTED)
    assert sign_in(shop, ADA, WANTED) == sign_in(shop, ADA, OLD) == Attempt()
    assert sign_in(shop, ADA, NEW).secret


def test_who_signs_in_with_a_password_that_is_made_anew_does_not_bring_an_old_one_back(
    shop: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "outdated", lambda kept: True)
    once_checked(monkeypatch, lambda: accept_anew(shop, NEW))
    assert sign_in(shop, ADA, OLD) == Attempt()
    assert sign_in(shop, ADA, OLD) == Attempt()
    assert sign_in(shop, ADA, NEW).secret


def test_a_password_that_was_kept_less_carefully_is_kept_anew(shop: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "outdated", lambda kept: True)
    before = user_by_email(shop.store, ADA)
    secret = sign_in(shop, ADA, OLD).secret
    after = user_by_email(shop.store, ADA)
    assert before and after and after.password != before.password
    assert secret and principal_of_session(shop, secret)
    assert sign_in(shop, ADA, OLD).secret


@pytest.mark.parametrize("table", ["sessions", "users"])
def test_who_is_signed_in_is_let_in_though_nothing_can_be_written(shop: Served, table: str) -> None:
    secret = sign_in(shop, ADA, OLD).secret
    assert secret
    with shop.store.begin() as connection:
        connection.execute(text("update sessions set last_seen_at = datetime(last_seen_at, '-10 minutes')"))
    nothing_can_be_written(shop, table)
    found = principal_of_session(shop, secret)
    assert found and found.name == ADA


def test_a_token_is_good_though_nothing_can_be_written(shop: Served) -> None:
    secret, _ = make_token(shop.store, Wanted("export", ["consents.read"], timedelta(days=1), "a test"))
    nothing_can_be_written(shop, "tokens")
    found = principal_of_token(shop.store, secret)
    assert found and found.name == "token:export"


def nothing_can_be_written(shop: Served, table: str) -> None:
    """From now on a change of that table fails, as on a full disk."""
    with shop.store.begin() as connection:
        full = f"create trigger full before update on {table} begin select raise(abort, 'the disk is full'); end"
        connection.execute(text(full))
