"""The control state of a backup in the place of the present one: what was said since stays said."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from kinfolk.errors import ExistsError
from kinfolk.model.access import Token
from kinfolk.model.consent import Choice, Saying, Subject
from kinfolk.pipeline.archive import copy_database
from kinfolk.store.database import file_of, open_store, writing
from kinfolk.store.read.consents import entries
from kinfolk.store.read.runs import latest
from kinfolk.store.read.tokens import all_tokens
from kinfolk.store.read.users import all_users
from kinfolk.store.read.verification import verify
from kinfolk.store.schema import sessions
from kinfolk.store.write import runs
from kinfolk.store.write.consents import append, forget
from kinfolk.store.write.replacement import replaced_by
from kinfolk.store.write.tokens import add_token, revoke_token
from kinfolk.store.write.users import add_user, change_user


def say(engine: Engine, value: str = "ana@example.com", choice: Choice = Choice.DENIED) -> None:
    append(engine, [[Saying(Subject("email", value), "news", choice, datetime.now(UTC))]])


@pytest.fixture
def present(tmp_path: Path) -> Engine:
    """Two rows of the ledger, of which there is a copy."""
    engine = open_store(tmp_path / "present")
    say(engine)
    say(engine, "rui@example.com")
    (tmp_path / "backup").mkdir()
    copy_database(file_of(tmp_path / "present"), file_of(tmp_path / "backup"))
    return engine


def replace(tmp_path: Path, *, other_ledger: bool = False) -> None:
    with replaced_by(tmp_path / "present", tmp_path / "backup", other_ledger=other_ledger):
        pass


def test_the_history_is_the_backups_and_the_ledger_what_it_became_since(present: Engine, tmp_path: Path) -> None:
    runs.start(present, "f" * 64, "{}")
    say(present, choice=Choice.WITHDRAWN)
    forget(present, [2])
    before = list(entries(present))
    replace(tmp_path)
    assert list(entries(present)) == before
    assert latest(present, 5) == []
    assert (verify(present).erased, verify(present).problems) == (1, ())


def test_a_backup_that_has_more_of_the_same_ledger_brings_it(present: Engine, tmp_path: Path) -> None:
    backup = open_store(tmp_path / "backup")
    say(backup)
    forget(backup, [1])
    replace(tmp_path)
    assert (verify(present).entries, verify(present).erased, verify(present).problems) == (3, 1, ())


def test_a_ledger_the_backup_is_no_copy_of_is_replaced_only_when_somebody_says_so(
    present: Engine, tmp_path: Path
) -> None:
    say(open_store(tmp_path / "backup"))
    say(present)
    before = list(entries(present))
    with pytest.raises(ExistsError, match="the same up to row 2, and of the 1 after it the backup has none"):
        replace(tmp_path)
    assert list(entries(present)) == before
    replace(tmp_path, other_ledger=True)
    assert list(entries(present)) == list(entries(open_store(tmp_path / "backup")))
    assert verify(present).problems == ()


def test_what_is_said_while_a_backup_takes_its_place_is_written_behind_it(present: Engine, tmp_path: Path) -> None:
    started = threading.Event()

    def speak() -> None:
        engine = open_store(tmp_path / "present")
        started.set()
        say(engine, "late@example.com")

    speaker = threading.Thread(target=speak)
    with replaced_by(tmp_path / "present", tmp_path / "backup"):
        speaker.start()
        started.wait(30)
        speaker.join(0.5)
        assert speaker.is_alive(), "nothing is written meanwhile"
    speaker.join(30)
    found = list(entries(open_store(tmp_path / "present")))
    assert [entry.saying.subject.value for entry in found][-1] == "late@example.com"
    assert verify(present).problems == ()


def test_when_the_block_fails_everything_is_as_before(present: Engine, tmp_path: Path) -> None:
    runs.start(present, "f" * 64, "{}")
    with pytest.raises(KeyError), replaced_by(tmp_path / "present", tmp_path / "backup"):
        raise KeyError
    assert len(latest(present, 5)) == 1


def test_who_was_shut_out_since_is_not_let_in_by_a_backup(tmp_path: Path) -> None:
    engine, now = open_store(tmp_path / "present"), datetime.now(UTC)
    boss = add_user(engine, "boss@example.com", roles=("owner",))
    assert boss is not None
    add_token(engine, Token("site", frozenset(), "boss", now, now + timedelta(days=1)), "d" * 64)
    (tmp_path / "backup").mkdir()
    copy_database(file_of(tmp_path / "present"), file_of(tmp_path / "backup"))
    change_user(engine, boss.user_id, active=False)
    revoke_token(engine, "site", now)

    replace(tmp_path)

    assert [user.active for user in all_users(engine)] == [False]
    assert [token.revoked_at is not None for token in all_tokens(engine)] == [True]


def test_where_nobody_is_yet_people_of_the_backup_come_but_none_is_signed_in(tmp_path: Path) -> None:
    backup, now = open_store(tmp_path / "backup"), datetime.now(UTC)
    boss = add_user(backup, "boss@example.com", roles=("owner",))
    assert boss is not None
    with writing(backup) as connection:
        times = {"created_at": now, "last_seen_at": now, "expires_at": now + timedelta(days=1)}
        connection.execute(insert(sessions).values(digest="e" * 64, user_id=boss.user_id, groups=[], **times))

    replace(tmp_path)

    present = open_store(tmp_path / "present")
    assert [user.email for user in all_users(present)] == ["boss@example.com"]
    with present.connect() as connection:
        assert connection.execute(select(sessions)).all() == []
