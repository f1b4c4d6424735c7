"""A name in another script is the same name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.transliteration import latin
from tests.stages.identity.population import records
from tests.stages.identity.workbench import Workbench, matching


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("иванов", "ivanov"),
        ("щербакова", "shcherbakova"),
        ("андрій", "andrii"),
        ("ольга", "olga"),
        ("живковић", "zhivkovic"),
        ("παπαδόπουλος", "papadopoulos"),
        ("μπάμπης", "babis"),
        ("ευαγγελία", "evangelia"),
        ("strauß", "strauss"),
        ("łukasz", "lukasz"),
        ("søren", "soren"),
        ("þór", "thor"),
        ("josé", "jose"),
        ("李", "李"),
    ],
)
def test_letters_of_other_scripts_become_latin(written: str, spelled: str) -> None:
    assert latin(written) == spelled


@given(st.text(alphabet="абвгдежзийклмнопрстуфхцчшщъыьэюяёєіїґαβγδεζηθικλμνξοπρστυφχψωάέήίόύώßøłæœ -"))
def test_nothing_but_latin_letters_is_left_and_once_is_enough(text: str) -> None:
    assert latin(text).isascii()
    assert latin(latin(text)) == latin(text)


def test_one_person_in_two_scripts_is_one_customer() -> None:
    rows = records(100, 2)
    born = {"birth_date": rows[0]["birth_date"].replace(year=1931), "street": "Ulmenweg 7"}
    rows += [
        {"first_name": "Ольга", "last_name": "Щербакова", "record_id": "cyrillic", **born},
        {"first_name": "Olga", "last_name": "Shcherbakova", "record_id": "latin", **born},
    ]
    compare = {"first_name": "name", "last_name": "name", "birth_date": "date", "street": "address"}
    bench = Workbench(IdentityRules(matching=matching(compare))).run(rows)
    assert any({"cyrillic", "latin"} <= group for group in bench.groups())
