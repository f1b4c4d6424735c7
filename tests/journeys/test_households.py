"""A family, a couple, an office, freelancers, somebody with two employers: who lives and works with whom."""

from __future__ import annotations

import random

import pytest

from kinfolk.commands import households as commands
from tests.company import Company

IDENTITY = """
keys: [customer_number]
match:
  compare:
    {first_name: name, last_name: name, birth_date: date, email: email, phone: phone, street: address, postcode: exact}
  personal: [first_name, birth_date]
households: {largest: 6}
accounts: {by: [email_domain, company, contract], providers: ["mail.town.example"]}
"""
PEOPLE = """
record_id: id
people:
  customer_number: nr
  first_name: first
  last_name: last
  birth_date: born
  email: mail
  phone: phone
  street: street
  postcode: postcode
  company: company
  attributes: {contract: contract}
"""
NAMED = [
    # a family of four with one telephone
    ("fam1", "Nora", "Falk", "1980-02-03", "nora@gmail.com", "+4930555001", "Lindenweg 7", "10115", ""),
    ("fam2", "Jonas", "Falk", "1978-11-21", "", "+4930555001", "Lindenweg 7", "10115", ""),
    ("fam3", "Mia", "Falk", "2009-06-15", "", "+4930555001", "Lindenweg 7", "10115", ""),
    ("fam4", "Ole", "Falk", "2012-09-30", "", "+4930555001", "Lindenweg 7", "10115", ""),
    # a couple who kept their names: address and telephone
    ("couple1", "Ida", "Brandt", "1990-01-09", "", "+4930555777", "Auenstr. 3", "10117", ""),
    ("couple2", "Sami", "Haddad", "1988-05-17", "", "+4930555777", "Auenstr. 3", "10117", ""),
    # freelancers
    ("free1", "Tom", "Frey", "1985-03-12", "tom.frey@gmail.com", "", "Feldweg 1", "10119", "Frey Design"),
    ("free2", "Lea", "Kunz", "1992-08-25", "lea.kunz@gmail.com", "", "Feldweg 92", "10119", "Kunz Text"),
    ("free3", "Ben", "Roth", "1979-12-01", "ben@mail.town.example", "", "Hang 4", "10119", ""),
    # one person who works for two companies, and colleagues in each
    ("two-a", "Eva", "Lund", "1983-04-04", "eva@acme.example", "", "Ring 5", "10997", "Acme GmbH"),
    ("two-b", "Eva", "Lund", "1983-04-04", "eva@boreal.example", "", "Ring 5", "10997", "Boreal"),
    ("acme", "Kai", "Sturm", "1981-10-10", "kai@acme.example", "", "Bogen 8", "12047", "ACME"),
    ("acme-2", "Uta", "Wiese", "1986-02-20", "", "", "Damm 15", "12049", "Acme"),
    ("boreal", "Pia", "Horn", "1991-07-07", "pia@boreal.example", "", "Steg 2", "12051", "Boreal AG"),
]
COLUMNS = ("id", "first", "last", "born", "mail", "phone", "street", "postcode", "company")


def town() -> list[dict[str, str]]:
    """The people of the story, ten tenants of one office building, and a town of families around them."""
    rows = [dict(zip(COLUMNS, values, strict=True)) for values in NAMED]
    for row in rows:
        row["nr"] = "two" if row["id"].startswith("two") else row["id"]
        row["contract"] = {"acme-2": "V-1", "acme": "V-1"}.get(row["id"], "")
    chance = random.Random(4)
    firsts = [
        "Anna",
        "Paul",
        "Mara",
        "Finn",
        "Jana",
        "Emil",
        "Rosa",
        "Max",
        "Lina",
        "Karl",
        "Vera",
        "Otto",
        "Ella",
        "Hugo",
    ]
    lasts = [
        f"{a}{b}" for a in ("Ber", "Stein", "Wald", "Korn", "Hof", "Bach") for b in ("ger", "mann", "ner", "feld", "au")
    ]

    def somebody(key: str, last: str, phone: str, street: str, postcode: str) -> dict[str, str]:
        born = f"{chance.randint(1940, 2010)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        values = (key, chance.choice(firsts), last, born, "", phone, street, postcode, "")
        return {**dict(zip(COLUMNS, values, strict=True)), "nr": key}

    for number in range(10):
        rows.append(somebody(f"office{number}", lasts[number], "+4930900000", "Turmstr. 100", "10559"))
    for home in range(150):
        street, postcode, last = f"Dorfstr. {home}", f"1{home % 40:04}", chance.choice(lasts)
        for person in range(chance.choice([1, 2, 2, 3])):
            rows.append(somebody(f"h{home}p{person}", last, f"+49331{home:05}", street, postcode))
            if chance.random() < 0.5:  # known twice, so that there is something to learn from
                rows.append({**rows[-1], "id": rows[-1]["id"] + "b"})
    return rows


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    made = Company(tmp_path_factory.mktemp("town"))
    made.identity(IDENTITY)
    made.source("crm", PEOPLE)
    made.csv("crm", town())
    made.run()
    return made


