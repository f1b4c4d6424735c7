"""Contracts are read whole, and every mistake in them is told with its line."""

from __future__ import annotations

from datetime import date

import pytest

from kinfolk.errors import ProjectError
from kinfolk.model.contract import Limit, OnDrift, OnViolation
from kinfolk.project.contracts import read_contract
from tests.project.folder import Folder

CRM = "file: crm.csv\nrecord_id: id\npeople: {email: mail}\n"
HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: crm
version: 1.2.0
status: active
"""
CONTRACT = (
    HEAD
    + """\
schema:
  - name: crm
    properties:
      - name: id
        logicalType: integer
        primaryKey: true
      - name: mail
        logicalType: string
        required: true
        classification: restricted
        logicalTypeOptions: {pattern: "^[^@]+@[^@]+$", maxLength: 80}
        customProperties: [{property: onViolation, value: fail}]
      - name: tier
        deprecated: true
        customProperties: [{property: deprecatedUntil, value: 2027-03-31}]
        quality:
          - {metric: invalidValues, arguments: {validValues: [gold, 1]}, mustBe: 0}
          - {metric: nullValues, mustBeLessThan: 5, unit: percent}
      - name: age
        logicalType: number
        logicalTypeOptions: {minimum: 0, exclusiveMaximum: 120.5}
        relationships: [{to: crm.id}]
    quality:
      - type: sql
        name: no children
        query: SELECT COUNT(*) FROM ${table} WHERE age < 18
        mustBe: 0
customProperties:
  - {property: drift, value: {new: fail}}
