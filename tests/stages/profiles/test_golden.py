"""Golden profiles: which value survives, and that its lineage tells the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.company import Company
from tests.disagreeing import SOURCE, TRUST, disagreeing_customers, record
from tests.oracles.survivorship import survivor
from tests.stages.identity.population import records


def survivorship(default: str, fields: str = "{}") -> str:
    return (
        "keys: [customer_number]\n"
        f"survivorship: {{default: {default}, trust: [crm, shop, desk], fields: {fields}}}\n"
        "core_fields: [last_name, email, phone, city]\n"
    )


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    for name in TRUST:
        made.source(name, SOURCE)
        made.csv(name, [record(id="x", number=f"other-{name}")])
    return made


def golden(company: Company, field: str) -> Any:
    company.run()
    [(value,)] = company.ask(f"select {field} from profiles.customers where customer_number = 'one'")
    return value


def one_each(company: Company, **by_source: dict[str, Any]) -> None:
    for name, values in by_source.items():
        company.csv(name, [record(id="1", number="one", **values)])


def test_the_most_trusted_source_wins_where_it_knows_anything(company: Company) -> None:
    company.identity(survivorship("[most_trusted, most_recent]"))
    one_each(company, crm={"tier": None}, shop={"tier": "gold"}, desk={"tier": "silver"})
    assert golden(company, "tier") == "gold"


def test_the_most_recent_value_wins(company: Company) -> None:
    company.identity(survivorship("[most_recent]"))
    one_each(company, crm={"tier": "old", "seen": "2024-01-01"}, desk={"tier": "new", "seen": "2025-01-01"})
    assert golden(company, "tier") == "new"


def test_the_most_frequent_value_wins_and_the_next_preference_breaks_ties(company: Company) -> None:
    company.identity(survivorship("[most_frequent, most_trusted]"))
    one_each(company, crm={"tier": "gold"}, shop={"tier": "silver"}, desk={"tier": "silver"})
    assert golden(company, "tier") == "silver"
    one_each(company, desk={"tier": "bronze"})
    assert golden(company, "tier") == "gold"


def test_the_longest_value_wins(company: Company) -> None:
    company.identity(survivorship("[longest]"))
    one_each(company, crm={"tier": "A"}, shop={"tier": "Alpha"}, desk={"tier": "Al"})
    assert golden(company, "tier") == "Alpha"


def test_a_verified_address_wins_over_a_trusted_one(company: Company) -> None:
    company.identity(survivorship("[most_trusted]", "{email: [verified, most_trusted]}"))
    one_each(
        company,
        crm={"mail": "a@example.com", "ok": "no"},
        shop={"mail": "b@example.com"},
        desk={"mail": "c@example.com", "ok": "yes"},
    )
    assert golden(company, "email || email_verified") == "c@example.comtrue"


def test_a_preference_can_be_sql(company: Company) -> None:
    company.identity(survivorship("[most_trusted]", "{tier: [{sql: \"case tier when 'gold' then 0 else 1 end\"}]}"))
    one_each(company, crm={"tier": "silver"}, shop={"tier": "bronze"}, desk={"tier": "gold"})
    assert golden(company, "tier") == "gold"


def test_an_address_survives_whole_and_is_never_put_together_from_two(company: Company) -> None:
    company.identity(survivorship("[most_trusted]"))
    one_each(
        company,
        crm={"city": "Köln"},
        shop={"street": "Domstr. 1", "zip": "50667", "city": "Köln"},
        desk={"street": "Hauptstr. 9", "zip": "10115", "city": "Berlin"},
    )
    assert golden(company, "concat_ws('|', street, postcode, city)") == "Domstr. 1|50667|Köln"


def test_completeness_counts_the_core_fields_that_are_known(company: Company) -> None:
    company.identity(survivorship("[most_trusted]"))
    one_each(company, crm={"last": "Berg", "mail": "b@example.com", "tel": "n/a"})
    assert golden(company, "completeness") == 0.5


def test_every_golden_value_has_one_lineage_row_and_no_other(company: Company) -> None:
    company.identity(survivorship("[most_recent]"))
    disagreeing_customers(company, 60, seed=3)
    company.run()
    fields = ("customer_number", "first_name", "last_name", "email", "phone", "street", "postcode", "city", "tier")
    for field in fields:
        assert company.ask(
            f"select count(*) from (select customer_id, {field} as v from profiles.customers "
            f"where {field} is not null) c "
            f"full join (select * from profiles.lineage where field = '{field}') l using (customer_id) "
            "where c.v is distinct from l.value"
        ) == [(0,)]


@pytest.mark.parametrize(
    "default",
    [
        ["most_trusted", "most_recent"],
        ["most_recent"],
        ["most_frequent", "most_trusted"],
        ["longest", "most_recent"],
        ["verified", "most_frequent", "longest"],
    ],
)
def test_a_slow_oracle_picks_the_same_record_for_every_value(company: Company, default: list[str]) -> None:
    company.identity(survivorship("[" + ", ".join(default) + "]", "{email: [verified, most_recent]}"))
    disagreeing_customers(company, 60, seed=11)
    company.run()
    records = [
        dict(zip(RECORD, row, strict=True))
        for row in company.ask(
            f"select {', '.join('r.' + c if c != 'customer_id' else 'm.' + c for c in RECORD)} "
            "from staging.records r join identity.members m using (record_no)"
        )
    ]
    lineage = company.ask("select customer_id, field, record_no from profiles.lineage")
    assert len(lineage) > 500
    by_customer: dict[str, list[dict[str, Any]]] = {}
    for row in records:
        by_customer.setdefault(row["customer_id"], []).append(row)
    for customer, field, record_no in lineage:
        rules = ["verified", "most_recent"] if field in ("email", "email_verified") else default
        assert survivor(by_customer[customer], field, rules, TRUST)["record_no"] == record_no, (customer, field)


RECORD = (
    "customer_id", "record_no", "source", "observed_at", "customer_number", "first_name", "last_name", "email",
    "email_verified", "phone", "street", "postcode", "city", "country", "tier",
)  # fmt: skip


def test_a_name_in_one_word_and_an_address_of_a_region_alone_survive(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.source("crm", "record_id: id\npeople: {full_name: who, street: street, region: county}\n")
    company.csv("crm", [{"id": 1, "who": "Madonna", "street": None, "county": "Kent"}])
    company.run()
    assert company.ask("select full_name, region, street from profiles.customers") == [("Madonna", "Kent", None)]
    fields = company.ask("select field, value from profiles.lineage order by all")
    assert fields == [("full_name", "Madonna"), ("region", "Kent")]


def test_where_nobody_is_ranked_the_next_preference_decides(company: Company) -> None:
    company.identity("keys: [customer_number]\n")
    one_each(
        company,
        crm={"tier": "old", "seen": "2024-01-01"},
        shop={"tier": "new", "seen": "2025-01-01"},
        desk={"tier": "older", "seen": "2023-01-01"},
    )
    assert golden(company, "tier") == "new"


def test_pairs_that_a_never_rule_holds_apart_are_no_duplicates_to_expect(tmp_path: Path) -> None:
    company = Company(tmp_path)
    compared = "first_name: name, last_name: name, birth_date: date, email: email, phone: phone"
    mapped = "".join(
        f"  {c}: {c}\n" for c in ("first_name", "last_name", "birth_date", "email", "phone", "national_id")
    )
    company.source("crm", f"record_id: id\npeople:\n{mapped}")
    company.identity(
        f"match:\n  compare: {{{compared}}}\n  personal: [first_name, birth_date]\n"
        "never: [{different: national_id}]\n"
    )
    twin = records(1, 1, seed=3)[0]
    rows = [*records(80, 2), {**twin, "national_id": "1a"}, {**twin, "national_id": "2a"}]
    company.csv("crm", [{"id": number, **row} for number, row in enumerate(rows)])
    company.run()
    reviewed = company.ask(
        "select starts_with(reason, 'held apart'), sum(likeliest) from (select reason, max(probability) as likeliest "
        "from identity.review group by customer_a, customer_b, reason) group by 1"
    )
    assert dict(reviewed)[True] > 0.5
    [(expected,)] = company.ask("select rate_after * customers from profiles.duplicates")
    assert expected == pytest.approx(dict(reviewed).get(False, 0))
