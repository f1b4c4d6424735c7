"""`kinfolk consent`, as a person or a program uses it."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kinfolk.commands.open_project import open_project
from kinfolk.errors import KinfolkError, NotFoundError, SourceError
from kinfolk.interfaces.cli.app import app
from kinfolk.store.database import open_store
from kinfolk.store.write.consents import forget
from tests.company import Company

POLICY = """
versions:
  "2026-01": {since: 2026-01-01, text: We write to you.}
  "2025-01": {since: 2025-01-01, text: We wrote to you.}
channels: [email, sms]
purposes:
  news: {title: Our letter, use: marketing.communications, basis: consent, channels: [email, sms], expires: 2 years}
  delivery: {use: essential.service, basis: contract}
"""
PEOPLE = [
    {"id": "1", "name": "Ana", "mail": "ana@example.com", "phone": "+351210000000"},
    {"id": "2", "name": "Ana", "mail": "ana@example.com", "phone": ""},
    {"id": "3", "name": "Rui", "mail": "rui@example.com", "phone": "+351210000000"},
]


def bare(folder: Path) -> Company:
    made = Company(folder)
    made.identity("keys: [email]\n")
    made.write("policies/consent.yml", POLICY)
    made.source("crm", "record_id: id\npeople: {first_name: name, email: mail, phone: phone}\n")
    made.csv("crm", PEOPLE)
    return made


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop whose first run is done, to be copied."""
    made = bare(tmp_path_factory.mktemp("published"))
    made.run()
    return made.folder


@pytest.fixture
def shop(published: Path, tmp_path: Path) -> Company:
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    return Company(tmp_path, new=False)


def said(shop: Company, *words: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["consent", *map(str, words), "-p", str(shop.folder)], env={"COLUMNS": "200"})
    assert done.exit_code == code, done.output
    return done.stdout


def refused(shop: Company, *words: str | Path) -> KinfolkError:
    done = CliRunner().invoke(app, ["consent", *map(str, words), "-p", str(shop.folder)])
    assert isinstance(done.exception, KinfolkError), done.output
    return done.exception


def told(shop: Company, *words: str | Path) -> Any:
    return json.loads(said(shop, *words, "--json"))


def states(shop: Company, who: str, *more: str) -> dict[str, str]:
    found = told(shop, "show", who, *more)["states"]
    return {f"{one['purpose']} {one['channel'] or ''}".strip(): one["state"] for one in found}


def test_what_was_said_is_recorded_shown_and_told(shop: Company) -> None:
    recorded = said(shop, "record", "email:Ana@Example.com", "news", "granted", "--channel", "email", "--by", "Ines")
    assert "Row 1: email:ana@example.com granted news (email)." in recorded
    shown = said(shop, "show", "C-1")
    assert "granted" in shown and "unasked" in shown and "row 1" in shown
    assert states(shop, "C-1") == {"news email": "granted", "news sms": "unasked", "delivery": "unasked"}
    assert "Ines" in said(shop, "history", "crm:2")
    assert "Nothing was ever said." in said(shop, "history", "rui@example.com")


def test_of_a_customer_every_record_says_it_in_one_act(shop: Company) -> None:
    rows = told(shop, "record", "C-1", "news", "granted")
    assert [(row["saying"]["subject"]["value"], row["part_of"]) for row in rows] == [("1", 1), ("2", 1)]
    assert states(shop, "crm:1")["news sms"] == "granted"


def rows(shop: Company, *words: str) -> list[tuple[str, bool]]:
    written = told(shop, *words)
    return [(row["saying"]["subject"]["value"], row["saying"]["carried"]) for row in written]


def test_what_a_customer_denies_is_written_for_its_addresses_too_and_what_it_grants_is_not(shop: Company) -> None:
    beside = [("+351210000000", True), ("ana@example.com", True)]
    assert rows(shop, "record", "C-1", "news", "granted") == [("1", False), ("2", False)]
    assert sorted(rows(shop, "record", "C-1", "news", "denied")) == sorted([("1", False), ("2", False), *beside])
    assert {row["part_of"] for row in told(shop, "export")[2:]} == {3}
    assert sorted(rows(shop, "withdraw", "crm:1", "news")) == sorted([("1", False), *beside])
    assert rows(shop, "withdraw", "ana@example.com", "news") == [("ana@example.com", False), ("1", True), ("2", True)]
    printed = said(shop, "withdraw", "ana@example.com", "delivery")
    assert "Also written down for record:crm:1, record:crm:2, to be found again" in printed


