"""Rows set aside are listed, corrected and sent again; none is lost, none lands twice."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from kinfolk.commands import quarantine
from kinfolk.commands.rollback import rollback
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.run import RunStatus
from tests.company import Company
from tests.contracts import contract

COLUMNS = "- {name: id}\n- {name: name, required: true}\n- {name: mail}\n- {name: age, logicalType: integer}"
SOURCE = "record_id: id\npeople: {first_name: name, email: mail}\n"


def row(number: object, name: str | None = "Ada", age: object = 30) -> dict[str, Any]:
    return {"id": number, "name": name, "mail": f"p{number}@example.com", "age": age}


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.source("crm", SOURCE)
    made.identity("keys: [email]\n")
    contract(made, "crm", COLUMNS)
    return made


def waiting(company: Company) -> list[tuple[Any, ...]]:
    return [(w.source, w.reason, w.rows, w.fixed) for w in quarantine.waiting(company.folder)]


def numbers(company: Company) -> list[int]:
    return [number for (number,) in company.ask("select record_no from quarantine.open order by record_no")]


def people(company: Company) -> list[tuple[Any, ...]]:
    return company.ask("select record_id, first_name from staging.records order by 1")


def fix(company: Company, number: int, **values: str) -> None:
    quarantine.fix(company.folder, {number: values}, by="Rita")


def sent(company: Company, **how: Any) -> tuple[int, int]:
    made = quarantine.replay(company.folder, **how)
    return made.sent, made.back


def test_rows_wait_by_reason_until_they_are_corrected_and_sent_again(company: Company) -> None:
    company.csv("crm", [row(1), row(2, ""), row(3, "", "old"), row(4, "")])
    company.run()
    assert waiting(company) == [("crm", "name.required", 2, 0), ("crm", "name.required, age.type", 1, 0)]
    first, second, third = numbers(company)
    assert quarantine.show(company.folder, second).values == {**row("3", None, "old"), "id": "3"}
    fix(company, first, name="Bea")
    fix(company, second, name="Cleo")
    assert ("crm", "name.required", 2, 1) in waiting(company)
    assert sent(company) == (2, 1)
    assert people(company) == [("1", "Ada"), ("2", "Bea")]
    assert waiting(company) == [("crm", "age.type", 1, 1), ("crm", "name.required", 1, 0)]
    fix(company, numbers(company)[-1], age="41")
    assert sent(company) == (1, 0)
    assert people(company)[-1] == ("3", "Cleo")
    assert numbers(company) == [third]
    assert company.ask("select fixed_by, changed from quarantine.fixes order by fixed_at")[0] == (
        "Rita",
        '{"name": "Bea"}',
    )


def test_reading_the_file_again_neither_sets_a_corrected_row_aside_nor_lands_it_twice(company: Company) -> None:
    company.csv("crm", [row(1), row(2, "")])
    company.run()
    fix(company, numbers(company)[0], name="Bea")
    sent(company)
    company.csv("crm", [row(1), row(2, ""), row(3, "Cleo")])
    company.run()
    assert people(company) == [("1", "Ada"), ("2", "Bea"), ("3", "Cleo")]
    assert waiting(company) == []
    assert company.ask("select _record_id, _change from landing.crm order by _record_no") == [
        ("1", "added"),
        ("2", "added"),
        ("3", "added"),
    ]
    company.csv("crm", [row(1), row(2, "", 31), row(3, "Cleo")])
    company.run()
    assert waiting(company) == [("crm", "name.required", 1, 0)]
    assert people(company)[1] == ("2", "Bea")


def test_a_correction_is_applied_when_its_file_is_read_before_it_is_sent_again(company: Company) -> None:
    company.csv("crm", [row(1), row(2, "")])
    company.run()
    fix(company, numbers(company)[0], name="Bea")
    company.csv("crm", [row(2, ""), row(1)])
    company.run()
    assert people(company) == [("1", "Ada"), ("2", "Bea")] and waiting(company) == []
    assert sent(company) == (0, 0)


def test_after_the_contract_was_loosened_all_rows_can_be_sent_again(company: Company) -> None:
    company.csv("crm", [row(1), row(2, ""), row(3, age="old")])
    company.run()
    contract(company, "crm", COLUMNS.replace(", required: true", ""), version="2.0.0")
    assert sent(company) == (0, 0)
    assert sent(company, everything=True) == (2, 1)
    assert [record for record, _ in people(company)] == ["1", "2"]
    assert waiting(company) == [("crm", "age.type", 1, 0)]


def test_a_row_that_is_overtaken_by_a_later_one_waits_no_longer(company: Company) -> None:
    company.source("crm", SOURCE + "load: append\nfile: data/crm-*.csv\n")
    company.csv("crm-1", [row(1), row(2, ""), row(3, "")])
    company.run()
    company.csv("crm-2", [row(2, "Bea")])
    company.run()
    assert company.ask("select record_id from quarantine.open") == [("3",)]
    assert company.ask("select record_no, how from quarantine.settled") == [(2, "arrived")]
    assert len(company.ask("select 1 from quarantine.records")) == 2


def test_a_row_without_an_id_gets_one_and_keeps_it_through_later_loads(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.source("crm", SOURCE)
    company.csv("crm", [row(1), row(None, "Bea")])
    company.run()
    assert waiting(company) == [("crm", "no record id: id is empty", 1, 0)]
    assert sent(company, everything=True) == (0, 0)
    fix(company, numbers(company)[0], id="9")
    assert sent(company) == (1, 0)
    company.csv("crm", [row(1), row(None, "Bea"), row(3)])
    company.run()
    assert [record for record, _ in people(company)] == ["1", "3", "9"] and waiting(company) == []


def test_what_could_not_be_read_waits_too_and_is_mended_in_its_file(company: Company) -> None:
    company.write("data/crm.csv", "id,name,mail,age\n1,Ada,a@example.com,3\n2,Bea,b@example.com,3,too,much\n")
    company.run()
    [found] = quarantine.open_rows(company_project(company))
    assert found.values is None and "too,much" in found.text
    with pytest.raises(KinfolkError, match="could not be read, so it has no columns"):
        fix(company, found.record_no, name="Bea")


def company_project(company: Company) -> Any:
    from kinfolk.commands.open_project import open_project

    return open_project(company.folder)


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_rows_are_corrected_in_a_file(company: Company, ending: str) -> None:
    company.csv("crm", [row(1), row(2, ""), row(3, "", "old")])
    company.run()
    out = company.folder / f"rows.{ending}"
    assert quarantine.export(company.folder, out) == 2
    if ending == "json":
        rows = json.loads(out.read_text())
    else:
        rows = list(csv.DictReader(out.open(newline="")))
    rows[0]["name"] = 'Bo, the "second"\nline'
    if ending == "json":
        out.write_text(json.dumps(rows))
    else:
        with out.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    made = quarantine.fix(company.folder, quarantine.edits_in(out), by="Rita")
    assert [(f.row.record_id, dict(f.changed)) for f in made] == [("2", {"name": 'Bo, the "second"\nline'})]
    assert sent(company) == (1, 0)
    assert company.ask("select name from landing.crm where _record_id = '2'") == [('Bo, the "second"\nline',)]


def test_wrong_numbers_columns_and_files_are_named(company: Company) -> None:
    company.csv("crm", [row(1), row(2, "")])
    company.run()
    [number] = numbers(company)
    with pytest.raises(NotFoundError, match="No row 77 waits"):
        quarantine.show(company.folder, 77)
    with pytest.raises(NotFoundError, match="Did you mean 'name'"):
        fix(company, number, nmae="Bea")
    with pytest.raises(NotFoundError, match="no source 'shop'"):
        sent(company, source="shop")
    wrong = company.write("wrong.csv", "a,b\n1,2\n")
    with pytest.raises(KinfolkError, match="holds no quarantined rows"):
        quarantine.edits_in(wrong)
    with pytest.raises(KinfolkError, match="neither .csv nor .json"):
        quarantine.export(company.folder, company.folder / "rows.txt")


def test_sending_nothing_again_is_no_run_of_its_own(company: Company) -> None:
    company.csv("crm", [row(1)])
    company.run()
    assert quarantine.replay(company.folder).run.status is RunStatus.UNCHANGED


def test_a_correction_outlives_going_back_to_before_it(company: Company) -> None:
    company.csv("crm", [row(1), row(2, "")])
    first = company.run()
    fix(company, numbers(company)[0], name="Bea")
    sent(company)
    rollback(company.folder, f"run:{first.run_id}", yes=True)
    company.csv("crm", [row(2, ""), row(1)])
    company.run()
    assert people(company) == [("1", "Ada"), ("2", "Bea")] and waiting(company) == []
