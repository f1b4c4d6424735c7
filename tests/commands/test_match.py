"""One record is matched as a run would match it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import kinfolk
from kinfolk.commands.match import Matcher, match, record_in
from kinfolk.errors import KinfolkError, NotFoundError
from tests.company import Company
from tests.stages.identity import population

PEOPLE = """
record_id: id
people: {first_name: first, last_name: last, birth_date: born, email: mail, phone: phone, street: street,
         national_id: passport, device_id: device, tenant: shop}
"""
IDENTITY = """
keys: [email, {key: device_id, at_most: 3}]
ignore: {email: ["info@*"]}
tenant: tenant
never: [{different: national_id}]
match:
  compare: {first_name: name, last_name: name, birth_date: date, email: email, phone: phone, street: address}
  personal: [first_name, birth_date]
"""
NAMES = {"first": "first_name", "last": "last_name", "born": "birth_date", "mail": "email", "phone": "phone"}
NAMES |= {"street": "street"}


def rows(people: int, seed: int, first: int = 0) -> list[dict[str, Any]]:
    """Rows of the shop's export."""
    made = population.records(people, each=2, seed=seed)
    return [{"id": first + n, **{to: one[name] for to, name in NAMES.items()}} for n, one in enumerate(made)]


ODD: tuple[dict[str, Any], ...] = (
    {"id": 90001, "first": "Ana", "last": "Costa", "mail": "ana@a.example", "passport": "P1", "device": "D1"},
    {"id": 90002, "first": "Rui", "last": "Costa", "mail": "info@a.example", "device": "D2"},
    {"id": 90003, "first": "Eva", "last": "Lima", "device": "D2"},
    {"id": 90004, "first": "Ivo", "last": "Reis", "device": "D2"},
    {"id": 90005, "first": "Tia", "last": "Nunes", "mail": "tia@b.example", "shop": "north"},
)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    made = Company(tmp_path_factory.mktemp("matching"))
    made.write("kinfolk.yml", "name: Test company\ntime_zone: UTC\ncountry: DE\n")
    made.source("crm", PEOPLE)
    made.csv("crm", [*ODD, *rows(1_500, seed=3)])
    made.identity(IDENTITY)
    made.run()
    yield made


@pytest.fixture(scope="module")
def matcher(company: Company) -> Matcher:
    return kinfolk.Matcher.open(company.folder)


def customer(company: Company, record_id: int) -> str:
    [(found,)] = company.ask(f"select customer_id from identity.members where record_id = '{record_id}'")
    return str(found)


def test_a_shared_key_is_the_same_customer_whatever_way_it_is_written(company: Company, matcher: Matcher) -> None:
    found = matcher.match({"email": " ANA@A.example "})
    assert (found.verdict, found.customer_id) == ("same", customer(company, 90001))
    assert [(key.key, key.value) for key in found.candidates[0].keys] == [("email", "ana@a.example")]


def test_values_are_standardised_as_those_of_a_source(company: Company, matcher: Matcher) -> None:
    [(first, last, born, phone, whose)] = company.ask(
        "select first_name, last_name, strftime(birth_date, '%d.%m.%Y'), phone, customer_id from staging.records "
        "join identity.members using (record_no) where phone is not null and birth_date is not null "
        "and day(birth_date) > 12 and email is null order by record_no limit 1"
    )
    record = {"full_name": f"{last}, {first}", "birth_date": born, "phone": phone.replace("+49", "0")}
    found = matcher.match(record)
    assert (found.verdict, found.customer_id) == ("same", whose)
    by_source = matcher.match({"first": first, "last": last, "born": born, "phone": phone}, source="crm")
    assert by_source.customer_id == whose


def test_the_evidence_adds_up(matcher: Matcher, company: Company) -> None:
    [(first, last)] = company.ask("select first_name, last_name from staging.records where record_id = '7'")
    for found in matcher.match({"first_name": first, "last_name": last}, limit=5).candidates:
        total = found.prior + sum(f.bits + f.rarity for f in found.evidence) + found.household
        assert found.record_weight == pytest.approx(total)


def test_a_value_that_too_many_share_and_one_on_the_ignore_list_join_nobody(matcher: Matcher) -> None:
    found = matcher.match({"device_id": "D2", "email": "info@a.example"})
    assert (found.verdict, found.candidates) == ("new", ())
    assert found.notes == (
        "email info@a.example is on the ignore list.",
        "device_id D2: more than 3 records would share it.",
    )


def test_a_never_rule_holds_apart_what_a_key_would_join(company: Company, matcher: Matcher) -> None:
    found = matcher.match({"email": "ana@a.example", "national_id": "P2"})
    assert found.customer_id is None
    assert found.candidates[0].never == ("national_id",)
    assert matcher.match({"email": "ana@a.example", "national_id": "P1"}).customer_id == customer(company, 90001)


def test_tenants_never_meet(company: Company, matcher: Matcher) -> None:
    assert matcher.match({"email": "tia@b.example"}).verdict == "new"
    assert matcher.match({"email": "tia@b.example", "tenant": "south"}).verdict == "new"
    assert matcher.match({"email": "tia@b.example", "tenant": "north"}).customer_id == customer(company, 90005)


