"""How far apart two values are."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, JaroWinkler

from kinfolk.stages.identity.coding import code, in_form
from kinfolk.stages.identity.comparison import Field
from kinfolk.stages.identity.kinds import KINDS
from kinfolk.stages.identity.similarity import jaro_winkler, one_slip, spell


def level(kind: str, a: object, b: object) -> str:
    """The level of two values in words."""
    column = in_form(code(pa.chunked_array([pa.array([a, b])])), kind)
    field = Field("x", KINDS[kind], column)
    number = int(field.levels(column.codes[:1], column.codes[1:])[0])
    return KINDS[kind].levels[number - 1] if number else "unknown"


@pytest.mark.parametrize(
    ("kind", "a", "b", "expected"),
    [
        ("name", "Anna", "ANNA", "the same"),
        ("name", "José", "jose", "the same"),
        ("name", "Müller", "Muller", "the same"),
        ("name", "O'Neill", "ONeill", "the same"),
        ("name", "Catherine", "Catherin", "nearly the same"),
        ("name", "William", "Bill", "a short form, an initial or a part"),
        ("name", "Francisco", "Paco", "a short form, an initial or a part"),
        ("name", "Johannes", "Hans", "a short form, an initial or a part"),
        ("name", "J", "John", "a short form, an initial or a part"),
        ("name", "Smith-Jones", "Jones", "a short form, an initial or a part"),
        ("name", "Mary", "Robert", "different"),
        ("name", None, "Robert", "unknown"),
        ("date", datetime.date(1980, 3, 4), datetime.date(1980, 3, 4), "the same"),
        ("date", datetime.date(1980, 3, 4), datetime.date(1980, 4, 3), "one digit wrong, or day and month swapped"),
        ("date", datetime.date(1980, 3, 4), datetime.date(1988, 3, 4), "one digit wrong, or day and month swapped"),
        ("date", datetime.date(1980, 3, 12), datetime.date(1980, 3, 21), "one digit wrong, or day and month swapped"),
        ("date", datetime.date(1980, 3, 4), datetime.date(1980, 3, 29), "two of three parts the same"),
        ("date", datetime.date(1980, 3, 4), datetime.date(1980, 9, 29), "the same year, or within a month"),
        ("date", datetime.date(1980, 3, 4), datetime.date(1971, 12, 29), "different"),
        ("email", "a.smith@x.example", "asmith+shop@x.example", "the same but for dots, a tag or one character"),
        ("email", "anna.smith@x.example", "anna.smith@y.example", "the same before the @"),
        ("email", "anna.smith@x.example", "bob@x.example", "different"),
        ("phone", "+49 30 1234567", "+49301234567", "the same"),
        ("phone", "+49301234567", "0301234567", "the same last eight digits"),
        ("phone", "+49301234567", "+49301239567", "one digit wrong"),
        ("phone", "+49301234567", "+49221876543", "different"),
        ("address", "12 High Street", "High St 12", "the same"),
        ("address", "Hauptstraße 5", "Hauptstr. 5", "the same"),
        ("address", "12 High Street", "14 High Street", "the street nearly the same, another number"),
        ("address", "12 High Street", "12 Hihg Street", "the same number, the street nearly the same"),
        ("address", "12 High Street", "Rosengasse 3", "different"),
        ("company", "Acme Ltd.", "ACME", "the same"),
        ("company", "Acme Holdings", "Acme Holdings Deutschland GmbH", "one holds the other's words"),
        ("exact", "AB1 2CD", "ab1 2cd", "the same"),
        ("exact", "AB1 2CD", "AB1 2CE", "different"),
        ("text", "Springfield", "Sprngfield", "nearly the same"),
        ("text", "", "Springfield", "unknown"),
    ],
)
def test_level(kind: str, a: object, b: object, expected: str) -> None:
    assert level(kind, a, b) == expected
    assert level(kind, b, a) == expected


TEXTS = st.lists(st.text("abcdeé1 ", max_size=7), min_size=2, max_size=8, unique=True)


@given(TEXTS)
def test_the_bounds_never_rule_out_a_pair_that_counts(texts: list[str]) -> None:
    spelled = spell(pa.array(texts, pa.string()))
    a, b = (x.astype(np.int64) for x in np.triu_indices(len(texts), 1))
    found = jaro_winkler(spelled, a, b, 0.8)
    slips = one_slip(spelled, a, b)
    for x, y, similarity, slip in zip(a, b, found, slips, strict=True):
        assert slip == (OSA.distance(texts[x], texts[y]) <= 1)
        exactly = JaroWinkler.normalized_similarity(texts[x], texts[y])
        if abs(exactly - 0.8) > 1e-6:
            assert similarity == pytest.approx(exactly if exactly >= 0.8 else 0.0, abs=1e-6)
