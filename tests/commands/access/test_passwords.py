"""Passwords that somebody sends: which are looked at, and for how long."""

from __future__ import annotations

import time

import pytest

from kinfolk.commands.access import passwords
from kinfolk.errors import KinfolkError

MARKS = "a" + "\u0315\u0300" * 100_000  # to bring so many marks in order takes the square of the time


def test_a_password_of_countless_marks_is_refused_without_being_brought_in_order() -> None:
    kept = passwords.hashed("three plain words")
    assert passwords.right("three plain words", kept)
    began = time.process_time()
    assert not passwords.right(MARKS, kept)
    with pytest.raises(KinfolkError, match="too long"):
        passwords.refuse_weak(MARKS, "ada@example.com")
    assert time.process_time() - began < 1


def test_what_is_too_long_is_nobodys_password_not_even_that_of_who_has_none() -> None:
    assert not passwords.right("a" * 257, passwords.hashed(""))
    assert not passwords.right("a" * 257, None)
