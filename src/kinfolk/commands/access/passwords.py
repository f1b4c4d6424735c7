"""Passwords: which are good enough, and whether one is right. argon2 makes what is kept of them."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kinfolk.errors import BusyError, KinfolkError

SHORTEST, LONGEST = 12, 256
_KINDS = 5  # characters that differ, at least
# The commonest of this length, in lists of passwords that became known. What is shorter is refused anyway.
_COMMON = frozenset((Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").split())
_HASHER = PasswordHasher()
_AT_ONCE = BoundedSemaphore(2)  # each takes 64 MB
_WAITING = BoundedSemaphore(12)


@contextmanager
def turn() -> Iterator[None]:
    """Waits until passwords may be looked at: a few at once, so that nobody can take all memory, or all threads.

    Errors  BusyError where too many wait already
    """
    if not _WAITING.acquire(blocking=False):
        raise BusyError("Too many people are signing in.", hint="Try again in a moment.")
    try:
        with _AT_ONCE:
            yield
    finally:
        _WAITING.release()


def refuse_weak(password: str, email: str) -> None:
    """Nothing, for a password that is good enough. Errors: KinfolkError says what is wrong with it"""
    if len(password) < SHORTEST:
        raise KinfolkError(f"The password is too short: it takes {SHORTEST} characters.", hint="Three words are easy.")
    if len(password) > LONGEST:
        raise KinfolkError(f"The password is too long: it may have {LONGEST} characters.")
    plain, address = _same(password).casefold(), email.casefold()
    if plain in (address, address.partition("@")[0]) or plain in _COMMON or len(set(plain)) < _KINDS:
        raise KinfolkError("That is among the first passwords that somebody would try.", hint="Choose another.")


def hashed(password: str) -> str:
    """What is kept of the password; to be called within a turn."""
    return _HASHER.hash(_same(password))


def right(password: str, kept: str | None) -> bool:
    """Whether it is the password of which that was kept; to be called within a turn.

    For somebody who has none it takes as long to say no, and for what is longer than any.
    """
    if len(password) > LONGEST:
        password, kept = "", None
    nobodys = _nobodys()  # whoever asks: it is made for the first who does
    try:
        _HASHER.verify(kept or nobodys, _same(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Whether what is kept was made less carefully than it would be made now."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))


def _same(password: str) -> str:
    """As one keyboard writes it and as another does. Of many marks on one letter that takes minutes."""
    return unicodedata.normalize("NFKC", password)
