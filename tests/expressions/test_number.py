"""Amounts and whole numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinfolk.expressions.number import decimal, double, integer


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1234.5", "1234.5"), ("1,234.56", "1234.56"), ("1 234.56", "1234.56"), ("1'234.56", "1234.56"),
        ("1,00,000.50", "100000.5"), ("$12.50", "12.5"), ("€ -5", "-5"), ("EUR 3", "3"), ("3.20 USD", "3.2"),
        ("-5", "-5"),
        ("(12.00)", "-12"), ("12.50-", "-12.5"), ("12.-", "12"), ("1e3", "1000"), (".5", "0.5"), ("−7", "-7"),
        ("12,50", None), ("1.234,56", None), ("1,23", None), ("abc", None), ("12 apples", None),
        ("n/a", None), ("5.", None),
    ],
)  # fmt: skip
def test_an_amount_with_a_decimal_point(evaluate, given, expected):
    assert evaluate(decimal, [given]) == [None if expected is None else Decimal(expected)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1234", "1234"), ("1.234,56", "1234.56"), ("1.234", "1234"), ("12,50 €", "12.5"), ("CHF 12'000,00", "12000"),
        ("-1.234,5", "-1234.5"), ("12,-", "12"), ("3,5 kr", "3.5"), ("12.50", None), ("1,234.56", None),
    ],
)  # fmt: skip
def test_an_amount_with_a_decimal_comma(evaluate, given, expected):
    assert evaluate(lambda v: decimal(v, ","), [given]) == [None if expected is None else Decimal(expected)]


def test_a_whole_number_is_never_rounded(evaluate):
    given = ["12", "12.0", "1,200", " 7 ", "-3", "12.5", "99999999999999999999", "x"]
    assert evaluate(integer, given) == [12, 12, 1200, 7, -3, None, None, None]


def test_a_score_keeps_its_digits(evaluate):
    assert evaluate(double, ["0.9731234567", "1e-9", "$1,000.5"]) == [0.9731234567, 1e-9, 1000.5]


@settings(max_examples=30)
@given(st.lists(st.decimals(-(10**12), 10**12, places=2), min_size=1, max_size=50))
def test_amounts_are_read_in_either_convention(evaluate, amounts):
    english = [f"{amount:,}" for amount in amounts]
    german = [text.translate(str.maketrans(",.", ".,")) for text in english]
    assert evaluate(decimal, english) == amounts
    assert evaluate(lambda v: decimal(v, ","), german) == amounts
