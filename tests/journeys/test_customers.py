"""Named customers, followed through every stage from their exports to their golden profiles."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinfolk.commands.show import Profile, show
from kinfolk.commands.status import status
from kinfolk.errors import NotFoundError
from tests.company import Company

PERSON = """record_id: id
country: DE
people:
  first_name: first
  last_name: last
  email: mail
  phone: tel
  street: street
  city: city
  birth_date: born
  device_id: device
dates: YMD
observed_at: seen
"""

MARTA = {
    "id": "M",
    "first": "Marta",
    "last": "Oliveira",
    "mail": "marta@example.com",
    "tel": "030 901820",
    "street": "Lindenstr. 5",
    "city": "Berlin",
    "born": "1980-04-01",
    "device": "d-1",
    "seen": "2024-01-01",
}


def person(**said: str) -> dict[str, str]:
    """A row with every column, empty unless said."""
    return {**dict.fromkeys(MARTA, ""), "seen": "2024-01-01", **said}


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Two sources, crm and shop, of people; records with the same e-mail and name are one customer."""
    made = Company(tmp_path)
    for name in ("crm", "shop"):
        made.source(name, PERSON)
        made.csv(name, [person(id="0", first="Zacharias", last="Zuse", mail="zz@example.com")])
    made.identity("keys: [[email, first_name, last_name]]\n")
    return made


def customer_of(company: Company, source: str, record_id: str) -> str:
    [(customer_id,)] = company.ask(
        f"select customer_id from identity.members where source = '{source}' and record_id = '{record_id}'"
    )
    return str(customer_id)


def profile(company: Company, who: str) -> Profile:
    found = show(company.folder, who)
    assert isinstance(found, Profile)
    return found


def golden(company: Company, who: str) -> dict[str, str]:
    return {value["field"]: value["value"] for value in profile(company, who).values}


def behind(company: Company, who: str) -> list[str]:
    return [f"{record['source']}:{record['record_id']}" for record in profile(company, who).records]


def test_a_household_that_shares_its_email_and_phone_stays_two_people(company: Company) -> None:
    rui = {**MARTA, "id": "R", "first": "Rui", "born": "1978-11-23", "device": "d-2"}
    company.csv("crm", [MARTA, rui])
    company.csv("shop", [{**MARTA, "id": "s1", "device": ""}, {**rui, "id": "s2", "device": ""}])
    company.run()
    assert behind(company, customer_of(company, "crm", "M")) == ["crm:M", "shop:s1"]
    assert behind(company, customer_of(company, "crm", "R")) == ["crm:R", "shop:s2"]
    assert golden(company, customer_of(company, "crm", "R"))["birth_date"] == "1978-11-23"
    both = show(company.folder, "marta@example.com")
    assert isinstance(both, list)
    assert sorted(candidate.name for candidate in both) == ["Marta Oliveira", "Rui Oliveira"]


def test_a_household_stays_two_people_where_evidence_decides_too(company: Company) -> None:
    company.identity(
        "match:\n  compare: {first_name: name, last_name: name, birth_date: date, email: email, phone: phone,"
        " street: address}\n  personal: [first_name, birth_date]\n"
    )
    crowd = [
        person(
            id=f"p{n}",
            first=first,
            last=last,
            mail=f"{first}.{last}{n}@example.com".lower(),
            tel=f"030 90{1900 + n}",
            street=f"Ringstr. {n}",
            born=f"19{50 + n % 40}-0{1 + n % 9}-1{n % 9}",
        )
        for n, (first, last) in enumerate(
            (first, last)
            for first in ("Anna", "Bernd", "Carla", "Doris", "Emil", "Frieda", "Georg", "Hanna")
            for last in ("Abel", "Busch", "Conrad", "Dorn", "Esser", "Falk", "Gerber")
        )
    ]
    rui = {**MARTA, "id": "R", "first": "Rui", "born": "1978-11-23"}
    company.csv("crm", [MARTA, rui, *crowd])
    company.csv("shop", [{**row, "id": f"s-{row['id']}"} for row in (MARTA, rui, *crowd[::2])])
    company.run()
    assert behind(company, customer_of(company, "crm", "M")) == ["crm:M", "shop:s-M"]
    assert behind(company, customer_of(company, "crm", "R")) == ["crm:R", "shop:s-R"]


def test_a_customer_who_moved_keeps_her_id_and_gets_her_new_address_whole(company: Company) -> None:
    company.csv("shop", [{**MARTA, "id": "s1"}])
    company.run()
    before = customer_of(company, "shop", "s1")
    moved = {"street": "Hafenweg 12", "city": "Hamburg", "seen": "2025-06-01"}
    company.csv("shop", [{**MARTA, "id": "s1", **moved}])
    company.csv("crm", [MARTA])
    company.run()
    assert customer_of(company, "shop", "s1") == customer_of(company, "crm", "M") == before
    now = golden(company, before)
    assert (now["city"], now["email"]) == ("Hamburg", "marta@example.com")
    assert "Hafenweg" in now["street"] and "12" in now["street"]
    [street] = [value for value in profile(company, before).values if value["field"] == "street"]
    assert (street["source"], street["record_id"], str(street["observed_at"].date())) == ("shop", "s1", "2025-06-01")
    landed = company.ask("select street, _change from landing.shop where _record_id = 's1' order by _record_no")
    assert landed == [("Lindenstr. 5", "added"), ("Hafenweg 12", "changed")]