def test_a_denial_outlives_a_source_that_is_renamed_and_an_address_that_changes(shop: Company) -> None:
    said(shop, "record", "C-1", "delivery", "denied")
    said(shop, "record", "rui@example.com", "delivery", "denied")
    shop.csv("crm", [*PEOPLE[:2], {**PEOPLE[2], "mail": "rui@new.example", "phone": ""}])
    shop.run()
    assert states(shop, "crm:3")["delivery"] == "denied"
    (shop.folder / "sources" / "crm.yml").unlink()
    shop.source("people", "record_id: id\npeople: {first_name: name, email: mail, phone: phone}\n")
    shop.csv("people", [*PEOPLE[:2], {**PEOPLE[2], "mail": "rui@new.example", "phone": ""}])
    shop.run(allow_deletes=["crm"])
    assert states(shop, "people:1")["delivery"] == "denied"
    asked = "select distinct s.state from consent.state s join identity.members m using (customer_id) "
    assert shop.ask(asked + "where m.record_id = '1' and s.purpose = 'delivery'") == [("denied",)]


def test_a_customer_takes_back_what_it_denied_though_its_addresses_said_so_too(shop: Company) -> None:
    said(shop, "withdraw", "C-1", "news")
    assert states(shop, "C-2")["news sms"] == "withdrawn"  # the number is hers too
    said(shop, "record", "C-1", "news", "granted")
    assert states(shop, "C-1")["news sms"] == "granted"
    assert states(shop, "C-2")["news sms"] == "withdrawn"
    shop.run()
    asked = "select customer_id, state from consent.state where purpose = 'news' and channel = 'sms' order by 1"
    assert shop.ask(asked) == [("C-1", "granted"), ("C-2", "withdrawn")]


def test_addresses_and_numbers_are_read_as_staging_reads_them(shop: Company) -> None:
    shop.write("kinfolk.yml", "name: Test company\ntime_zone: UTC\ncountry: PT\n")
    for written in ("phone:21 000 0000", "phone:00351 210 000 000", "+351 21-000-0000", "phone:Tel. 210000000"):
        assert rows(shop, "record", written, "news", "granted") == [("+351210000000", False)]
    assert rows(shop, "record", "Ana <ANA@example.com>", "news", "granted") == [("ana@example.com", False)]
    printed = said(shop, "record", "anna@example.com", "news", "granted")
    assert "No record has anna@example.com" in printed
    assert "No record has" not in said(shop, "record", "ana@example.com", "news", "granted")


def test_a_withdrawal_of_a_day_is_later_than_a_grant_of_an_hour_of_it(shop: Company) -> None:
    said(shop, "withdraw", "ana@example.com", "news", "--at", "2026-02-01")
    said(shop, "record", "ana@example.com", "news", "granted", "--at", "2026-02-01T18:30")
    assert states(shop, "C-1")["news email"] == "withdrawn"
    said(shop, "record", "ana@example.com", "news", "granted", "--at", "2026-02-02T08:00")
    assert states(shop, "C-1")["news email"] == "granted"
    said(shop, "withdraw", "ana@example.com", "news", "--at", f"{datetime.now(UTC):%Y-%m-%d}")
    assert states(shop, "C-1")["news email"] == "withdrawn"
    said(shop, "record", "ana@example.com", "news", "granted")  # she changed her mind within the day
    assert states(shop, "C-1")["news email"] == "granted"


def test_months_are_counted_by_the_calendar_of_the_project(shop: Company) -> None:
    shop.write("kinfolk.yml", "name: Test company\ntime_zone: Europe/Lisbon\n")
    shop.write("policies/consent.yml", POLICY.replace("2 years", "6 months"))
    [row] = told(shop, "record", "ana@example.com", "news", "granted", "--at", "2026-02-01")
    assert row["saying"]["expires_at"] == "2026-07-31T23:00:00+00:00"


