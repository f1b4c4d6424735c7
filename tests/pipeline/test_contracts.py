"""A load is held to its contract: bad rows are set aside with their reasons, or the run stops; the rest goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kinfolk.commands.run import run
from kinfolk.errors import ContractError
from kinfolk.pipeline.watch import Silent
from tests.company import Company
from tests.contracts import contract

SOURCE = "record_id: id\npeople: {first_name: name, email: mail}\n"


class Listening(Silent):
    """Keeps what the run had to say."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, words: str) -> None:
        """Kept."""
        self.notes.append(words)


def row(number: object, name: str | None = "Ada", mail: str | None = None, **more: object) -> dict[str, Any]:
    return {"id": number, "name": name, "mail": mail or f"p{number}@example.com", **more}


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.source("crm", SOURCE)
    made.identity("keys: [email]\n")
    return made


def notes(company: Company) -> list[str]:
    listening = Listening()
    run(company.folder, watcher=listening)
    return listening.notes


def aside(company: Company, columns: str = "record_id, rules, reason") -> list[tuple[Any, ...]]:
    return company.ask(f"select {columns} from quarantine.records order by record_no")


def landed(company: Company) -> list[Any]:
    return [value for (value,) in company.ask("select record_id from staging.records order by 1")]


def test_a_row_is_set_aside_once_with_every_rule_it_breaks(company: Company) -> None:
    contract(
        company,
        "crm",
        """
- {name: id, logicalType: integer, primaryKey: true}
- {name: name, logicalType: string, required: true, logicalTypeOptions: {minLength: 2, maxLength: 9}}
- {name: mail, classification: restricted, logicalType: string, logicalTypeOptions: {format: email}}
- {name: age, logicalType: integer, logicalTypeOptions: {minimum: 0, exclusiveMaximum: 120}}
- {name: born, logicalType: date, logicalTypeOptions: {maximum: "2020-12-31"}}
- {name: tier, enum: [{value: gold}, {value: 1}]}
- {name: code, logicalType: string, logicalTypeOptions: {pattern: "^[A-Z]+$"}}
- {name: seen, logicalType: timestamp}
- {name: rate, logicalType: number, logicalTypeOptions: {multipleOf: 0.5}}
- {name: ok, logicalType: boolean}
- {name: tags, logicalType: array, logicalTypeOptions: {maxItems: 2}}
""",
    )
    good: dict[str, object] = {"age": 7, "born": "2001-02-03", "tier": "gold", "code": "AB", "seen": "2024-01-01 10:00"}
    good |= {"rate": "1.5", "ok": "yes", "tags": '["a"]'}
    bad: dict[str, object] = {"age": 120, "born": "2021-01-01", "tier": "tin", "code": "ab", "seen": "yesterday"}
    bad |= {"rate": "0.7", "ok": "perhaps", "tags": "[1, 2, 3]"}
    empty: dict[str, object] = dict.fromkeys(good, "")
    company.csv(
        "crm", [row(1, **good), row(2, "A", "nobody", **bad), row("x", "", **good), row(4, **{**empty, "tier": "1"})]
    )
    company.run()
    assert landed(company) == ["1", "4"]
    second, third = aside(company)
    assert second[1].split(", ") == [
        "name.minLength",
        "mail.format",
        "age.exclusiveMaximum",
        "born.maximum",
        "tier.enum",
        "code.pattern",
        "seen.type",
        "rate.multipleOf",
        "ok.type",
        "tags.maxItems",
    ]
    assert second[2].startswith("name 'A' is shorter than 2; mail is no email; age '120' is not under 120; born '2021")
    assert third == ("x", "id.type, name.required", "id 'x' is no whole number; name is empty")
    assert aside(company, "part, line")[1] == ("data/crm.csv", 3)
    assert '"name":"A"' in aside(company, "text")[0][0]


def test_a_rule_that_says_fail_stops_the_run_before_anything_is_published(company: Company) -> None:
    company.csv("crm", [row(1)])
    company.run()
    before = company.published()
    contract(
        company,
        "crm",
        """
- {name: id}
- {name: name}
- name: mail
  classification: confidential
  logicalTypeOptions: {pattern: "@"}
  customProperties: [{property: onViolation, value: fail}]
- {name: age, logicalType: integer}
""",
        custom="- {property: onViolation, value: fail}",
    )
    company.csv("crm", [row(1, age=3), row(2, mail="hidden", age="old"), *(row(n, age=1) for n in range(3, 20))])
    with pytest.raises(ContractError) as raised:
        company.run()
    told = str(raised.value)
    assert told.startswith("contracts/crm.odcs.yaml:11: crm breaks its contract: mail.pattern in 1 of 19 rows")
    assert "row 2 of data/crm.csv: does not match @" in told and "hidden" not in told
    assert "age.type in 1 of 19 rows (row 2 of data/crm.csv: 'old' is no whole number)" in told
    assert raised.value.exit_code == 11
    assert company.published() == before


