"""Bad input, the whole way: a clear sentence, nothing lost, what is published stays whole, the next run completes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from kinfolk.commands.status import Numbers, status
from kinfolk.errors import KinfolkError, ProjectError, SourceError
from kinfolk.model.run import RunStatus
from tests.company import Company

SOURCE = "record_id: id\npeople: {first_name: name, email: mail}\n"
GOOD = b"id,name,mail\n1,Ada,ada@example.com\n2,Ben,ben@example.com\n"


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """One source, crm, of two customers."""
    made = Company(tmp_path)
    made.source("crm", SOURCE)
    made.identity("keys: [email]\n")
    made.write("data/crm.csv", GOOD)
    return made


def arrive(company: Company, content: bytes) -> None:
    """New content for crm's file, and a run."""
    company.write("data/crm.csv", content)
    assert company.run(allow_deletes=["crm"]).status is RunStatus.PUBLISHED


def names(company: Company) -> list[str | None]:
    """First names of all customers."""
    return [name for (name,) in company.ask("select first_name from profiles.customers order by all")]


def refused(company: Company) -> list[tuple[object, ...]]:
    return company.ask("select line, reason, text from quarantine.records order by line")


def numbers(company: Company) -> Numbers:
    found = status(company.folder).numbers
    assert found is not None
    return found


def nothing_is_lost(company: Company) -> None:
    """Every row that was read is landed or in quarantine, and status tells of those in quarantine."""
    [(read, rejected)] = company.ask("select sum(rows), sum(rejected) from landing.loads")
    [(landed,)] = company.ask("select count(*) from landing.crm")
    [(kept,)] = company.ask("select count(*) from quarantine.records")
    assert read == landed + kept
    assert rejected <= kept
    assert sum(row["rows"] for row in numbers(company).quarantined) == kept


def refuses(company: Company, content: bytes, *words: str) -> None:
    """The run says why it stops; what was published stays as it was; with good content the next run completes."""
    company.run()
    before = company.published()
    company.write("data/crm.csv", content)
    with pytest.raises(SourceError) as stopped:
        company.run()
    for word in words:
        assert word in str(stopped.value)
    assert company.published() == before
    [last, _] = status(company.folder).runs
    assert last.status is RunStatus.FAILED and last.error == str(stopped.value)
    company.write("data/crm.csv", GOOD + b"3,Cleo,cleo@example.com\n")
    assert company.run().status is RunStatus.PUBLISHED
    assert names(company) == ["Ada", "Ben", "Cleo"]


def test_a_damaged_row_among_utf8_is_rejected_alone(company: Company) -> None:
    zoe, jo = "3,Zoë,zoe@example.com\n".encode("latin-1"), "5,Jürgen,juergen@example.com\n6,Çem,cem@example.com\n"
    arrive(company, GOOD + zoe + b"4,Dan,dan@example.com\n" + jo.encode())
    assert names(company) == ["Ada", "Ben", "Dan", "Jürgen", "Çem"]
    [(line, reason, text)] = refused(company)
    assert (line, reason) == (4, "bytes that are not UTF-8: eb")
    assert "zoe@example.com" in str(text)
    nothing_is_lost(company)


def test_a_file_that_is_not_in_its_declared_encoding_is_refused_whole(company: Company) -> None:
    company.source("crm", "file: {path: data/crm.csv, encoding: utf-8}\n" + SOURCE)
    zoe = "3,Zoë,zoe@example.com\n".encode("latin-1")
    refuses(company, GOOD + zoe, "data/crm.csv, line 4", "does not fit the encoding utf-8", "`encoding:`")


def test_a_file_in_another_encoding_is_read_in_it(company: Company) -> None:
    arrive(company, "id,name,mail\n1,Zoë,zoe@example.com\n2,Jürgen,juergen@example.com\n".encode("latin-1"))
    assert names(company) == ["Jürgen", "Zoë"]
    nothing_is_lost(company)