def test_somebody_whom_the_computer_knows_no_name_of_is_told_to_give_one(
    shop: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000)
    words = ["consent", "withdraw", "ana@example.com", "news", "-p", str(shop.folder)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert "Say who does it with --by." in " ".join(done.output.replace("│", " ").split())
    assert CliRunner().invoke(app, [*words, "--by", "Ines"]).exit_code == 0


def test_what_holds_fits_a_terminal_of_eighty_columns_without_a_word_being_broken(shop: Company) -> None:
    said(shop, "record", "a.rather.long.name@a-rather-long-name.example", "news", "granted", "--channel", "sms")
    said(shop, "record", "ana@example.com", "news", "granted", "--channel", "email")
    for who in ("C-1", "a.rather.long.name@a-rather-long-name.example"):
        done = CliRunner().invoke(app, ["consent", "show", who, "-p", str(shop.folder)], env={"COLUMNS": "80"})
        lines = done.stdout.splitlines()
        assert max(map(len, lines)) <= 80
        for word in ("allowed", "granted", "unasked", "contract", "delivery", "news (email)", "since (UTC)"):
            assert any(word in line for line in lines), word


def test_withdrawing_from_everything_leaves_the_contract_alone(shop: Company) -> None:
    said(shop, "record", "crm:3", "news", "granted")
    said(shop, "withdraw", "C-2", "--where", "by telephone")
    assert states(shop, "C-2") == {"news email": "withdrawn", "news sms": "withdrawn", "delivery": "unasked"}
    said(shop, "withdraw", "customer:C-2", "delivery")
    assert states(shop, "C-2")["delivery"] == "withdrawn"


def test_withdrawing_from_everything_needs_something_that_rests_on_consent(shop: Company) -> None:
    assert "Name the purpose." in str(refused(shop, "withdraw", "C-1", "--channel", "email").hint)
    shop.write(
        "policies/consent.yml", POLICY.replace("basis: consent", "basis: contract").replace(", expires: 2 years", "")
    )
    assert refused(shop, "withdraw", "C-1").what == "No purpose rests on consent, so there is none to withdraw."


def test_a_shared_number_forbids_for_both_and_allows_for_neither(shop: Company) -> None:
    said(shop, "record", "+351 21 000 0000", "news", "granted", "--at", "2026-02-01")
    assert states(shop, "C-1")["news sms"] == states(shop, "C-2")["news sms"] == "unasked"
    said(shop, "withdraw", "phone:+351210000000", "news")
    assert states(shop, "C-1")["news sms"] == states(shop, "C-2")["news sms"] == "withdrawn"
    assert "several customers" in refused(shop, "show", "+351210000000").what


def test_an_address_nobody_has_yet_can_speak_before_the_first_run(tmp_path: Path) -> None:
    shop = bare(tmp_path)
    said(shop, "record", "new@example.com", "news", "granted")
    assert states(shop, "new@example.com")["news email"] == "granted"
    assert told(shop, "show", "new@example.com")["customer_id"] is None
    assert isinstance(refused(shop, "show", "C-1"), NotFoundError)


def test_the_past_is_shown_as_it_was_known_then(shop: Company) -> None:
    [row] = told(shop, "record", "ana@example.com", "news", "granted", "--at", "2025-06-01T12:00")
    assert states(shop, "C-1", "--as-of", "2025-12-31")["news email"] == "unasked"  # it was not recorded yet
    assert states(shop, "C-1", "--as-of", row["recorded_at"])["news email"] == "granted"


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (("ana@example.com", "newz", "granted"), "There is no purpose newz.", "Did you mean `news`?"),
        (("ana@example.com", "news", "grantd"), "There is no decision grantd.", "Did you mean `granted`?"),
        (
            ("ana@example.com", "news", "granted", "--channel", "emial"),
            "There is no channel emial of news.",
            "`email`?",
        ),
        (("ana@example.com", "delivery", "granted", "--topic", "x"), "There is no topic x of delivery.", "no topics"),
        (("ana@example.com", "news", "granted", "--version", "2024"), "There is no version 2024.", "Known here"),
        (("ana@example.com", "news", "granted", "--at", "2999-01-01"), "2999-01-01 is still to come.", "not what will"),
        (("ana@example.com", "news", "granted", "--at", "soon"), "'soon' is no moment.", "2026-03-01"),
        (("ana@example", "news", "granted"), "'ana@example' is no e-mail address.", "name@example.com"),
        (("+351 21", "news", "granted"), "'+351 21' is no telephone number in full.", "+49"),
        (("C-99", "news", "granted"), "There is no customer C-99 at that time.", "customer id"),
        (("crm:99", "news", "granted"), "No record crm:99 is there, or ever was.", "source:id"),
    ],
)
def test_what_cannot_be_recorded_is_told_and_nothing_is_written(
    shop: Company, words: tuple[str, ...], what: str, hint: str
) -> None:
    error = refused(shop, "record", *words)
    assert error.what == what
    assert hint in str(error.hint)
    assert told(shop, "export") == []


