"""Records that say nothing, or all the same: the run stays whole, takes bounded time, and says what it met."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Any

import pytest

from kinfolk.commands.status import Numbers, status
from tests.company import Company

HEADER = "id,first,last,mail,born,city\n"
IDENTITY = """keys: [email]
match:
  compare: {first_name: name, last_name: name, birth_date: date, city: text, email: email}
  personal: [first_name, birth_date]
"""
NO_KEY = IDENTITY.replace("keys: [email]\n", "")


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """One source, matched by its mailboxes and by likeness."""
    made = Company(tmp_path)
    made.source(
        "crm",
        "record_id: id\npeople: {first_name: first, last_name: last, email: mail, birth_date: born, city: city}\n",
    )
    made.identity(IDENTITY)
    return made


def person(number: int, **other: Any) -> str:
    row = {
        "first": f"{('Ana', 'Rui', 'Max', 'Ida')[number % 4]}{chr(97 + number // 4 % 26)}",
        "last": f"{('Costa', 'Lund', 'Fox')[number % 3]}{chr(97 + number // 7 % 26)}",
        "mail": f"p{number}@x.example",
        "born": f"19{50 + number % 50}-0{1 + number % 9}-1{number % 10}",
        "city": ("Ulm", "Bonn")[number % 2],
        **other,
    }
    return f"{number},{','.join(row.values())}\n"


def arrived(company: Company, rows: list[str]) -> Numbers:
    company.write("data/crm.csv", HEADER + "".join(rows))
    company.run()
    found = status(company.folder).numbers
    assert found is not None
    assert found.records == len(rows)
    return found


def effects(found: Numbers, guard: str) -> list[tuple[int, str]]:
    return [(row["records"], row["effect"]) for row in found.guards if row["guard"] == guard]


def test_records_that_say_nothing_are_customers_of_their_own_and_counted(company: Company) -> None:
    found = arrived(company, [person(n) for n in range(60)] + [f"{n},,,,,\n" for n in range(100, 140)])
    assert found.customers == 100
    sentence = "No key and no compared column has a value in these records, so each stays a customer of its own."
    assert effects(found, "nothing_known") == [(40, sentence)]
    found = arrived(company, [person(n) for n in range(60)] + [f"{n},,,,,\n" for n in range(100, 139)])
    assert effects(found, "nothing_known") == [(39, sentence)]


def test_nothing_but_records_that_say_nothing(company: Company) -> None:
    found = arrived(company, [f"{n},,,,,\n" for n in range(50)])
    assert found.customers == 50
    assert effects(found, "nothing_known")[0][0] == 50
    assert "email: no record has a value, so it is no evidence." in found.not_learned


def test_a_column_that_is_the_same_everywhere_or_empty_is_named(company: Company) -> None:
    found = arrived(company, [person(n, city="Ulm", born="") for n in range(80)])
    assert found.customers == 80
    assert "birth_date: no record has a value, so it is no evidence." in found.not_learned
    assert any(words.startswith("city: every known value is the same") for words in found.not_learned)


@pytest.mark.slow
def test_one_mailbox_on_a_hundred_thousand_records_is_nobodys(company: Company) -> None:
    found = arrived(company, [person(n, mail="info@x.example") for n in range(100_000)])
    [(records, effect)] = effects(found, "shared_value")
    assert records == 100_000
    assert effect.startswith("At least ") and effect.endswith(
        "people share this mailbox, so it linked none of the records."
    )
    assert found.customers > 1_000


@pytest.mark.slow
@pytest.mark.parametrize("keyed", [True, False], ids=["with a key", "by likeness alone"])
def test_a_million_identical_rows_go_the_whole_way(company: Company, keyed: bool) -> None:
    company.identity(IDENTITY if keyed else NO_KEY)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    found = arrived(company, [f"{n},Ana,Costa,ana@x.example,1980-01-01,Ulm\n" for n in range(1_000_000)])
    assert time.monotonic() - began < 300
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4_000_000  # KB
    if keyed:
        assert found.customers == 1
    else:
        assert found.customers == 1_000_000
        assert found.not_learned[0].startswith("All 1,000,000 records are alike in everything compared: ")


def test_many_copies_of_one_record_are_one_customer_and_mentioned(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinfolk.stages.identity.resolve.MANY_COPIES", 6)
    company.identity(NO_KEY)
    copies = [person(0).replace("0,", f"{n},", 1) for n in range(1_000, 1_005)]
    found = arrived(company, [person(n) for n in range(800)] + copies)
    asked = "select count(distinct customer_id) from identity.members where record_id::int >= 1000 or record_id = '0'"
    assert company.ask(asked) == [(1,)]
    [(records, effect)] = effects(found, "copies")
    assert records == 6
    assert "alike in everything compared and so one customer" in effect and "under `ignore`" in effect
