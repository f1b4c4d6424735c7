"""Every change of a contract is named, with whom it breaks and the version step it needs."""

from __future__ import annotations

import pytest

from kinfolk.policy.contract_changes import Step, changes, made_step, needed_step, next_version
from kinfolk.project.contracts import read_contract

OLD = """\
apiVersion: v3.1.0
kind: DataContract
id: crm
version: 1.0.0
status: active
schema:
  - name: crm
    properties:
      - {name: id, logicalType: integer, primaryKey: true}
      - {name: mail, logicalType: string, required: true, logicalTypeOptions: {maxLength: 80, pattern: "@"}}
      - {name: age, logicalType: integer, logicalTypeOptions: {minimum: 0, maximum: 120}}
      - {name: tier, unique: false, enum: [{value: gold}, {value: tin}], classification: internal}
      - name: code
        quality: [{metric: nullValues, mustBeLessThan: 5, unit: percent}]
        relationships: [{to: shop.id}]
"""


@pytest.mark.parametrize(
    ("before", "after", "told", "step"),
    [
        ("name: code", "name: kode", "code: column removed (breaks the consumer)", Step.MAJOR),
        ("name: code", "name: kode", "kode: column added", Step.MAJOR),
        ("age, logicalType: integer", "age, logicalType: number", "age: type was integer, is number", Step.MAJOR),
        ("required: true, ", "", "mail: no longer required (breaks the consumer)", Step.MAJOR),
        ("unique: false", "unique: true", "tier: now unique (breaks the producer)", Step.MAJOR),
        ("maxLength: 80", "maxLength: 90", "mail: maxLength was 80, is 90 (breaks the consumer)", Step.MAJOR),
        ("maxLength: 80", "maxLength: 8", "mail: maxLength was 80, is 8 (breaks the producer)", Step.MAJOR),
        ("minimum: 0", "minimum: -1", "age: minimum was 0, is -1 (breaks the consumer)", Step.MAJOR),
        ("minimum: 0, ", "", "age: minimum 0 is gone (breaks the consumer)", Step.MAJOR),
        (', pattern: "@"', ', pattern: "@."', "mail: pattern was @, is @. (breaks the producer and the consumer)", 3),
        (", {value: tin}", "", "tier: no longer allowed: tin (breaks the producer)", Step.MAJOR),
        ("{value: tin}", "{value: tin}, {value: zinc}", "tier: now allowed too: zinc (breaks the consumer)", 3),
        ("mustBeLessThan: 5", "mustBeLessThan: 9", "code: rule nullValues: the measure must be under 5 %, now", 3),
        ("{to: shop.id}", "{to: shop.no}", "code: must now stand in shop.no (breaks the producer)", Step.MAJOR),
        ("internal", "restricted", "tier: classification was internal, is restricted (breaks the consumer)", 3),
        ("internal", "public", "tier: classification was internal, is public", Step.MINOR),
        ("name: code", "name: code\n        deprecated: true", "code: deprecated", Step.MINOR),
        ("name: code", "name: code\n        description: of the shop", "code: described anew", Step.PATCH),
        ("status: active", "status: retired", "status was active, is retired", Step.PATCH),
        ("integer, primaryKey: true", "integer", "primary key was id, is none", Step.MAJOR),
        ("      - name: code", "      - {name: new}\n      - name: code", "new: column added", Step.MINOR),
        ("      - name: code", "      - {name: new, required: true}\n      - name: code", "new: required column", 3),
    ],
)
def test_each_change_is_named(before: str, after: str, told: str, step: Step) -> None:
    assert before in OLD
    found = changes(read_contract(OLD, "old"), read_contract(OLD.replace(before, after), "new"))
    assert any(str(change).startswith(told) for change in found), [str(change) for change in found]
    assert needed_step(found) == step


def test_a_version_without_changes_needs_no_step() -> None:
    assert changes(read_contract(OLD, "old"), read_contract("# Hello\n" + OLD, "new")) == ()


@pytest.mark.parametrize(
    ("old", "new", "step"),
    [
        ("1.0.0", "2.0.0", Step.MAJOR),
        ("1.0.0", "1.1", Step.MINOR),
        ("1.0.0", "v1.0.1", Step.PATCH),
        ("1.2.0", "1.2.0", Step.NONE),
        ("2.0.0", "1.9.0", Step.NONE),
        ("0.1.0", "0.2.0", Step.MAJOR),
        ("0.1.0", "0.1.1", Step.PATCH),
    ],
)
def test_the_step_between_versions(old: str, new: str, step: Step) -> None:
    assert made_step(old, new) is step


def test_the_version_after_a_step() -> None:
    assert [next_version("1.2.3", step) for step in Step] == ["1.2.3", "1.2.4", "1.3.0", "2.0.0"]
    assert next_version("0.2.3", Step.MAJOR) == "0.3.0"