def test_the_version_of_the_notice_is_the_one_that_was_in_force(shop: Company) -> None:
    for day, version in (("2024-12-31", None), ("2025-01-01", "2025-01"), ("2026-01-01", "2026-01")):
        [row] = told(shop, "record", "ana@example.com", "news", "granted", "--at", day)
        assert row["saying"]["policy_version"] == version


def test_a_receipt_has_the_fields_of_the_standard_and_reads_well(shop: Company) -> None:
    said(shop, "record", "ana@example.com", "news", "granted", "--at", "2026-02-01", "--method", "web form")
    found = told(shop, "receipt", "1")
    assert found["header"]["pii_principal_id"] == "email:ana@example.com"
    assert found["header"]["schema_version"] == "ISO/IEC TS 27560:2023"
    assert found["pii_processing"]["purposes"][0]["lawful_basis"] == "consent"
    assert found["pii_processing"]["privacy_notice"]["version"] == "2026-01"
    assert found["event"]["event_state"] == "dpv:ConsentGiven"
    assert found["event"]["validity_end"] == "2028-02-01T00:00:00+00:00"
    assert "collection_method: web form" in said(shop, "receipt", "1")
    assert isinstance(refused(shop, "receipt", "2"), NotFoundError)


def test_a_receipt_says_when_the_notice_is_no_longer_the_one_that_was_shown(shop: Company) -> None:
    said(shop, "record", "ana@example.com", "news", "granted", "--at", "2026-02-01")
    shown = told(shop, "receipt", "1")["pii_processing"]["privacy_notice"]
    assert shown["changed_since"] is None
    shop.write("policies/consent.yml", POLICY.replace("We write to you.", "We write to you every day."))
    now = told(shop, "receipt", "1")["pii_processing"]["privacy_notice"]
    assert now["sha256"] == shown["sha256"]
    assert now["changed_since"].startswith("The text was changed since")
    shop.write("policies/consent.yml", POLICY.replace('"2026-01"', '"2026-02"'))
    assert "does not have this version any more" in said(shop, "receipt", "1")


def test_a_ledger_is_the_same_in_another_project(shop: Company, published: Path, tmp_path: Path) -> None:
    said(shop, "record", "C-1", "news", "granted", "--at", "2025-06-01", "--proof", "=cmd|'/c calc'!A1")
    said(shop, "withdraw", "+351210000000", "news", "--at", "2025-06-01", "--channel", "sms")
    said(shop, "record", "C-2", "delivery", "denied", "--where", "'quoted'")
    said(shop, "record", "crm:2", "news", "granted", "--channel", "email", "--method", "-form")
    forget(open_store(open_project(shop.folder).state), [2])
    shop.write("policies/consent.yml", POLICY.replace("expires: 2 years", "expires: 6 months"))
    file = tmp_path / "ledger.csv"
    said(shop, "export", file)
    with file.open(newline="") as text:
        assert not [cell for row in csv.reader(text) for cell in row if cell.startswith(("=", "+", "-", "@"))]
    other = Company(Path(shutil.copytree(published, tmp_path / "other")), new=False)
    other.write("policies/consent.yml", POLICY.replace("expires: 2 years", "expires: 1 year"))
    count = len(told(shop, "export"))
    assert told(other, "import", file) == {"rows": count, "recorded": count, "known": 0}
    assert told(other, "import", file) == {"rows": count, "recorded": 0, "known": count}
    assert "is whole" in said(other, "verify")
    other.write("policies/consent.yml", POLICY.replace("expires: 2 years", "expires: 6 months"))
    anew = ("recorded_at", "chain")
    kept = [[{k: v for k, v in row.items() if k not in anew} for row in told(each, "export")] for each in (shop, other)]
    for one, same in zip(*kept, strict=True):
        if one["record_id"] or one["email"] or one["phone"]:
            assert one.pop("commitment") != same.pop("commitment")
        assert one == same
    asked = "select * exclude (seq) from consent.state order by all"
    shop.run()
    other.run()
    assert shop.ask(asked) == other.ask(asked)


