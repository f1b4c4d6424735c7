"""What every kind of column promises."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from kinfolk.expressions.standard import STANDARDS
from kinfolk.expressions.template import column, fill
from kinfolk.model.source import Conventions
from kinfolk.tables.staging import MAPPABLE, canonical

GERMAN = Conventions(country="DE", currency="EUR", dates="DMY", time_zone="Europe/Berlin", decimal=",")
AMERICAN = Conventions(country="US", currency="USD", dates="MDY", time_zone="America/New_York")
UNDECLARED = Conventions()

ANY = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=25)
LIKELY = st.text("aAbBzZ éÉßİıǅ'’-.,/()@+0123456789€$:TZxn?&\"\t\u00a0\u200d\u0301<>", max_size=18)
BLANKS = ["", "  ", "\t\n", "n/a", "N/A", " - ", "--", "?", "#N/A", "unknown", "\u200b", "\u00a0"]


def test_every_kind_a_source_can_feed_has_a_standard():
    kinds = {column.kind for table in MAPPABLE for column in canonical(table).values() if column.kind}
    assert kinds <= set(STANDARDS)


@pytest.mark.parametrize("kind", STANDARDS)
def test_a_cell_without_a_value_has_no_standard_and_counts_as_blank(kind, evaluate):
    standard = STANDARDS[kind]
    assert evaluate(lambda v: standard.value(v, GERMAN), [None, *BLANKS]) == [None] * (len(BLANKS) + 1)
    assert evaluate(standard.blank, [None, *BLANKS]) == [True] * (len(BLANKS) + 1)


DEPENDING = ["phone", "postcode", "currency", "date", "timestamp", "integer", "decimal", "number"]
CASES = [(kind, UNDECLARED) for kind in STANDARDS]
CASES += [(kind, conventions) for kind in DEPENDING for conventions in (GERMAN, AMERICAN)]


@cache
def tree(kind: str, conventions: Conventions) -> exp.Expression:
    # Printed moments are in UTC and printed numbers have a point, whatever the source's own habits were.
    if kind in ("timestamp", "integer", "decimal", "number"):
        conventions = replace(conventions, time_zone="UTC", decimal=".")
    return STANDARDS[kind].value(column("v"), conventions)


@pytest.mark.parametrize(("kind", "conventions"), CASES, ids=lambda case: getattr(case, "country", case))
@settings(max_examples=6)
@given(values=st.lists(ANY | LIKELY, min_size=40, max_size=60))
@example(
    values=["İSTANBUL", "ſa", "ŉ", "ǅ", "ıI", "(ı", "'S", "-A", "o'n", "a.b", "DE LA", "\u0345", "ΑΣ", "ß", "i\u0300"]
)
@example(values=["1,5-", "(1)", "12.-", "EUR 1", "--1", "+1", "1e5", ".5", "5,", "1 000", "١٢"])
@example(values=["NA", "Null", "dr. ", "Herr", "M. ", "Mr Mrs X", "A, PhD, MBA", ", A", "A ,", '""A""', "'a'"])
@example(values=["1067.0", "01067", "1067", "D-1067", "12345-", "123456789", "D- 10115"])
def test_any_text_can_be_standardised_and_a_standard_stays_what_it_is(kind, conventions, evaluate, values):
    once = evaluate(lambda _: tree(kind, conventions), values)
    printed = [None if value is None else str(value) for value in once]
    twice = evaluate(lambda _: tree(kind, conventions), printed)
    assert [None if value is None else str(value) for value in twice] == printed


@pytest.mark.parametrize("kind", STANDARDS)
@pytest.mark.parametrize("conventions", [GERMAN, UNDECLARED], ids=["German", "undeclared"])
def test_every_kind_says_why_a_value_is_not_readable(kind, conventions):
    assert STANDARDS[kind].why(conventions)


def test_a_standard_may_be_asked_of_more_than_a_column(evaluate):
    joined = evaluate(lambda v: STANDARDS["email"].value(fill("concat($v , '@Example.com')", v=v), UNDECLARED), ["Ann"])
    phone = evaluate(lambda v: STANDARDS["phone"].value(fill("concat('0', $v)", v=v), GERMAN), ["30 123456"])
    country = evaluate(lambda v: STANDARDS["country"].value(fill("trim($v)", v=v), GERMAN), [" Frankreich"])
    assert (joined, phone, country) == (["ann@example.com"], ["+4930123456"], ["FR"])
