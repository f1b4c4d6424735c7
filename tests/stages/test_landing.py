"""Landing: what arrives is kept in order; what did not change lands nothing; nothing is lost in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinfolk.errors import SourceError
from kinfolk.model.run import RunStatus
from tests.company import Company

SOURCE = "record_id: id\npeople: {first_name: name, email: mail}\n"


def people(*names: str) -> list[dict[str, str]]:
    return [{"id": name[0], "name": name, "mail": f"{name.lower()}@example.com"} for name in names]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.source("crm", SOURCE)
    made.csv("crm", people("Ada", "Ben", "Cleo"))
    return made


def landed(company: Company) -> list[tuple[object, ...]]:
    return company.ask("select _record_id, _change, name, _load_id from landing.crm order by _record_no")


def current(company: Company) -> list[tuple[object, ...]]:
    return company.ask("select record_id, first_name from staging.records order by 1")


def test_a_first_load_lands_every_row_as_it_stands(company: Company) -> None:
    company.run()
    assert landed(company) == [("A", "added", "Ada", 1), ("B", "added", "Ben", 1), ("C", "added", "Cleo", 1)]


def test_an_unchanged_file_lands_nothing_twice(company: Company) -> None:
    company.run()
    before = landed(company)
    assert company.run().status is RunStatus.UNCHANGED
    assert landed(company) == before


def test_a_rewritten_file_with_the_same_rows_lands_nothing(company: Company) -> None:
    company.run()
    company.csv("crm", reversed(people("Ada", "Ben", "Cleo")))
    assert company.run().status is RunStatus.UNCHANGED
    assert len(landed(company)) == 3


def test_new_changed_and_deleted_records_are_told_apart(company: Company) -> None:
    company.run()
    company.csv("crm", [*people("Ada"), {"id": "B", "name": "Benno", "mail": "ben@example.com"}, *people("Dora")])
    company.run()
    assert landed(company)[3:] == [("B", "changed", "Benno", 2), ("D", "added", "Dora", 2), ("C", "deleted", None, 2)]
    assert current(company) == [("A", "Ada"), ("B", "Benno"), ("D", "Dora")]


def test_a_record_that_comes_back_after_its_deletion_is_current_again(company: Company) -> None:
    company.run()
    company.csv("crm", people("Ada", "Ben"))
    company.run()
    company.csv("crm", people("Ada", "Ben", "Cleo"))
    company.run()
    assert current(company) == [("A", "Ada"), ("B", "Ben"), ("C", "Cleo")]
    assert [row[1] for row in landed(company)] == ["added", "added", "added", "deleted", "added"]


def test_record_numbers_are_never_reused(company: Company) -> None:
    company.source("shop", SOURCE)
    company.csv("shop", people("Zoe"))
    company.run()
    for names in (["Ada", "Ben"], ["Ada", "Ben", "Eve"], ["Eve", "Ben", "Finn"]):
        company.csv("crm", people(*names))
        company.csv("shop", people(*(f"{name}-{len(names)}" for name in names)))
        company.run()
    every = "select _record_no as n from landing.crm union all select _record_no from landing.shop"
    [(rows, numbers)] = company.ask(f"select count(*), count(distinct n) from ({every})")
    assert rows == numbers == 7 + 9


def test_what_was_changed_and_deleted_stays_so_while_another_source_changes(company: Company) -> None:
    company.source("shop", SOURCE)
    company.csv("shop", people("Zoe"))
    company.run()
    company.csv("crm", [{"id": "A", "name": "Adele", "mail": "adele@example.com"}, *people("Cleo")])
    company.run()
    company.csv("shop", people("Zoe", "Yan"))
    company.run()
    assert current(company) == [("A", "Adele"), ("C", "Cleo"), ("Y", "Yan"), ("Z", "Zoe")]
    [(customers,)] = company.ask("select count(*) from profiles.customers")
    assert customers == 4


def test_a_source_that_appends_never_deletes(company: Company) -> None:
    company.source("crm", "load: append\n" + SOURCE)
    company.run()
    company.csv("crm", people("Dora"))
    company.run()
    assert [name for _, name in current(company)] == ["Ada", "Ben", "Cleo", "Dora"]


def test_of_a_glob_that_appends_only_new_files_are_read(company: Company) -> None:
    company.source("crm", "load: append\nfile: data/crm*.csv\n" + SOURCE)
    company.run()
    company.csv("crm-2", people("Dora"))
    record = company.run()
    assert [s.name for s in record.steps if s.name.startswith("read.")] == ["read.data/crm-2.csv"]
    assert len(current(company)) == 4


def test_of_two_rows_with_one_id_the_later_is_kept_and_the_other_quarantined(company: Company) -> None:
    company.csv("crm", [*people("Ada"), {"id": "A", "name": "Adele", "mail": "adele@example.com"}])
    company.run()
    assert current(company) == [("A", "Adele")]
    [(reason, text)] = company.ask("select reason, text from quarantine.records")
    assert "record id A comes again in row 2" in reason
    assert "ada@example.com" in text


def test_a_row_that_is_the_same_twice_is_no_loss(company: Company) -> None:
    company.csv("crm", people("Ada", "Ada"))
    company.run()
    assert current(company) == [("A", "Ada")]
    assert company.ask("select count(*) from quarantine.records") == [(0,)]


def test_a_row_without_id_is_quarantined_with_its_text(company: Company) -> None:
    company.csv("crm", [*people("Ada"), {"id": None, "name": "Nobody", "mail": "n@example.com"}])
    company.run()
    [(line, reason, text)] = company.ask("select line, reason, text from quarantine.records")
    assert (line, reason) == (2, "no record id: id is empty")
    assert "Nobody" in text


def test_a_source_without_record_ids_is_told_apart_by_its_rows(company: Company) -> None:
    company.source("crm", "people: {first_name: name, email: mail}\n")
    company.csv("crm", people("Ada", "Ben", "Ada"))
    company.run()
    company.csv("crm", people("Ben", "Cleo"))
    company.run()
    assert [name for _, name in company.ask("select 1, first_name from staging.records order by 2")] == ["Ben", "Cleo"]


def test_a_column_that_vanished_stops_the_run_and_names_what_used_it(company: Company) -> None:
    company.run()
    company.csv("crm", [{"id": "A", "name": "Ada", "e_mail": "ada@example.com"}])
    with pytest.raises(SourceError, match=r"'mail', used for people.email.*Did you mean 'e_mail'"):
        company.run()
    assert len(current(company)) == 3


def test_a_new_column_is_landed_from_then_on(company: Company) -> None:
    company.run()
    company.csv("crm", [{**row, "tier": "gold"} for row in people("Ada", "Ben", "Cleo")])
    company.run()
    assert company.ask("select distinct _change, tier from landing.crm order by 1") == [
        ("added", None),
        ("changed", "gold"),
    ]


def test_a_snapshot_that_lost_most_of_its_records_is_taken_for_a_broken_export(company: Company) -> None:
    names = [f"{letter}nna" for letter in "ABCDEFGHIJKL"]
    company.csv("crm", people(*names))
    company.run()
    company.csv("crm", people(*names[:3]))
    with pytest.raises(SourceError, match="9 of the 12 records of crm are no longer in its data"):
        company.run()
    assert len(current(company)) == 12
    company.run(allow_deletes=["crm"])
    assert len(current(company)) == 3


def test_a_new_rule_for_record_ids_lands_everything_anew(company: Company) -> None:
    company.run()
    company.source("crm", "record_id: [id, name]\npeople: {first_name: name, email: mail}\n")
    company.run()
    assert [record for record, _ in current(company)] == ["A|Ada", "B|Ben", "C|Cleo"]


@pytest.mark.parametrize("load", ["snapshot", "append"])
def test_records_under_ids_of_a_new_rule_take_the_place_of_those_under_the_old(company: Company, load: str) -> None:
    dozen = [{"id": str(n), "name": f"Ada{n}", "mail": f"a{n}@example.com"} for n in range(12)]
    company.csv("crm", dozen)
    company.source("crm", f"load: {load}\n" + SOURCE)
    company.run()
    company.source("crm", f"load: {load}\n" + SOURCE.replace("record_id: id", "record_id: [id, name]"))
    company.run()
    assert sorted(current(company)) == sorted((f"{row['id']}|{row['name']}", row["name"]) for row in dozen)
    assert company.run().status is RunStatus.UNCHANGED


def test_what_an_archived_file_brought_outlives_a_new_rule_for_ids(company: Company) -> None:
    company.source("crm", "load: append\nfile: data/crm*.csv\n" + SOURCE)
    company.run()
    (company.folder / "data/crm.csv").rename(company.folder / "archived.csv")
    company.csv("crm2", people("Dora"))
    company.run()
    company.source("crm", "load: append\nfile: data/crm*.csv\n" + SOURCE.replace("record_id: id", "record_id: mail"))
    company.run()
    assert current(company) == [("A", "Ada"), ("B", "Ben"), ("C", "Cleo"), ("dora@example.com", "Dora")]


def test_a_source_that_appends_may_run_out_of_files(company: Company) -> None:
    company.source("crm", "load: append\nfile: data/crm*.csv\n" + SOURCE)
    company.run()
    (company.folder / "data/crm.csv").unlink()
    assert company.run().status is RunStatus.UNCHANGED
    company.source("crm", "file: data/crm*.csv\n" + SOURCE)
    with pytest.raises(SourceError, match="Nothing matches"):
        company.run()


def test_files_of_one_source_may_call_a_column_differently(company: Company) -> None:
    source = "load: append\nfile: data/crm*.csv\nrecord_id: id\npeople: {first_name: name, email: [email, mail]}\n"
    company.source("crm", source)
    company.csv("crm2", [{"id": "D", "name": "Dora", "email": "d@example.com"}])
    company.run()
    company.csv("crm3", [{"id": "E", "name": "Eve", "email": "e@example.com"}])
    company.run()
    assert [name for _, name in current(company)] == ["Ada", "Ben", "Cleo", "Dora", "Eve"]


def test_a_corrected_setting_reads_the_file_again(company: Company) -> None:
    company.write("data/crm.csv", "id,name,mail\nM,M\u00fcller,m@example.com\n".encode())
    company.source("crm", "file: {path: data/crm.csv, encoding: cp1252}\n" + SOURCE)
    company.run()
    assert current(company) == [("M", "M\u00c3\u00bcller")]
    company.source("crm", "file: {path: data/crm.csv, encoding: utf-8}\n" + SOURCE)
    company.run()
    assert current(company) == [("M", "M\u00fcller")]
    assert company.run().status is RunStatus.UNCHANGED


def test_ids_of_several_columns_cannot_be_mistaken_for_each_other(company: Company) -> None:
    company.source("crm", SOURCE.replace("record_id: id", "record_id: [id, name]"))
    pairs = [("1|2", "3"), ("1", "2|3"), ("1\\", "2"), ("1", "\\2"), ("a|", "b"), ("a", "|b")]
    company.csv("crm", [{"id": a, "name": b, "mail": None} for a, b in pairs])
    company.run()
    assert len(current(company)) == len(pairs)


def test_loads_count_rows_that_were_read_and_not_landed(company: Company) -> None:
    company.write("data/crm.csv", b"id,name,mail\nA,Ada,\n,Nobody,\nB,Ben\n")
    company.run()
    assert company.ask("select rows, rejected from landing.loads") == [(3, 2)]


def test_a_source_renamed_by_case_alone_is_refused_and_nothing_is_lost(company: Company) -> None:
    company.run()
    before = company.published()
    (company.folder / "sources/crm.yml").unlink()
    company.source("CRM", "file: data/crm.csv\n" + SOURCE)
    with pytest.raises(SourceError, match="was called crm in earlier runs"):
        company.run()
    assert company.published() == before
