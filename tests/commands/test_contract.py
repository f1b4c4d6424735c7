"""Contracts are drafted from data, compared, signed, and remember what they were."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kinfolk.commands import contract as commands
from kinfolk.commands.check import check
from kinfolk.commands.contract_draft import draft
from kinfolk.errors import ContractError, KinfolkError, NotFoundError
from kinfolk.model.signature import Party
from tests.company import Company
from tests.contracts import contract

SOURCE = "record_id: id\npeople: {first_name: name, email: mail}\n"
COLUMNS = "- {name: id, logicalType: integer}\n- {name: name}\n- {name: mail}"


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.source("crm", SOURCE)
    made.identity("keys: [email]\n")
    made.csv("crm", [{"id": n, "name": f"Name {n}", "mail": f"p{n}@example.com"} for n in range(3)])
    contract(made, "crm", COLUMNS)
    return made


def git(company: Company, *words: str) -> None:
    who = ["-c", "user.name=Rita", "-c", "user.email=rita@example.com"]
    subprocess.run(["git", "-C", str(company.folder), *who, *words], check=True, capture_output=True)


def test_a_draft_is_kept_by_the_data_it_was_made_from(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.source("crm", SOURCE + "dates: DMY\n")
    company.identity("keys: [email]\n")
    rows = [
        {
            "id": f"K{n:05}",
            "name": f"Ann{'a' * (n % 9)} {n}",
            "mail": f"p{n}@example.com",
            "tier": ("gold", "tin")[n % 2],
            "age": n % 90 if n % 7 else "",
            "balance": n - 50.5,
            "born": f"{1 + n % 28:02}/03/{1950 + n % 50}",
            "seen": f"2024-01-{1 + n % 28:02} 10:00",
            "ok": ("yes", "no")[n % 2],
            "postcode": f"0{n:03}",
            "nothing": "",
        }
        for n in range(100)
    ]
    company.csv("crm", rows)
    path, text = draft(company.folder, "crm")
    assert path.read_text() == text
    made = commands.read_contract(text, "draft")
    types = {p.name: p.logical_type for p in made.properties}
    assert types == {
        **dict.fromkeys(("id", "name", "mail", "tier", "postcode", "nothing"), "string"),
        **{"age": "integer", "balance": "number", "born": "date", "seen": "timestamp", "ok": "boolean"},
    }
    by_name = {p.name: p for p in made.properties}
    assert made.primary_key == ("id",) and by_name["id"].options == {"pattern": "^[A-Z][0-9]{5}$"}
    assert by_name["mail"].unique and by_name["mail"].required and not by_name["age"].required
    assert by_name["age"].options == {"minimum": "0", "maximum": "200"}
    assert by_name["tier"].quality[0].values == ("gold", "tin")
    assert by_name["postcode"].options == {"pattern": "^[0-9]{4}$"}
    company.run()
    assert company.ask("select count(*) from quarantine.records") == [(0,)]
    with pytest.raises(KinfolkError, match="has a contract already"):
        draft(company.folder, "crm")
    with pytest.raises(NotFoundError, match="no source 'shop'"):
        draft(company.folder, "shop")


def test_a_breaking_change_needs_its_version(company: Company) -> None:
    company.run()
    contract(company, "crm", COLUMNS.replace("name: name", "name: name, required: true"))
    told = "crm breaks what version 1.0.0 promised, and its version is 1.0.0: name: now required"
    for attempt in (lambda: check(company.folder), company.run, lambda: commands.lint(company.folder)):
        with pytest.raises(ContractError, match=told) as raised:
            attempt()
        assert raised.value.hint == "Agree on it with the other side and write `version: 2.0.0`."
    contract(company, "crm", COLUMNS.replace("name: name", "name: name, required: true"), version="2.0.0")
    assert check(company.folder).remarks == ()
    company.run()
    found = company.ask("select version from contracts.deployed order by deployed_at")
    assert found == [("1.0.0",), ("2.0.0",)]
    assert "required: true" in company.ask("select written from contracts.deployed order by deployed_at")[1][0]


def test_a_small_change_without_its_version_is_only_told(company: Company) -> None:
    company.run()
    contract(company, "crm", COLUMNS + "\n- {name: tier}", custom="- {property: drift, value: {missing: allow}}")
    [told] = check(company.folder).remarks
    assert told.startswith("The contract of crm changed and its version did not: 1.1.0 would say so")
    company.run()


def test_both_sides_sign_a_version_and_a_change_makes_it_stale(company: Company) -> None:
    company.write("owners.yml", "people: {Anna Berg: anna@example.com, Ben Ito: ben@example.com}\n")
    assert [r.what for r in commands.lint(company.folder)] == [
        "The producer has not signed.",
        "The consumer has not signed.",
    ]
    first = commands.sign(company.folder, "crm", Party.PRODUCER, "Anna Berg")
    assert commands.sign(company.folder, "crm", Party.PRODUCER, "Anna Berg") == first
    commands.sign(company.folder, "crm", Party.CONSUMER, "Ben Ito")
    assert commands.lint(company.folder) == []
    assert len((company.folder / "contracts" / "signatures.yml").read_text().splitlines()) == 4
    contract(company, "crm", COLUMNS, version="1.0.1")
    assert [r.what for r in commands.lint(company.folder)] == [
        "The producer has not signed this version.",
        "The consumer has not signed this version.",
    ]
    with pytest.raises(NotFoundError, match="Did you mean Anna Berg"):
        commands.sign(company.folder, "crm", Party.PRODUCER, "Ana Berg")
    with pytest.raises(NotFoundError, match="no contract for 'shop'"):
        commands.sign(company.folder, "shop", Party.PRODUCER, "Anna Berg")


def test_what_is_not_enforced_or_has_no_contract_is_remarked(company: Company) -> None:
    company.source("shop", SOURCE)
    company.csv("shop", [{"id": 1, "name": "A", "mail": "a@example.com"}])
    columns = COLUMNS + "\n- {name: tags, logicalType: array, logicalTypeOptions: {uniqueItems: true}}"
    columns += "\n- {name: old, deprecated: true, customProperties: [{property: deprecatedUntil, value: 2020-01-31}]}"
    contract(company, "crm", columns, table="quality: [{type: text, description: Be nice}]")
    told = [remark.what for remark in commands.lint(company.folder)]
    assert "`uniqueItems` of `tags` is not enforced." in told
    assert "a rule of type text is not enforced." in told
    assert "`old` was to be relied on until 2020-01-31: take it out." in told
    assert "The source has no contract." in told


def test_versions_are_compared_as_files_and_as_git_remembers_them(company: Company) -> None:
    git(company, "init", "-q")
    git(company, "add", ".")
    git(company, "commit", "-qm", "First contract")
    contract(company, "crm", COLUMNS.replace("integer", "string"), version="1.1.0")
    found = commands.diff("HEAD:contracts/crm.odcs.yaml", "contracts/crm.odcs.yaml", company.folder)
    assert (found.step, found.made, found.version, found.understated) == ("major", "minor", "2.0.0", True)
    assert [str(change) for change in found.changes] == [
        "id: type was integer, is string (breaks the producer and the consumer)"
    ]
    git(company, "commit", "-qam", "Ids are text now")
    [newest, first] = commands.log(company.folder, "crm")
    assert (newest.version, newest.by, newest.about) == ("1.1.0", "Rita", "Ids are text now")
    assert newest.changes == found.changes and first.changes == ()
    with pytest.raises(KinfolkError, match="There is no contract HEAD:nowhere"):
        commands.diff("HEAD:nowhere", "contracts/crm.odcs.yaml", company.folder)
    with pytest.raises(KinfolkError, match="There is no contract"):
        commands.diff("--output=stolen:x", "contracts/crm.odcs.yaml", company.folder)


def test_without_git_the_log_tells_what_was_in_force(company: Company) -> None:
    assert commands.log(company.folder, "crm") == []
    company.run()
    contract(
        company,
        "crm",
        COLUMNS + "\n- {name: tier}",
        version="1.1.0",
        custom="- {property: drift, value: {missing: allow}}",
    )
    company.run()
    assert [(e.version, e.commit, [str(c) for c in e.changes or ()]) for e in commands.log(company.folder, "crm")] == [
        ("1.1.0", None, ["tier: column added", "drift: missing columns were fail, are allow"]),
        ("1.0.0", None, []),
    ]