def test_a_rule_that_says_warn_lands_the_row_and_tells(company: Company) -> None:
    contract(
        company,
        "crm",
        "- {name: id}\n- {name: name, required: true}\n- {name: mail}",
        custom="- {property: onViolation, value: warn}",
    )
    company.csv("crm", [row(1), row(2, "")])
    assert notes(company) == ["crm: name.required is broken in 1 rows, landed all the same."]
    assert landed(company) == ["1", "2"] and aside(company) == []


def test_a_bad_new_version_leaves_the_last_good_one_in_place(company: Company) -> None:
    contract(company, "crm", "- {name: id}\n- {name: name, required: true}\n- {name: mail}")
    company.csv("crm", [row(1), row(2), row(3)])
    company.run()
    company.csv("crm", [row(1), row(2, "")])
    company.run()
    assert landed(company) == ["1", "2"]
    assert company.ask("select _record_id, _change from landing.crm where _load_id = 2") == [("3", "deleted")]
    company.csv("crm", [row(1)])
    company.run()
    assert landed(company) == ["1"]


def test_of_rows_that_must_differ_the_first_stays(company: Company) -> None:
    contract(company, "crm", "- {name: id}\n- {name: name}\n- {name: mail, unique: true}")
    company.csv("crm", [row(1, mail="a@example.com"), row(2, mail="b@example.com"), row(3, mail="a@example.com")])
    company.run()
    assert landed(company) == ["1", "2"]
    assert aside(company) == [("3", "mail.unique", "mail 'a@example.com' stands in another row too")]


def test_what_adds_up_is_compared_with_what_is_there(company: Company) -> None:
    company.source("crm", SOURCE + "load: append\nfile: data/crm-*.csv\n")
    contract(company, "crm", "- {name: id}\n- {name: name}\n- {name: mail, unique: true}")
    company.csv("crm-1", [row(1), row(2)])
    company.run()
    company.csv("crm-2", [row(2, "Bea"), row(3, mail="p1@example.com")])
    company.run()
    assert landed(company) == ["1", "2"] and [r[:2] for r in aside(company)] == [("3", "mail.unique")]


def test_a_primary_key_of_two_columns_is_unique_together(company: Company) -> None:
    contract(
        company,
        "crm",
        "- {name: id}\n- {name: name, primaryKey: true, primaryKeyPosition: 2}\n"
        "- {name: mail, primaryKey: true, primaryKeyPosition: 1}",
    )
    company.csv("crm", [row(1, mail="a@example.com"), row(2, "Bo", "a@example.com"), row(3, mail="a@example.com")])
    company.run()
    assert aside(company) == [("3", "primaryKey", "mail, name stand together in another row too")]


def test_a_reference_is_looked_up_in_what_the_other_source_is_now(company: Company) -> None:
    company.source("shop", SOURCE)
    company.csv("shop", [row("S1"), row("S2", "Bo")])
    contract(
        company,
        "crm",
        "- {name: id}\n- {name: name}\n- {name: mail}\n- {name: customer, relationships: [{to: shop.id}]}",
    )
    company.csv("crm", [row(1, customer="S1"), row(2, customer="S9"), row(3, customer="")])
    company.run()
    assert aside(company) == [("2", "customer.reference", "customer 'S9' is not in shop.id")]
    company.csv("shop", [row("S9")])
    company.run(allow_deletes=["shop"])
    company.csv("crm", [row(1, customer="S9"), row(2, customer="S1")])
    company.run(allow_deletes=["crm"])
    assert [r for (r,) in company.ask("select record_id from quarantine.open")] == ["2"]


def test_a_reference_to_the_source_itself_sees_the_load(company: Company) -> None:
    contract(
        company, "crm", "- {name: id}\n- {name: name}\n- {name: mail}\n- {name: by, relationships: [{to: crm.id}]}"
    )
    company.csv("crm", [row(1, by="2"), row(2, by="7")])
    company.run()
    assert [r[:2] for r in aside(company)] == [("2", "by.reference")]


