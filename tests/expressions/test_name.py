"""Names of people and companies."""

from __future__ import annotations

import pytest

from kinfolk.expressions.name import company, core, name, split_full


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("  Anna   Lee ", "Anna Lee"),
        ("Mu\u0308ller", "Müller"),
        ("McDonald", "McDonald"),
        ("O'Neill", "O'Neill"),
        ("van der Berg", "van der Berg"),
        ("deShawn", "deShawn"),
        ("JOHN SMITH", "John Smith"),
        ("o'neill", "O'Neill"),
        ("MCDONALD", "McDonald"),
        ("VAN DER BERG", "van der Berg"),
        ("ANNA-MARIA", "Anna-Maria"),
        ("J.R.R. TOLKIEN", "J.R.R. Tolkien"),
        ("ÉLODIE", "Élodie"),
        ("JOHN SMITH III", "John Smith III"),
        ("DE LA CRUZ", "de la Cruz"),
        ("DE", "De"),
        ("李小龍", "李小龍"),
        ("Na", "Na"),
        ("NULL", "Null"),
        ("None", "None"),
        ("Unknown", None),
        ("n/a", None),
        ("-", None),
        ("12345", None),
        ("ann@example.com", None),
    ],
)
def test_a_name_is_tidied_and_its_case_repaired_only_where_it_was_lost(evaluate, given, expected):
    assert evaluate(name, [given]) == [expected]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Dr. Müller", "Müller"),
        ("Herr Prof. Dr. Hans Meier", "Hans Meier"),
        ("MR JOHN SMITH", "John Smith"),
        ("Mme Dupont", "Dupont"),
        ("M. Dupont", "Dupont"),
        ("Sra. García", "García"),
        ("John Smith, PhD", "John Smith"),
        ("John Smith Jr.", "John Smith Jr."),
        ("M Dupont", "M Dupont"),
        ("Herr", "Herr"),
        ("Don Johnson", "Don Johnson"),
        ("Drew Barry", "Drew Barry"),
    ],
)
def test_titles_go_and_generations_stay(evaluate, given, expected):
    assert evaluate(name, [given]) == [expected]


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("John Smith", ("John", None, "Smith")),
        ("Mary Ann Jones", ("Mary", "Ann", "Jones")),
        ("Smith, John", ("John", None, "Smith")),
        ("Smith, John Paul", ("John", "Paul", "Smith")),
        ("van der Berg, Jan", ("Jan", None, "van der Berg")),
        ("Ludwig van Beethoven", ("Ludwig", None, "van Beethoven")),
        ("Maria Anna de la Cruz", ("Maria", "Anna", "de la Cruz")),
        ("Lucia della Valle", ("Lucia", None, "della Valle")),
        ("John Smith Jr.", ("John", None, "Smith Jr.")),
        ("John Smith, III", ("John", None, "Smith, III")),
        ("Madonna", (None, None, None)),
        (None, (None, None, None)),
    ],
)
def test_a_full_name_is_split_with_particles_and_generations_on_the_last(evaluate, full, parts):
    assert tuple(evaluate(lambda v, n=n: split_full(v)[n], [full])[0] for n in range(3)) == parts


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('  "Acme,  Inc." ', "Acme, Inc."),
        ("ACME GmbH & Co. KG", "ACME GmbH & Co. KG"),
        ("Acme,", "Acme"),
        ("3M", "3M"),
        ("null", None),
    ],
)
def test_a_company_keeps_its_own_spelling(evaluate, given, expected):
    assert evaluate(company, [given]) == [expected]


def test_companies_compare_without_legal_form_accents_and_punctuation(evaluate):
    same = ["Müller GmbH & Co. KG", "MÜLLER", "Muller, Ltd.", "müller s.a.", "Müller Sp. z o.o."]
    assert set(evaluate(core, same)) == {"muller"}
    assert evaluate(core, ["Ltd"]) == ["ltd"]