def test_nobody_like_it_is_a_new_customer(matcher: Matcher) -> None:
    found = matcher.match({"first_name": "Zoltan", "last_name": "Xu", "birth_date": "1901-01-01"})
    assert (found.verdict, found.customer_id) == ("new", None)


def test_many_threads_get_the_answers_one_gets(matcher: Matcher) -> None:
    asked = [{NAMES[to]: value for to, value in row.items() if to in NAMES} for row in rows(20, seed=3)]
    alone = [matcher.match(record) for record in asked]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(matcher.match, asked)) == alone


def test_an_unknown_field_is_named(matcher: Matcher) -> None:
    with pytest.raises(NotFoundError) as error:
        matcher.match({"frist_name": "Ana"})
    assert str(error.value) == "'frist_name' is no field. Did you mean `first_name`?"
    with pytest.raises(NotFoundError, match="There is no source of people 'cmr'"):
        matcher.match({}, source="cmr")
    with pytest.raises(KinfolkError, match="email is no single value"):
        matcher.match({"email": ["a@b.example"]})


def test_the_index_is_made_again_to_the_byte(company: Company, matcher: Matcher) -> None:
    def contents() -> dict[str, bytes]:
        files = (company.folder / ".kinfolk" / "match").rglob("*.*")
        return {str(file): file.read_bytes() for file in files if file.is_file()}

    before = contents()
    for file in before:
        Path(file).unlink()
    [folder] = (company.folder / ".kinfolk" / "match").iterdir()
    folder.rmdir()
    Matcher.open(company.folder)
    assert contents() == before


def test_without_anything_published_or_declared_a_sentence_says_so(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.csv("crm", [{"id": 1, "mail": "a@b.example"}])
    company.source("crm", "record_id: id\npeople: {email: mail}\n")
    with pytest.raises(KinfolkError, match="There is nothing to match by"):
        match(tmp_path, {"email": "a@b.example"})
    company.identity("keys: [email]\n")
    with pytest.raises(NotFoundError, match="Nothing has been published yet"):
        match(tmp_path, {"email": "a@b.example"})
    company.run()
    opened = Matcher.open(tmp_path)
    assert opened.match({"email": "A@B.example"}).customer_id == "C-1"
    assert not opened.stale
    company.csv("crm", [{"id": 1, "mail": "c@d.example"}])
    company.run()
    assert opened.stale
    assert opened.match({"email": "a@b.example"}).verdict == "same"  # it answers for the state it opened
    assert list((tmp_path / ".kinfolk" / "match").iterdir()) == []
    assert match(tmp_path, {"email": "a@b.example"}).verdict == "new"
    company.identity("keys: [email]\nmatch: {compare: {email: email, first_name: name}}\n")
    with pytest.raises(KinfolkError, match=r"identity\.yml has changed since the last run"):
        Matcher.open(tmp_path)


@pytest.mark.parametrize("people", [0, 1])
def test_fewer_than_two_records_are_matched_by_keys_alone(tmp_path: Path, people: int) -> None:
    company = Company(tmp_path)
    company.write("data/crm.csv", "id,first,mail\n" + "1,Ana,ana@x.example\n" * people)
    company.source("crm", "record_id: id\npeople: {first_name: first, email: mail}\n")
    company.identity("keys: [email]\nmatch: {compare: {first_name: name, email: email}}\n")
    company.run()
    found = match(company.folder, {"email": "ana@x.example"})
    assert (found.verdict, found.customer_id) == (("same", "C-1") if people else ("new", None))


def test_what_is_no_text_is_named(matcher: Matcher) -> None:
    for value in ("a\0b", "\ud800"):
        with pytest.raises(KinfolkError, match="email holds a character that no text has"):
            matcher.match({"email": value})


def test_a_record_in_a_file_is_one_object(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps({"email": "a@b.example"}))
    assert record_in(tmp_path / "one.json") == {"email": "a@b.example"}
    (tmp_path / "two.json").write_text("[1]")
    with pytest.raises(KinfolkError, match="The file holds no record"):
        record_in(tmp_path / "two.json")


@pytest.mark.slow
def test_a_run_decides_as_the_matcher_said(tmp_path: Path) -> None:
    """Records are held out of a run, matched, then added one at a time would be; here all at once, so a few differ."""
    company = Company(tmp_path)
    company.source("crm", PEOPLE)
    company.identity(IDENTITY)
    nothing = dict.fromkeys(("passport", "device", "shop"))
    everyone = [row | nothing for row in rows(6_000, seed=8)]
    held_out = set(random.Random(1).sample(range(len(everyone)), 300))
    company.csv("crm", [row for n, row in enumerate(everyone) if n not in held_out])
    company.run()
    matcher = Matcher.open(tmp_path)
    said = {n: matcher.match(everyone[n], source="crm") for n in held_out}
    before = dict(company.ask("select record_id, customer_id from identity.members"))
    company.csv("crm", everyone)
    company.run()
    after = dict(company.ask("select record_id, customer_id from identity.members"))
    living = {before[record]: after[record] for record in before}
    agreed = 0
    for n, matches in said.items():
        new = after[str(n)] not in living.values()
        same = matches.customer_id is not None and living[matches.customer_id] == after[str(n)]
        if matches.candidates and matches.candidates[0].keys and matches.verdict == "same":
            assert same, (everyone[n], matches)
        agreed += same or (new and matches.customer_id is None)
    assert agreed / len(said) >= 0.97
