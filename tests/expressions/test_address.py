"""Postal addresses."""

from __future__ import annotations

import pytest

from kinfolk.expressions.address import city, postcode, street


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Hauptstr.  5 , 3. OG,", "Hauptstr. 5, 3. OG"),
        ("HAUPTSTR. 12", "Hauptstr. 12"),
        ("po box 12", "PO Box 12"),
        ("12 NW MAIN ST", "12 NW Main St"),
        ("RUE DE LA PAIX 3", "Rue de la Paix 3"),
        ("KING'S ROAD 1", "King's Road 1"),
        ('"Rue de la Paix 3"', "Rue de la Paix 3"),
        ("Haus McLaren 12b", "Haus McLaren 12b"),
        ("n/a", None),
    ],
)
def test_a_street_is_tidied_but_not_rewritten(evaluate, given, expected):
    assert evaluate(street, [given]) == [expected]


def test_a_city_written_in_capitals_gets_its_case_back(evaluate):
    given = ["FRANKFURT AM MAIN", "LE HAVRE", "new york", "L'AQUILA", "Köln", "Stoke-on-Trent"]
    assert evaluate(city, given) == ["Frankfurt am Main", "Le Havre", "New York", "L'Aquila", "Köln", "Stoke-on-Trent"]


@pytest.mark.parametrize(
    ("country", "given", "expected"),
    [
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", " SW1A  1AA ", "SW1A 1AA"),
        ("NL", "1012ab", "1012 AB"),
        ("CA", "k1a0b1", "K1A 0B1"),
        ("SE", "11455", "114 55"),
        ("PL", "00950", "00-950"),
        ("PT", "1000205", "1000-205"),
        ("DE", "D-10115", "10115"),
        ("CH", "CH-8001", "8001"),
        ("DE", "1067", "01067"),
        ("DE", "1067.0", "01067"),
        ("FR", "6000", "06000"),
        ("US", "2138", "02138"),
        ("US", "021381234", "02138-1234"),
        ("DE", "SW1A 1AA", "SW1A 1AA"),
        ("AT", "1010", "1010"),
        (None, "1067", "1067"),
        (None, "sw1a 1aa", "SW1A 1AA"),
        ("DE", "n/a", None),
        ("AT", "NULL", None),
        ("GB", "NA", None),
        ("US", "02138-1234", "02138-1234"),
        ("PT", "1000", "1000"),
    ],
)
def test_a_postcode_takes_its_countrys_shape_where_it_has_it(evaluate, country, given, expected):
    assert evaluate(lambda v: postcode(v, country), [given]) == [expected]
