"""Plain text, ids, domains and the hash of a row."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinfolk.expressions.hash import row_hash
from kinfolk.expressions.template import column, fill, let
from kinfolk.expressions.text import clean, domain, identifier, text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (" a \t b\n", "a b"),
        ("e\u0301", "é"),
        ("a\u200bb\u00adc", "abc"),
        ("a\u00a0\u2003b", "a b"),
        ("\ufeffa", "a"),
        ("Ω is a letter", "Ω is a letter"),
        ("none of these", "none of these"),
        ("NULL", None),
        ("\u200b", None),
    ],
)
def test_text_is_made_comparable_without_changing_what_it_says(evaluate, given, expected):
    assert evaluate(text, [given]) == [expected]


@settings(max_examples=30)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=5, max_size=30))
def test_clean_text_is_normalised_and_trimmed(evaluate, values):
    for made in evaluate(clean, values):
        assert made == made.strip() and "  " not in made
        assert unicodedata.is_normalized("NFC", made)


def test_an_id_keeps_its_zeros_and_case_unless_a_spreadsheet_cut_its_digits_off(evaluate):
    given = [" 00123 ", "ab-C", "1E5", "4.91702E+12", "4,9E+12"]
    assert evaluate(identifier, given) == ["00123", "ab-C", "1E5", None, None]


def test_a_domain_is_taken_out_of_what_surrounds_it(evaluate):
    given = [
        "Example.com",
        "https://www.example.com/x?y=1",
        "ann@example.com",
        "example.com.",
        "http://u@example.com:80/",
    ]
    assert evaluate(domain, given) == ["example.com"] * 5
    assert evaluate(domain, ["acme", "a b.com", "n/a", "münchen.de"]) == [None, None, None, "münchen.de"]


def test_rows_that_differ_have_different_hashes(connection):
    rows = [("a", "bc"), ("ab", "c"), ("a", None), (None, "a"), ("a", ""), ("", "a"), (None, None), ("", ""),
            ("1:a", ""),
            ("-", None), (None, "-"), ("é", "1"), ("a", "1:b"), ("a1:b", "")]  # fmt: skip
    printed = row_hash([column("a"), column("b")]).sql("duckdb")
    select = f"SELECT {printed} AS h, typeof(h) FROM (SELECT CAST($1 AS VARCHAR) AS a, CAST($2 AS VARCHAR) AS b)"
    made = [connection.execute(select, row).fetchone() for row in rows]
    assert len({h for h, _ in made}) == len(rows)
    assert {kind for _, kind in made} == {"UBIGINT"}
    assert connection.execute(select, rows[0]).fetchone() == made[0]


def test_a_value_named_twice_is_worked_out_once_and_does_not_hide_an_outer_one(evaluate):
    def both(value):
        outer = fill("upper($v)", v=value)
        return let(outer, "$inner", inner=lambda it: let(fill("$it || '!'", it=it), "$it || $outer", outer=it))

    assert evaluate(both, ["a"]) == ["A!A"]