def household(company: Company, record: str) -> set[str]:
    """The records that live with one."""
    found = company.ask(
        "select o.record_id from identity.members m join identity.households h using (customer_id) "
        "join identity.households n on n.household_id = h.household_id "
        f"join identity.members o on o.customer_id = n.customer_id where m.record_id = '{record}'"
    )
    return {record_id for (record_id,) in found}


def accounts(company: Company, record: str) -> set[str]:
    """Names of the accounts a record's customer belongs to."""
    found = company.ask(
        "select a.name from identity.members m join identity.account_members h using (customer_id) "
        f"join identity.accounts a using (account_id) where m.record_id = '{record}'"
    )
    return {name for (name,) in found}


def test_a_family_with_one_telephone_is_one_household(company: Company) -> None:
    assert household(company, "fam1") == {"fam1", "fam2", "fam3", "fam4"}


def test_a_couple_with_two_surnames_is_one_by_address_and_telephone_together(company: Company) -> None:
    assert household(company, "couple1") == {"couple1", "couple2"}


def test_an_office_building_is_no_household_and_the_report_says_so(company: Company) -> None:
    assert not any(household(company, f"office{number}") for number in range(10))
    guards = company.ask("select rule, value, customers from identity.household_guards order by rule")
    assert guards == [("phone", "+4930900000", 10), ("street+postcode", "100 turm st, 10559", 10)]


def test_freelancers_share_no_account_by_their_mailbox_provider(company: Company) -> None:
    assert accounts(company, "free1") == {"Frey Design"}
    assert accounts(company, "free2") == {"Kunz Text"}
    assert accounts(company, "free3") == set()
    providers = company.ask("select value from identity.account_guards where rule = 'email_domain' order by value")
    assert providers == [("gmail.com",), ("mail.town.example",)]


def test_who_works_for_two_companies_belongs_to_both(company: Company) -> None:
    assert accounts(company, "two-a") == accounts(company, "two-b")
    assert {name.split()[0].lower() for name in accounts(company, "two-a")} == {"acme", "boreal"}


def test_the_commands_show_one_customers_household_and_accounts(company: Company) -> None:
    [(family,)] = company.ask("select customer_id from identity.members where record_id = 'fam1'")
    assert [row["name"] for row in commands.households(company.folder, family)] == [
        "Nora Falk",
        "Jonas Falk",
        "Mia Falk",
        "Ole Falk",
    ]
    [(boreal,)] = company.ask("select customer_id from identity.members where record_id = 'boreal'")
    [account] = commands.accounts(company.folder, boreal)
    assert account["customers"] == 2
    assert account["led_by"] == "company: boreal, email_domain: boreal.example"


def test_domain_company_name_and_contract_lead_to_one_account(company: Company) -> None:
    assert accounts(company, "acme") == accounts(company, "acme-2")
    by = company.ask(
        "select distinct found_by, value from identity.account_members where account_id = (select account_id from "
        "identity.account_values where value = 'acme') order by 1"
    )
    assert by == [("company", "acme"), ("contract", "v-1"), ("email_domain", "acme.example")]


def test_ids_stay_when_families_grow_and_go_unused_when_nobody_is_left(company: Company) -> None:
    before = dict(company.ask("select customer_id, household_id from identity.households"))
    rows = town()
    [family] = {before[c] for (c,) in company.ask("select customer_id from identity.members where record_id = 'fam1'")}
    [couple] = {
        before[c] for (c,) in company.ask("select customer_id from identity.members where record_id = 'couple1'")
    }
    born = dict(
        zip(COLUMNS, ("fam5", "Lea", "Falk", "2015-01-01", "", "+4930555001", "Lindenweg 7", "10115", ""), strict=True)
    )
    company.csv("crm", [*[row for row in rows if row["id"] != "couple2"], {**born, "nr": "fam5"}])
    company.run()
    after = company.ask(
        "select household_id from identity.households join identity.members using (customer_id) "
        "where record_id = 'fam5'"
    )
    assert after == [(family,)]
    assert (couple, None) in company.ask("select * from identity.former_households")