def test_what_was_given_up_since_is_in_the_ledger_that_another_project_imports_too(
    shop: Company, published: Path, tmp_path: Path
) -> None:
    said(shop, "record", "ana@example.com", "delivery", "denied")
    said(shop, "record", "ana@example.com", "news", "denied", "--channel", "sms")
    less = "".join(
        line for line in POLICY.replace("[email, sms]", "[email]").splitlines(True) if "delivery" not in line
    )
    less += "ended: {purposes: [delivery], channels: [sms]}\n"
    shop.write("policies/consent.yml", less)
    file = tmp_path / "ledger.csv"
    said(shop, "export", file)
    other = Company(Path(shutil.copytree(published, tmp_path / "other")), new=False)
    other.write("policies/consent.yml", less)
    count = len(told(shop, "export"))
    assert told(other, "import", file) == {"rows": count, "recorded": count, "known": 0}
    assert told(other, "import", file)["known"] == count
    by_hand = imported(shop, purpose="delivery", decision="denied")
    assert "There is no purpose delivery." in refused(shop, "import", by_hand).what


def test_an_export_is_imported_by_another_installation_and_nothing_twice(
    shop: Company, published: Path, tmp_path: Path
) -> None:
    for who in ("ana@example.com", "+351210000000", "crm:3"):
        said(shop, "record", who, "news", "granted", "--channel", "sms", "--at", "2026-02-01T10:30", "--proof", "a, b")
    file = tmp_path / "ledger.csv"
    said(shop, "export", file)
    other = Company(Path(shutil.copytree(published, tmp_path / "other")), new=False)
    assert told(other, "import", file) == {"rows": 3, "recorded": 3, "known": 0}
    assert told(other, "import", file) == {"rows": 3, "recorded": 0, "known": 3}
    made_anew = ("recorded_at", "commitment", "chain")
    without = [
        [{k: v for k, v in row.items() if k not in made_anew} for row in told(s, "export")] for s in (shop, other)
    ]
    assert without[0] == without[1]


def test_a_file_with_mistakes_tells_each_with_its_line_and_nothing_is_recorded(shop: Company) -> None:
    columns = ["email", "customer", "source", "record_id", "purpose", "decision", "effective_at"]
    rows = [
        ["ana@example.com", "", "", "", "news", "granted", "2026-02-01"],
        ["", "", "", "", "news", "granted", "2026-02-01"],
        ["ana@example.com", "C-1", "", "", "news", "granted", "2026-02-01"],
        ["", "C-1", "", "", "nwes", "granted", "2026-02-01"],
        ["", "", "crm", "77", "news", "granted", "2026-02-01"],
        ["ana@example.com", "", "", "", "news", "granted", ""],
    ]
    with (shop.folder / "past.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    error = refused(shop, "import", shop.folder / "past.csv")
    assert isinstance(error, SourceError)
    first, *lines = error.what.splitlines()
    assert first == "5 rows cannot be recorded, so that none was:"
    assert [line.strip().split(" ", 1)[0] for line in lines] == [f"past.csv:{n}:" for n in (3, 4, 5, 6, 7)]
    assert "Did you mean `news`?" in lines[2]
    assert told(shop, "export") == []


def imported(shop: Company, **row: str) -> str:
    """What becomes of a file with one row about Ana."""
    row = {"email": "ana@example.com", "purpose": "news", "effective_at": "2026-02-01T00:00+00:00"} | row
    return shop.write("past.csv", f"{','.join(row)}\n{','.join(row.values())}\n").as_posix()


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ({"decision": "granted", "ranks_at": "2026-02-01T10:00+00:00"}, "Only a denial or withdrawal has ranks_at"),
        ({"decision": "expired", "ranks_at": "2026-02-01T10:00+00:00"}, "Only a denial or withdrawal has ranks_at"),
        ({"decision": "denied", "ranks_at": "2026-02-02T01:00:01+00:00"}, "ranks_at is of another day"),
        ({"decision": "denied", "ranks_at": "2026-01-31T23:59+00:00"}, "ranks_at is of another day"),
        ({"decision": "granted", "expires_at": "2026-02-01T00:00+00:00"}, "The grant ends before it begins."),
        ({"decision": "granted", "expires_at": "2028-02-02"}, "A grant of news of that moment ends on 2028-02-01"),
    ],
)
def test_no_row_of_a_file_has_more_force_than_what_is_said_can_have(
    shop: Company, row: dict[str, str], what: str
) -> None:
    error = refused(shop, "import", imported(shop, **row))
    assert f"past.csv:2: {what}" in error.what
    assert told(shop, "export") == []