def test_the_tablet_in_the_shop_joins_nobody(company: Company) -> None:
    company.identity("keys:\n  - {key: device_id, at_most: 3}\n")
    company.csv("crm", [person(id=name, first=name, device="tablet") for name in ("Ada", "Ben", "Cleo", "Dan")])
    company.csv("shop", [person(id=name, first=name, device="her own") for name in ("Eve", "Eva")])
    company.run()
    customers = {customer_of(company, "crm", name) for name in ("Ada", "Ben", "Cleo", "Dan")}
    assert len(customers) == 4
    assert customer_of(company, "shop", "Eve") == customer_of(company, "shop", "Eva")
    found = status(company.folder).numbers
    assert found is not None
    [guard] = found.guards
    assert (guard["value"], guard["records"]) == ("tablet", 4)


def test_an_address_of_the_office_joins_nobody(company: Company) -> None:
    company.identity('keys: [email]\nignore: {email: ["info@*"]}\n')
    company.csv("crm", [person(id=n, first=n, mail="info@firm.example") for n in ("Ada", "Ben", "Cleo")])
    company.csv("shop", [person(id=n, first=n, mail="ada@firm.example") for n in ("Ada", "A.")])
    company.run()
    assert len({customer_of(company, "crm", name) for name in ("Ada", "Ben", "Cleo")}) == 3
    assert behind(company, "ada@firm.example") == ["shop:A.", "shop:Ada"]
    assert golden(company, customer_of(company, "crm", "Ben"))["email"] == "info@firm.example"


def test_when_a_new_file_links_two_customers_the_older_id_survives_and_finds_her_by_either(company: Company) -> None:
    company.identity("keys: [email, phone]\n")
    company.csv("crm", [person(id="M", first="Marta", mail="marta@example.com")])
    company.run()
    company.csv("shop", [person(id="s1", first="Marta", tel="030 901820")])
    company.run()
    older, younger = customer_of(company, "crm", "M"), customer_of(company, "shop", "s1")
    assert older != younger
    company.source("forms", PERSON)
    company.csv("forms", [person(id="f1", mail="marta@example.com", tel="030 901820", seen="2025-01-01")])
    company.run()
    assert {customer_of(company, *r) for r in (("crm", "M"), ("shop", "s1"), ("forms", "f1"))} == {older}
    for asked in (older, younger, younger.lower(), "marta@example.com", "+4930901820"):
        assert profile(company, asked).customer_id == older
    assert profile(company, older).aliases == [younger]
    assert behind(company, younger) == ["crm:M", "forms:f1", "shop:s1"]


def test_a_customer_whose_record_is_deleted_disappears_and_the_others_keep_their_ids(company: Company) -> None:
    company.csv("crm", [MARTA, *(person(id=n, first=n, last="B", mail=f"{n}@example.com") for n in ("Ada", "Ben"))])
    company.run()
    before = {name: customer_of(company, "crm", name) for name in ("M", "Ada", "Ben")}
    company.csv("crm", [person(id=n, first=n, last="B", mail=f"{n}@example.com") for n in ("Ada", "Ben")])
    company.run()
    assert {name: customer_of(company, "crm", name) for name in ("Ada", "Ben")} == {
        name: before[name] for name in ("Ada", "Ben")
    }
    for who in (before["M"], "marta@example.com", "Marta"):
        with pytest.raises(NotFoundError):
            show(company.folder, who)
    assert company.ask("select count(*) from profiles.lineage where record_id = 'M'") == [(0,)]
    changes = company.ask("select _change from landing.crm where _record_id = 'M' order by _record_no")
    assert changes == [("added",), ("deleted",)]
    company.csv("shop", [person(id="new", first="Nora", last="N", mail="nora@example.com")])
    company.run()
    assert customer_of(company, "shop", "new") not in before.values()


def test_what_a_customer_did_stays_with_her_when_she_gets_a_second_record(company: Company) -> None:
    company.csv("crm", [MARTA])
    belongs = "belongs_to: {source: crm, column: who}\n"
    company.source("orders", "record_id: id\n" + belongs + "orders: {order_id: id, amount: sum}\n")
    company.csv("orders", [{"id": "o1", "who": "M", "sum": "12.50"}, {"id": "o2", "who": "gone", "sum": "3"}])
    company.run()
    company.csv("shop", [{**MARTA, "id": "s1"}])
    company.run()
    assert profile(company, "marta@example.com").activity == {"orders": 1}
    assert company.ask("select order_id from profiles.orders where customer_id is null") == [("o2",)]
    (company.folder / "sources/orders.yml").unlink()
    company.run()
    assert profile(company, "marta@example.com").activity == {"orders": 0}
    assert company.ask("select * from profiles.orders") == []


def test_names_that_look_like_markup_or_commands_are_shown_as_they_are(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    from kinfolk.interfaces.cli import profile_views, views

    company.csv("crm", [person(id="[/red]1", first="[red]Bob[/red]", last="[/]\x1b[2J", mail="bob@example.com")])
    company.run()
    profile_views.shown(profile(company, "bob@example.com"))
    shown = capsys.readouterr().out
    assert "[red]Bob[/red]" in shown and "crm:[/red]1" in shown
    assert views.escaped("a\x1b[2Jb") == "a\\x1b[2Jb"
    assert "\x1b[2J" not in shown
