"""E-mail addresses."""

from __future__ import annotations

import pytest

from kinfolk.expressions.email import email


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("ann@example.com", "ann@example.com"),
        ("  Ann.Lee+News@Example.COM ", "ann.lee+news@example.com"),
        ("mailto:ann@example.com", "ann@example.com"),
        ("<ann@example.com>", "ann@example.com"),
        ('"ann@example.com";', "ann@example.com"),
        ("Ann Lee <Ann@Example.com>", "ann@example.com"),
        ("o'neil@example.co.uk", "o'neil@example.co.uk"),
        ("jörg@müller.de", "jörg@müller.de"),
        ("ann@xn--mller-kva.xn--p1ai", "ann@xn--mller-kva.xn--p1ai"),
    ],
)
def test_an_address_is_read_however_it_is_wrapped(evaluate, given, expected):
    assert evaluate(email, [given]) == [expected]


@pytest.mark.parametrize(
    "given",
    ["ann b@example.com", "ann@exam ple.com", "ann@example", "ann@example.c", "@example.com", "ann@", "ann", "n/a",
     "ann@example.com, bob@example.com", "a..b@example.com", ".a@example.com", "ann@-example.com", "ann@@example.com",
     "a" * 250 + "@example.com"],
)  # fmt: skip
def test_what_is_not_one_address_is_not_readable(evaluate, given):
    assert evaluate(email, [given]) == [None]