def test_a_day_of_a_denial_of_today_does_not_outlast_the_moment(shop: Company) -> None:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    evening = f"{today}T23:59:59.9+00:00"
    assert (
        "still to come"
        in refused(shop, "import", imported(shop, decision="denied", effective_at=today, ranks_at=evening)).what
    )
    day = {"decision": "denied", "ranks_at": "2026-02-02T00:00+00:00"}
    assert told(shop, "import", imported(shop, **day))["recorded"] == 1
    shorter = {"decision": "granted", "effective_at": "2026-02-03", "expires_at": "2026-12-24"}
    assert told(shop, "import", imported(shop, **shorter))["recorded"] == 1
    assert [row["expires_at"] for row in told(shop, "export") if row["decision"] == "granted"] == [
        "2026-12-24T00:00:00+00:00"
    ]


def test_an_export_of_before_an_erasure_brings_nobody_back(shop: Company) -> None:
    said(shop, "record", "C-1", "news", "granted")
    said(shop, "record", "rui@example.com", "news", "granted")
    said(shop, "export", shop.folder / "ledger.csv")
    forget(open_store(open_project(shop.folder).state), [1, 3])
    shop.csv("crm", PEOPLE[1:])  # and his record is gone too
    assert told(shop, "import", shop.folder / "ledger.csv") == {"rows": 3, "recorded": 0, "known": 3}
    assert [bool(row["email"] or row["record_id"]) for row in told(shop, "export")] == [False, True, False]


@pytest.mark.parametrize(
    ("words", "zone"),
    [
        (("record", "ana@example.com", "news", "granted", "--at", "0001-01-01T00:00+00:00"), "America/New_York"),
        (("show", "ana@example.com", "--as-of", "0001-01-01T00:00"), "Europe/Vienna"),
        (("show", "ana\0@example.com"), "UTC"),
        (("record", "C-\udc80", "news", "granted"), "UTC"),
        (("verify", "--link", f"{'9' * 5000}:{'ab' * 32}"), "UTC"),
    ],
)
def test_what_no_moment_name_or_number_can_be_is_told_in_a_sentence(
    shop: Company, words: tuple[str, ...], zone: str
) -> None:
    shop.write("kinfolk.yml", f"name: Test company\ntime_zone: {zone}\n")
    assert refused(shop, *words).hint


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("email,purpos,decision,effective_at\n", "`purpos` is not known here."),
        ("email,purpose,decision,effective_at,email\n", "The column `email` is there twice."),
        ("email,purpose,decision\n", "There is no column `effective_at`."),
        ("email,purpose,decision,effective_at\na@x.example,news\n", "The row has not as many values as the header."),
    ],
)
def test_a_file_of_another_form_is_refused_at_its_line(shop: Company, text: str, what: str) -> None:
    error = refused(shop, "import", shop.write("past.csv", text))
    assert error.what == what
    assert "past.csv:" in str(error.where)


def test_a_ledger_that_was_tampered_with_is_found_and_one_that_forgot_is_whole(shop: Company) -> None:
    for who in ("ana@example.com", "rui@example.com"):
        said(shop, "record", who, "news", "granted")
    state = open_project(shop.folder).state
    forget(open_store(state), [1])
    assert "whole: 2 rows, 1 opened; 1 names nobody any more" in said(shop, "verify")
    link = said(shop, "verify").split("last link is ")[1].split(".")[0]
    assert "is whole" in said(shop, "verify", "--link", link)
    assert "Row 9, whose link was kept" in said(shop, "verify", "--link", f"9:{'ab' * 32}", code=9)
    assert refused(shop, "verify", "--link", "9:ab").what == "'9:ab' is no link of a row."
    with closing(sqlite3.connect(state / "control.sqlite", isolation_level=None)) as connection:
        connection.execute("update consent_ledger set choice = 'withdrawn' where seq = 1")
    assert "Row 1 is not what was written" in said(shop, "verify", code=9)


def test_a_project_without_a_policy_says_what_to_write(tmp_path: Path) -> None:
    shop = bare(tmp_path)
    (tmp_path / "policies" / "consent.yml").unlink()
    assert refused(shop, "record", "ana@example.com", "news", "granted").what == (
        "The project has no policies/consent.yml."
    )