"""
)


def with_contract(folder: Folder, text: str, name: str = "crm") -> Folder:
    folder.write(crm=CRM)
    (folder.path / "contracts").mkdir(exist_ok=True)
    (folder.path / "contracts" / f"{name}.odcs.yaml").write_text(text)
    return folder


def test_a_contract_is_read_whole(folder: Folder) -> None:
    contract = with_contract(folder, CONTRACT).load().contract("crm")
    assert contract is not None
    assert (contract.version, contract.primary_key) == ("1.2.0", ("id",))
    assert (contract.drift.new, contract.drift.missing) == (OnDrift.FAIL, OnDrift.FAIL)
    identifier, mail, tier, age = contract.properties
    assert identifier.required and identifier.logical_type == "integer"
    assert mail.confidential and mail.on_violation is OnViolation.FAIL
    assert mail.options == {"pattern": "^[^@]+@[^@]+$", "maxLength": "80"}
    assert tier.deprecated_until == date(2027, 3, 31)
    assert [(q.metric, q.values, q.limit) for q in tier.quality] == [
        ("invalidValues", ("gold", "1"), Limit("mustBe", (0.0,))),
        ("nullValues", (), Limit("mustBeLessThan", (5.0,), percent=True)),
    ]
    assert age.options == {"minimum": "0", "exclusiveMaximum": "120.5"}
    assert (age.references[0].source, age.references[0].column) == ("crm", "id")
    assert str(age.references[0].place) == "contracts/crm.odcs.yaml:27"


def test_rules_that_find_no_rows_fail_where_others_quarantine(folder: Folder) -> None:
    contract = with_contract(folder, CONTRACT).load().contract("crm")
    assert contract is not None
    values, share = contract.properties[2].quality
    assert (values.on_violation, share.on_violation) == (OnViolation.QUARANTINE, OnViolation.FAIL)
    assert contract.quality[0].on_violation is OnViolation.QUARANTINE


def test_a_custom_property_says_which_source_a_contract_is_for(folder: Folder) -> None:
    text = CONTRACT + "  - {property: source, value: crm}\n"
    assert with_contract(folder, text, "customers").load().contract("crm") is not None


def test_the_fingerprint_changes_with_a_rule_and_not_with_a_comment(folder: Folder) -> None:
    first = with_contract(folder, CONTRACT).load().fingerprint
    assert with_contract(folder, "# Hello\n" + CONTRACT).load().fingerprint == first
    assert with_contract(folder, CONTRACT.replace("maxLength: 80", "maxLength: 81")).load().fingerprint != first


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("version: 1.2.0", "version: latest", "crm.odcs.yaml:4: `latest` is no version."),
        ("apiVersion: v3.1.0", "apiVersion: v2.2.2", "crm.odcs.yaml:1: The version v2.2.2 of the standard"),
        ("kind: DataContract\n", "", "crm.odcs.yaml:1: `kind` is missing."),
        ("logicalType: integer", "logicalType: int", "crm.odcs.yaml:10: `logicalType` cannot be `int`."),
        ("maxLength: 80", "maxlenght: 80", "`maxlenght` is no option of the type string. Did you mean `maxLength`?"),
        ('"^[^@]+@[^@]+$"', '"(?=x)"', "The pattern uses `(?=`"),
        ("value: fail", "value: fial", "`onViolation` cannot be `fial`. Did you mean `fail`?"),
        ("{new: fail}", "{news: fail}", "`news` is no kind of drift. Did you mean `new`?"),
        ("value: 2027-03-31", "value: soon", "`soon` is no date."),
        ("minimum: 0,", "minimum: low,", "crm.odcs.yaml:26: `minimum` is `low`, which is no number."),
        ("to: crm.id", "to: shop.id", "There is no source `shop` to refer to."),
        ("to: crm.id", "to: crm.idd", "`idd` is no column in the contract of `crm`. Did you mean `id`?"),
        ("name: tier", "name: mail", "The column `mail` is described twice."),
        ("WHERE age < 18", "WHERE agee < 18", "`agee` is no column of the contract. Did you mean `age`?"),
        ("FROM ${table}", "FROM read_csv('/etc/passwd')", "The query reads something else than the rows"),
        ("FROM ${table}", "FROM landing.crm", "The query reads something else than the rows that arrive"),
        ("SELECT COUNT(*)", "DELETE", "The query"),
        ("required: true", "requird: true", "`requird` is not known here. Did you mean `required`?"),
        ("nullValues, mustBeLessThan: 5", "nullValues", "Nothing says what the measure must be."),
        ("arguments: {validValues: [gold, 1]}, ", "", "Nothing says which values are valid."),
    ],
)
def test_each_mistake_is_told_with_its_place(folder: Folder, old: str, new: str, mistake: str) -> None:
    found = with_contract(folder, CONTRACT.replace(old, new)).mistakes()
    assert any(mistake in told for told in found), found


def test_a_rule_about_the_whole_load_cannot_quarantine(folder: Folder) -> None:
    rule = "customProperties: [{property: onViolation, value: quarantine}]"
    text = CONTRACT.replace("mustBeLessThan: 5,", "mustBeLessThan: 5, " + rule + ",")
    [told] = with_contract(folder, text).mistakes()
    assert "cannot say which rows to quarantine" in told


def test_a_contract_for_no_source_and_two_for_one_are_mistakes(folder: Folder) -> None:
    with_contract(folder, CONTRACT)
    with_contract(folder, CONTRACT, "cmr")
    [told] = folder.mistakes()
    assert told.endswith("There is no source `cmr` for this contract. Did you mean `crm`?")
    with_contract(folder, CONTRACT + "  - {property: source, value: crm}\n", "cmr")
    [told] = folder.mistakes()
    assert "has another contract" in told


def test_sources_that_wait_for_each_other_are_a_mistake(folder: Folder) -> None:
    folder.write(shop=CRM)
    with_contract(folder, CONTRACT.replace("to: crm.id", "to: shop.id"))
    with_contract(folder, CONTRACT, "shop")
    [told] = folder.mistakes()
    assert "refer to each other" in told


def test_a_contract_file_called_nearly_right_is_told(folder: Folder) -> None:
    with_contract(folder, CONTRACT)
    (folder.path / "contracts" / "shop.yaml").write_text(CONTRACT)
    [told] = folder.mistakes()
    assert told == "contracts/shop.yaml:1: A file of this name is not read. Call a contract shop.odcs.yaml."


def test_text_from_elsewhere_is_read_as_strictly() -> None:
    assert read_contract(CONTRACT, "HEAD:crm").version == "1.2.0"
    with pytest.raises(ProjectError, match="HEAD:crm:1"):
        read_contract(HEAD, "HEAD:crm")
