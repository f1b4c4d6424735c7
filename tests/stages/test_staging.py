"""Staging: every source in the same words; what could not be read is listed with its reason, never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.company import Company


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


def test_each_source_keeps_its_own_conventions(company: Company) -> None:
    company.source(
        "de", "record_id: id\ncountry: DE\ndates: DMY\npeople: {phone: tel, birth_date: born, country: {value: DE}}\n"
    )
    company.source(
        "us", "record_id: id\ncountry: US\ndates: MDY\npeople: {phone: tel, birth_date: born, country: {value: USA}}\n"
    )
    company.csv("de", [{"id": 1, "tel": "030 1234567", "born": "02/03/2004"}])
    company.csv("us", [{"id": 1, "tel": "(212) 555-0199", "born": "02/03/2004"}])
    company.run()
    assert company.ask("select source, phone, birth_date::varchar, country from staging.records order by 1") == [
        ("de", "+49301234567", "2004-03-02", "DE"),
        ("us", "+12125550199", "2004-02-03", "US"),
    ]


def test_a_date_whose_order_is_not_declared_is_not_guessed(company: Company) -> None:
    company.source("crm", "record_id: id\npeople: {birth_date: born}\n")
    company.csv("crm", [{"id": 1, "born": "02/03/2004"}, {"id": 2, "born": "25/03/2004"}, {"id": 3, "born": "n/a"}])
    company.run()
    assert company.ask("select record_id, birth_date::varchar from staging.records order by 1") == [
        ("1", None),
        ("2", "2004-03-25"),
        ("3", None),
    ]
    [(record, field, original, reason)] = company.ask(
        "select record_id, field, original, reason from staging.unstandardised"
    )
    assert (record, field, original) == ("1", "birth_date", "02/03/2004")
    assert "DMY" in reason


def test_what_could_not_be_read_leads_to_the_landing_row_that_holds_it(company: Company) -> None:
    company.source("crm", "record_id: id\ncountry: DE\npeople: {email: mail, phone: tel}\n")
    company.csv("crm", [{"id": 1, "mail": "a b@example.com", "tel": "call me"}, {"id": 2, "mail": "ok@example.com"}])
    company.run()
    assert company.ask(
        "select u.field, u.original, case u.field when 'email' then l.mail else l.tel end "
        "from staging.unstandardised u join landing.crm l on l._record_no = u.record_no order by 1"
    ) == [("email", "a b@example.com", "a b@example.com"), ("phone", "call me", "call me")]


def test_columns_can_be_chosen_joined_computed_and_constant(company: Company) -> None:
    company.source(
        "crm",
        "record_id: id\ncountry: DE\npeople:\n"
        "  phone: [mobile, phone]\n"
        "  street: {join: [street, number], with: ' '}\n"
        "  email: {sql: \"login || '@example.com'\"}\n"
        "  country: {value: DE}\n"
        "  attributes: {tier: level}\n",
    )
    known = {"phone": "030 1234567", "street": "Weg"}
    company.csv(
        "crm",
        [
            {"id": 1, "mobile": "n/a", **known, "number": 5, "login": "Ada", "level": "gold"},
            {"id": 2, "mobile": "0151 23456789", **known, "street": "Allee", "login": None, "level": None},
        ],
    )
    company.run()
    assert company.ask("select phone, street, email, country, tier from staging.records order by record_id") == [
        ("+49301234567", "Weg 5", "ada@example.com", "DE", "gold"),
        ("+4915123456789", "Allee", None, "DE", None),
    ]


def test_a_whole_name_is_taken_apart_where_its_parts_are_not_given(company: Company) -> None:
    company.source("crm", "record_id: id\npeople: {full_name: name}\n")
    company.csv("crm", [{"id": 1, "name": "Ada King"}, {"id": 2, "name": "van der Berg, Piet"}])
    company.run()
    assert company.ask("select first_name, last_name from staging.records order by record_id") == [
        ("Ada", "King"),
        ("Piet", "van der Berg"),
    ]


def test_lineage_names_both_columns_a_first_name_may_come_from(company: Company) -> None:
    company.source("crm", "record_id: id\npeople: {full_name: name, first_name: given}\n")
    company.csv("crm", [{"id": 1, "name": "Ada King", "given": None}])
    company.run()
    assert company.ask("select value, original from profiles.lineage where field = 'first_name'") == [
        ("Ada", "given or name")
    ]


def test_a_number_its_column_cannot_hold_is_listed(company: Company) -> None:
    company.source("crm", "record_id: id\npeople: {first_name: name}\ntickets: {ticket_id: id, satisfaction: stars}\n")
    company.csv("crm", [{"id": 1, "name": "Ada", "stars": "99999999999"}, {"id": 2, "name": "Ben", "stars": "4.5"}])
    company.run()
    assert [float(s) for (s,) in company.ask("select satisfaction from staging.tickets where satisfaction > 0")] == [
        4.5
    ]
    assert company.ask("select record_id, field, original from staging.unstandardised") == [
        ("1", "satisfaction", "99999999999")
    ]


def test_a_moment_that_cannot_be_read_is_listed_once_however_many_tables_the_row_feeds(company: Company) -> None:
    company.source(
        "crm", "record_id: id\nobserved_at: seen\npeople: {first_name: name}\ntickets: {ticket_id: id, subject: name}\n"
    )
    company.csv("crm", [{"id": 1, "name": "Ada", "seen": "yesterday"}])
    company.run()
    assert company.ask("select record_id, field from staging.unstandardised") == [("1", "observed_at")]


def test_records_are_stamped_with_what_the_source_says_of_when(company: Company) -> None:
    company.source("crm", "record_id: id\nobserved_at: at\ntime_zone: Europe/Berlin\npeople: {first_name: name}\n")
    company.csv("crm", [{"id": 1, "name": "Ada", "at": "2025-07-01 12:00:00"}, {"id": 2, "name": "Ben", "at": "soon"}])
    company.run()
    [(first, second, loaded)] = company.ask(
        "select min(observed_at) filter (record_id = '1')::varchar, min(observed_at) filter (record_id = '2'), "
        "(select max(_loaded_at) from landing.crm) from staging.records"
    )
    assert first == "2025-07-01 10:00:00"
    assert second == loaded
    assert company.ask("select field, original from staging.unstandardised") == [("observed_at", "soon")]


def test_all_eight_kinds_of_data_are_staged_and_tied_to_their_customer(company: Company) -> None:
    company.identity("keys: [email]\n")
    company.source("crm", "record_id: id\npeople: {email: mail, account_id: account}\n")
    company.csv(
        "crm", [{"id": "1", "mail": "ada@example.com", "account": "A1"}, {"id": "2", "mail": "ben@example.com"}]
    )
    by_record = "record_id: id\nbelongs_to: {source: crm, column: who}\n"
    company.source("accounts", by_record + "accounts: {account_id: id, name: name, domain: site}\n")
    company.csv("accounts", [{"id": "A1", "who": "1", "name": "Ada Ltd", "site": "https://www.ada.example/x"}])
    company.source(
        "orders",
        by_record + "currency: EUR\ndecimal: ','\norders: {order_id: id, amount: total, currency: {value: EUR}}\n",
    )
    company.csv("orders", [{"id": "o1", "who": "1", "total": "1.234,50"}, {"id": "o2", "who": "9", "total": "1"}])
    by_mail = "record_id: id\nbelongs_to: {key: email, column: mail}\n"
    company.source("tickets", by_mail + "tickets: {ticket_id: id, subject: about}\n")
    company.csv("tickets", [{"id": "t1", "mail": "ADA@example.com ", "about": "Late"}])
    company.source("events", by_mail + "load: append\nevents: {event_id: id, event: what, occurred_at: at}\n")
    company.csv("events", [{"id": "e1", "mail": "ben@example.com", "what": "page", "at": "2025-01-01T10:00:00Z"}])
    company.source("touch", by_mail + "touchpoints: {touchpoint_id: id, channel: via}\n")
    company.csv("touch", [{"id": "p1", "mail": "ada@example.com", "via": "search"}])
    company.source("consents", by_mail + "consents: {purpose: why, decision: said, decided_at: at}\n")
    company.csv(
        "consents", [{"id": "c1", "mail": "ada@example.com", "why": "newsletter", "said": "yes", "at": "2025-01-01"}]
    )
    company.source("scores", by_mail + "scores: {score: name, value: v}\n")
    company.csv("scores", [{"id": "s1", "mail": "ada@example.com", "name": "churn", "v": "0.25"}])
    company.run()
    [(ada,)] = company.ask("select customer_id from profiles.customers where email = 'ada@example.com'")
    assert company.ask("select customer_id, name, domain from profiles.accounts") == [(ada, "Ada Ltd", "ada.example")]
    assert company.ask("select customer_id, amount::varchar, currency from profiles.orders order by order_id") == [
        (ada, "1234.50", "EUR"),
        (None, "1.00", "EUR"),
    ]
    assert company.ask("select customer_id, subject from profiles.tickets") == [(ada, "Late")]
    assert company.ask("select customer_id = $$" + ada + "$$, event from profiles.events") == [(False, "page")]
    assert company.ask("select customer_id, channel from profiles.touchpoints") == [(ada, "search")]
    assert company.ask("select customer_id, purpose, decision from profiles.consents") == [
        (ada, "newsletter", "granted")
    ]
    assert company.ask("select customer_id, score, value from profiles.scores") == [(ada, "churn", 0.25)]
    assert company.ask("select * from profiles.account_customers") == [("A1", ada)]


def test_a_key_value_of_two_customers_leads_to_neither(company: Company) -> None:
    company.identity("keys: [customer_number]\n")
    company.source("crm", "record_id: id\npeople: {customer_number: id, email: mail}\n")
    company.csv("crm", [{"id": "1", "mail": "home@example.com"}, {"id": "2", "mail": "home@example.com"}])
    company.source("tickets", "record_id: id\nbelongs_to: {key: email, column: mail}\ntickets: {ticket_id: id}\n")
    company.identity("keys: [customer_number, {key: email, at_most: 1}]\n")
    company.csv("tickets", [{"id": "t1", "mail": "home@example.com"}])
    company.run()
    assert company.ask("select customer_id from profiles.tickets") == [(None,)]


def test_a_key_that_cannot_be_read_is_listed_once_however_many_tables_its_row_feeds(company: Company) -> None:
    company.identity("keys: [email]\n")
    company.source("crm", "record_id: id\npeople: {email: mail}\n")
    company.csv("crm", [{"id": "1", "mail": "ada@example.com"}])
    company.source(
        "desk",
        "record_id: id\nbelongs_to: {key: email, column: mail}\ntickets: {ticket_id: id}\nevents: {event_id: id}\n",
    )
    company.csv(
        "desk", [{"id": "t1", "mail": "ada at example"}, {"id": "t2", "mail": ""}, {"id": "t3", "mail": "a@b.io"}]
    )
    company.run()
    assert company.ask("select source, record_id, field, original from staging.unstandardised") == [
        ("desk", "t1", "belongs_to", "ada at example")
    ]
    assert company.ask("select count(*) filter (where customer_id is null) from profiles.tickets") == [(3,)]
