"""Words that stand for codes: countries, languages, currencies, answers."""

from __future__ import annotations

import pytest

from kinfolk.expressions.answer import boolean, decision, gender
from kinfolk.expressions.code_table import codes
from kinfolk.expressions.country import blank, country
from kinfolk.expressions.currency import currency
from kinfolk.expressions.language import language


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        (
            "DE",
            [
                "DE",
                "de",
                "DEU",
                "Germany",
                " GERMANY ",
                "Deutschland",
                "Allemagne",
                "Alemania",
                "Germania",
                "Duitsland",
            ],
        ),
        ("GB", ["UK", "uk", "GBR", "Great Britain", "England", "Royaume-Uni"]),
        ("US", ["USA", "U.S.A.", "United States", "Vereinigte Staaten", "États-Unis"]),
        ("NL", ["Holland", "Nederland", "The Netherlands"]),
        ("AT", ["Österreich", "osterreich", "Austria"]),
        ("CI", ["Côte d’Ivoire", "cote d'ivoire", "Ivory Coast"]),
        ("JP", ["日本", "Japan"]),
        ("NO", ["NO", "no", "Norway"]),
        ("NA", ["NAM", "Namibia"]),
        ("TR", ["Turkey", "Türkiye"]),
        (None, ["NA", "Atlantis", "XX", "n/a", "Europe"]),
    ],
)
def test_a_country_in_any_of_its_names(evaluate, expected, given):
    assert evaluate(country, given) == [expected] * len(given)


def test_na_as_a_country_is_listed_rather_than_taken_for_no_value(evaluate):
    assert evaluate(blank, ["NA", "na", "n/a", "", None]) == [False, False, True, True, True]


def test_every_iso_country_is_known_by_its_codes(evaluate):
    known = list(codes("countries.csv"))
    assert len(known) == 250  # 249 in ISO 3166-1, and Kosovo
    assert evaluate(country, [code.lower() for code in known if code != "NA"]) == [c for c in known if c != "NA"]


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("de", ["de", "DE", "de-AT", "de_DE.UTF-8", "German", "Deutsch", "allemand"]),
        ("pt", ["pt_BR", "português", "Portuguese"]),
        ("zh", ["zh-Hans-CN", "中文", "Chinese"]),
        ("en", ["en-GB,en;q=0.9", "English", "anglais"]),
        ("no", ["nb", "NO", "Norwegian"]),
        (None, ["Klingon", "xx", "n/a"]),
    ],
)
def test_a_language_by_code_locale_or_name(evaluate, expected, given):
    assert evaluate(language, given) == [expected] * len(given)


@pytest.mark.parametrize(
    ("declared", "given", "expected"),
    [
        (None, "eur", "EUR"), (None, "€", "EUR"), (None, "£", "GBP"), (None, "¥", "JPY"), (None, "US$", "USD"),
        (None, "$", None), ("USD", "$", "USD"), ("CAD", "$", "CAD"), ("EUR", "$", None), ("SEK", "kr", "SEK"),
        ("USD", "kr", None), (None, "XYZ", None), (None, "n/a", None), (None, "DEM", "DEM"),
    ],
)  # fmt: skip
def test_a_currency_sign_that_means_several_needs_the_declared_one(evaluate, declared, given, expected):
    assert evaluate(lambda v: currency(v, declared), [given]) == [expected]


def test_yes_and_no(evaluate):
    yes = ["true", "TRUE", "Yes", "y", "1", "t", "on", "x", "ja", "oui", "sí", "si", " yes "]
    no = ["false", "No", "n", "0", "f", "off", "nein", "non"]
    assert evaluate(boolean, yes) == [True] * len(yes)
    assert evaluate(boolean, no) == [False] * len(no)
    assert evaluate(boolean, ["maybe", "2", "n/a", ""]) == [None] * 4


def test_gender(evaluate):
    assert evaluate(gender, ["F", "w", "Female", "weiblich", "Frau"]) == ["female"] * 5
    assert evaluate(gender, ["M", "male", "h", "Herr", "homme"]) == ["male"] * 5
    assert evaluate(gender, ["d", "diverse", "Other", "non-binary"]) == ["other"] * 4
    assert evaluate(gender, ["zz", "unknown"]) == [None] * 2


def test_a_decision_about_consent(evaluate):
    given = [
        "yes",
        "opt-in",
        "Subscribed",
        "1",
        "no",
        "false",
        "declined",
        "Opt-Out",
        "unsubscribed",
        "expired",
        "perhaps",
    ]
    expected = ["granted"] * 4 + ["denied"] * 3 + ["withdrawn"] * 2 + ["expired", None]
    assert evaluate(decision, given) == expected