def test_nul_bytes_reject_their_row_only(company: Company) -> None:
    arrive(company, GOOD + b"3,Cl\0eo,cleo@example.com\n4,Dan,dan@example.com\n")
    assert names(company) == ["Ada", "Ben", "Dan"]
    assert refused(company) == [(4, "contains a NUL byte", "3,Cl\\x00eo,cleo@example.com")]
    nothing_is_lost(company)


def test_ragged_rows_are_kept_with_their_reason(company: Company) -> None:
    arrive(company, GOOD + b"3,Cleo\n4,Dan,dan@example.com,extra\n5,Eve,eve@example.com\n")
    assert names(company) == ["Ada", "Ben", "Eve"]
    assert refused(company) == [
        (4, "2 fields where the header has 3", "3,Cleo"),
        (5, "4 fields where the header has 3", "4,Dan,dan@example.com,extra"),
    ]
    nothing_is_lost(company)


def test_ragged_rows_that_were_mended_land_with_the_next_file(company: Company) -> None:
    arrive(company, GOOD + b"3,Cleo\n")
    arrive(company, GOOD + b"3,Cleo,cleo@example.com\n")
    assert names(company) == ["Ada", "Ben", "Cleo"]
    assert numbers(company).quarantined == []
    assert len(refused(company)) == 1


@pytest.mark.slow
def test_a_header_of_ten_thousand_columns_lands_whole(company: Company) -> None:
    company.identity("keys: [first_name]\n")
    header = ",".join(f"c{n}" for n in range(10_000)).replace("c0,", "id,").replace(",c1,", ",name,")
    row = ",".join(str(n) for n in range(10_000))
    company.source("crm", "record_id: id\npeople: {first_name: name, last_name: c9999}\n")
    arrive(company, f"{header}\n{row}\n".encode())
    assert company.ask("select id, name, c5000, c9999 from landing.crm") == [("0", "1", "5000", "9999")]
    assert company.run().status is RunStatus.UNCHANGED
    nothing_is_lost(company)


def test_an_empty_file_is_refused_and_deletes_nobody(company: Company) -> None:
    refuses(company, b"", "data/crm.csv", "empty")


def test_a_file_of_a_header_only_brings_no_customers(company: Company) -> None:
    company.write("data/crm.csv", b"id,name,mail\n")
    assert company.run().status is RunStatus.PUBLISHED
    assert names(company) == []
    assert company.run().status is RunStatus.UNCHANGED
    arrive(company, GOOD)
    assert names(company) == ["Ada", "Ben"]


def test_a_header_only_where_a_dozen_customers_were_looks_like_a_broken_export(company: Company) -> None:
    rows = "".join(f"{n},Ada{n},a{n}@example.com\n" for n in range(12))
    company.write("data/crm.csv", f"id,name,mail\n{rows}".encode())
    company.run()
    before = company.published()
    company.write("data/crm.csv", b"id,name,mail\n")
    with pytest.raises(SourceError, match="12 of the 12 records of crm .* broken export.*--allow-deletes crm"):
        company.run()
    assert company.published() == before
    company.run(allow_deletes=["crm"])
    assert names(company) == []
    assert company.ask("select count(*) from landing.crm") == [(24,)]


def test_a_byte_order_mark_is_no_part_of_the_first_column(company: Company) -> None:
    arrive(company, b"\xef\xbb\xbf" + GOOD)
    assert names(company) == ["Ada", "Ben"]
    nothing_is_lost(company)


def test_mixed_line_ends_end_lines_alike(company: Company) -> None:
    mixed = b"id,name,mail\r\n1,Ada,ada@example.com\n2,Ben,ben@example.com\r\n3,Cleo,cleo@example.com\r4,Dan,\n"
    arrive(company, mixed)
    assert names(company) == ["Ada", "Ben", "Cleo", "Dan"]
    nothing_is_lost(company)