def test_rules_in_sql_see_values_as_their_types(company: Company) -> None:
    contract(
        company,
        "crm",
        "- {name: id}\n- {name: name}\n- {name: mail}\n"
        "- {name: from, logicalType: date}\n- {name: to, logicalType: date}",
        table="""
quality:
  - type: sql
    name: ends after it begins
    query: SELECT COUNT(*) FROM ${table} WHERE "to" < "from"
    mustBe: 0
  - type: sql
    name: days
    query: select max("to" - "from") from {object}
    mustBeLessThan: 400
""",
    )
    company.source("crm", SOURCE + "dates: DMY\n")
    company.csv(
        "crm",
        [row(1, **{"from": "09/10/2024", "to": "10/09/2024"}), row(2, **{"from": "09/10/2024", "to": "10/10/2024"})],
    )
    company.run()
    assert aside(company) == [("1", "ends after it begins", "breaks the rule ends after it begins")]
    company.csv("crm", [row(2, **{"from": "09/10/2024", "to": "10/10/2029"})])
    with pytest.raises(
        ContractError, match="crm.odcs.yaml:19: crm breaks its contract: days is 1827 and must be under"
    ):
        company.run()


def test_rules_about_the_whole_load_are_measured(company: Company) -> None:
    columns = """
- {name: id}
- {name: name, quality: [{metric: nullValues, unit: percent, mustBeLessThan: 50}]}
- {name: mail, quality: [{metric: duplicateValues, mustBeLessThan: 2, severity: warning}]}
"""
    contract(company, "crm", columns, table="quality: [{metric: rowCount, mustBeBetween: [2, 5]}]")
    company.csv("crm", [row(1, mail="a@b.org"), row(2, "", "a@b.org"), row(3, mail="a@b.org")])
    assert notes(company) == ["crm breaks its contract: mail.duplicateValues is 2 and must be under 2."]
    assert landed(company) == ["1", "2", "3"]
    company.csv("crm", [row(1), row(2, ""), row(3, "")])
    with pytest.raises(ContractError, match="name.nullValues is 66.6667 % and must be under 50 %"):
        company.run()
    company.csv("crm", [row(1)])
    with pytest.raises(ContractError, match="rowCount is 1 and must lie between 2 and 5"):
        company.run(allow_deletes=["crm"])


def test_columns_that_drift_are_told_or_stop_the_run(company: Company) -> None:
    contract(company, "crm", "- {name: ID}\n- {name: name}\n- {name: mail}")
    company.csv("crm", [row(1, extra="x")])
    assert notes(company) == ["crm has a column that its contract does not know: extra."]
    contract(company, "crm", "- {name: ID}\n- {name: name}\n- {name: mail}\n- {name: tier}")
    company.csv("crm", [row(1)])
    with pytest.raises(ContractError, match="crm.odcs.yaml:12: crm lacks a column of its contract: tier"):
        company.run()
    policy = "- {property: drift, value: {new: fail, missing: allow}}"
    columns = "- {name: ID}\n- {name: name}\n- {name: mail}\n- {name: tier, required: true}"
    contract(company, "crm", columns, version="2.0.0", custom=policy)
    company.run()
    assert landed(company) == ["1"]
    company.csv("crm", [row(1, extra="x")])
    with pytest.raises(ContractError, match="that its contract does not know: extra"):
        company.run()


def test_a_column_that_changed_its_type_is_no_matter_of_single_rows(company: Company) -> None:
    columns = "- {name: id}\n- {name: name}\n- {name: mail}\n- {name: age, logicalType: integer}"
    contract(company, "crm", columns)
    company.csv("crm", [row(n, age="young") for n in range(12)] + [row(12, age="1")])
    with pytest.raises(ContractError, match="crm.age has changed its type: 12 of 13 values are no whole number"):
        company.run()
    contract(company, "crm", columns, custom="- {property: drift, value: {retyped: warn}}")
    assert "crm.age has changed its type: 12 of 13 values are no whole number." in notes(company)
    assert landed(company) == ["12"]


def test_a_column_past_its_day_is_told(company: Company) -> None:
    old = "- {name: mail, deprecated: true, customProperties: [{property: deprecatedUntil, value: 2020-01-31}]}"
    contract(company, "crm", f"- {{name: id}}\n- {{name: name}}\n{old}")
    company.csv("crm", [row(1)])
    assert notes(company) == ["crm.mail was to be relied on until 2020-01-31 (contracts/crm.odcs.yaml:11)."]


def test_a_source_with_a_column_called_rowid_and_quotes_in_values_is_no_trouble(company: Company) -> None:
    contract(
        company,
        "crm",
        "- {name: id}\n- {name: name, required: true}\n- {name: mail}\n- {name: rowid, logicalType: integer}",
    )
    company.csv("crm", [row(1, rowid='it\'s "x"'), row(2, rowid=5), row(3, "", rowid=7)])
    company.run()
    assert landed(company) == ["2"]
    assert [r[:2] for r in aside(company)] == [("1", "rowid.type"), ("3", "name.required")]
    assert company.ask("select _row from landing.crm") == [(2,)]