@pytest.mark.slow
def test_a_cell_of_fifty_megabytes_goes_the_whole_way(company: Company) -> None:
    size = 50_000_000
    company.source("crm", "record_id: id\npeople: {first_name: name, email: mail, attributes: {note: note}}\n")
    big = b"x" * size
    arrive(company, b"id,name,mail,note\n1,Ada,ada@example.com," + big + b"\n2,Ben,ben@example.com,short\n")
    [(landed,)] = company.ask("select length(note) from landing.crm where id = '1'")
    [(golden,)] = company.ask("select length(note) from profiles.customers where first_name = 'Ada'")
    assert landed == golden == size
    nothing_is_lost(company)
    assert company.run().status is RunStatus.UNCHANGED


@pytest.mark.slow
def test_a_row_too_long_to_hold_is_refused_and_the_others_land(company: Company) -> None:
    big = b"x" * 64_000_001
    arrive(company, GOOD + b"3," + big + b",cleo@example.com\n4,Dan,dan@example.com\n")
    assert names(company) == ["Ada", "Ben", "Dan"]
    [(line, reason, _)] = refused(company)
    assert line == 4 and "longer than 64,000,000 characters" in str(reason)
    nothing_is_lost(company)


def unread(company: Company) -> list[tuple[object, ...]]:
    return company.ask("select record_id, field, original from staging.unstandardised order by all")


def test_dates_that_could_mean_three_things_are_not_guessed(company: Company) -> None:
    company.identity("keys: [first_name]\n")
    company.source("crm", "record_id: id\npeople: {first_name: name, birth_date: born}\n")
    arrive(company, b"id,name,born\n1,Ada,02/03/04\n2,Ben,2004-03-02\n")
    days = company.ask("select cast(birth_date as varchar) from staging.records order by record_id")
    assert days == [(None,), ("2004-03-02",)]
    assert unread(company) == [("1", "birth_date", "02/03/04")]
    [row] = numbers(company).unread
    assert (row["source"], row["field"], row["values"]) == ("crm", "birth_date", 1)
    assert "dates:" in row["reason"]
    nothing_is_lost(company)


@pytest.mark.parametrize(("order", "day"), [("DMY", "2004-03-02"), ("MDY", "2004-02-03"), ("YMD", "2002-03-04")])
def test_dates_are_read_in_the_declared_order(company: Company, order: str, day: str) -> None:
    company.identity("keys: [first_name]\n")
    company.source("crm", f"record_id: id\ndates: {order}\npeople: {{first_name: name, birth_date: born}}\n")
    arrive(company, b"id,name,born\n1,Ada,02/03/04\n")
    assert [str(found) for (found,) in company.ask("select birth_date from profiles.customers")] == [day]


def test_a_phone_that_says_nothing_is_empty_and_one_that_cannot_be_read_is_listed(company: Company) -> None:
    company.identity("keys: [first_name]\n")
    company.source("crm", "record_id: id\ncountry: DE\npeople: {first_name: name, phone: tel}\n")
    arrive(company, b"id,name,tel\n1,Ada,n/a\n2,Ben,ask his wife\n3,Cleo,030 901820\n")
    assert company.ask("select first_name, phone from profiles.customers order by all") == [
        ("Ada", None),
        ("Ben", None),
        ("Cleo", "+4930901820"),
    ]
    assert unread(company) == [("2", "phone", "ask his wife")]
    assert company.ask("select tel from landing.crm where id = '1'") == [("n/a",)]
    nothing_is_lost(company)


def test_an_email_with_spaces_around_it_is_read_and_one_with_spaces_within_is_listed(company: Company) -> None:
    arrive(company, b"id,name,mail\n1,Ada, ADA@example.com \n2,Ben,ben smith@example.com\n3,Ada,ada@example.com\n")
    assert company.ask("select email, records from profiles.customers order by all") == [
        ("ada@example.com", 2),
        (None, 1),
    ]
    assert unread(company) == [("2", "email", "ben smith@example.com")]
    assert [(row["field"], row["values"]) for row in numbers(company).unread] == [("email", 1)]
    nothing_is_lost(company)


def test_of_a_record_id_given_twice_the_later_row_lands_and_the_earlier_is_kept(company: Company) -> None:
    arrive(company, GOOD + b"1,Adele,adele@example.com\n,Nobody,nobody@example.com\n")
    assert names(company) == ["Adele", "Ben"]
    [(first, why_first, text), (second, why_second, _)] = refused(company)
    assert first == 1 and "record id 1 comes again in row 3" in str(why_first) and "ada@example.com" in str(text)
    assert second == 4 and "no record id: id is empty" in str(why_second)
    nothing_is_lost(company)


def test_a_column_that_vanished_stops_the_run_and_names_its_use(company: Company) -> None:
    renamed = b"id,name,e-mail\n1,Ada,ada@example.com\n"
    refuses(company, renamed, "sources/crm.yml:", "'mail'", "people.email", "'e-mail'")


def test_a_column_nobody_uses_may_vanish_and_come_back(company: Company) -> None:
    arrive(company, b"id,name,mail,colour\n1,Ada,ada@example.com,red\n")
    arrive(company, b"id,name,mail\n1,Ada,ada@example.com\n")
    arrive(company, b"id,name,mail,colour\n1,Ada,ada@example.com,blue\n")
    assert company.ask("select colour from landing.crm order by _record_no") == [("red",), (None,), ("blue",)]
    assert names(company) == ["Ada"]


def test_five_mistakes_in_the_project_are_told_at_once_and_change_nothing(company: Company) -> None:
    company.run()
    before = company.published()
    wrong = [
        "file: data/crm.csv",
        "record_id: id",
        "dates: XYZ",
        "loda: append",
        "countrie: DE",
        "people:",
        "  frist_name: name",
        "  emial: mail",
    ]
    company.write("sources/crm.yml", "\n".join(wrong) + "\n")
    with pytest.raises(ProjectError) as stopped:
        company.run()
    told = str(stopped.value)
    assert len(stopped.value.mistakes) == 5
    for line in (3, 4, 5, 7, 8):
        assert f"sources/crm.yml:{line}" in told
    for meant in ("`load`", "`country`", "`first_name`", "`email`"):
        assert f"Did you mean {meant}" in told
    company.source("crm", SOURCE)
    assert company.run().status is RunStatus.UNCHANGED
    assert company.published() == before


def _started(folder: Path, *options: str) -> subprocess.Popen[str]:
    command: Sequence[str] = [sys.executable, "-m", "kinfolk", "run", str(folder), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _held(folder: Path) -> None:
    """Waits until some run holds the project."""
    until = time.monotonic() + 60
    while not (folder / ".kinfolk" / "writer.json").exists():
        assert time.monotonic() < until, "the first run has not begun"
        time.sleep(0.01)


def test_a_second_run_at_the_same_time_is_told_so_and_the_first_completes(company: Company) -> None:
    rows = "".join(f"{n},Ada{n},a{n}@example.com\n" for n in range(30_000))
    company.write("data/crm.csv", f"id,name,mail\n{rows}".encode())
    first = _started(company.folder)
    _held(company.folder)
    with pytest.raises(KinfolkError, match=f"Another run is writing to this project .process {first.pid}, since"):
        company.run()
    assert first.wait(120) == 0
    assert company.ask("select count(*) from profiles.customers") == [(30_000,)]
    assert company.run().status is RunStatus.UNCHANGED
    assert [run.status for run in status(company.folder).runs] == [RunStatus.UNCHANGED, RunStatus.PUBLISHED]


def test_a_second_run_that_may_wait_waits(company: Company) -> None:
    first = _started(company.folder)
    _held(company.folder)
    second = _started(company.folder, "--wait", "60")
    assert (first.wait(120), second.wait(120)) == (0, 0)
    assert names(company) == ["Ada", "Ben"]
    assert len(company.ask("select * from landing.crm")) == 2
