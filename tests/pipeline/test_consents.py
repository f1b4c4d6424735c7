"""consent.state against a slow oracle, over random things said by random people who merge and part."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from kinfolk.commands.consent.show import show
from kinfolk.commands.open_project import open_project
from kinfolk.commands.rollback import rollback
from kinfolk.errors import ExistsError
from kinfolk.model.consent import Choice, Saying, Subject
from kinfolk.model.decision import Verdict
from kinfolk.model.lineage import ColumnRef
from kinfolk.model.run import RunStatus
from kinfolk.pipeline.backup import back_up
from kinfolk.pipeline.decisions import Act, write_decisions
from kinfolk.pipeline.lineage import lineage
from kinfolk.pipeline.restore import restore
from kinfolk.store.database import open_store
from kinfolk.store.read.consents import Head, head
from kinfolk.store.read.verification import verify
from kinfolk.store.write.consents import append, forget
from tests.company import Company
from tests.oracles.consents import Heard, Record, Rule, World, state, year_later

POLICY = """
versions: {first: {since: 2020-01-01, text: What we do.}}
channels: [email, sms]
purposes:
  news: {use: marketing.communications, basis: consent, channels: [email, sms], expires: 12 months}
  games: {use: personalize, basis: consent, minimum_age: 16}
  advice: {use: personalize, basis: legitimate_interest}
  study: {use: analytics, basis: public_interest, default: denied}
"""
RULES = (
    Rule("news", True, False),
    Rule("games", True, False, 16),
    Rule("advice", False, True),
    Rule("study", False, False),
)
CHANNELS: Mapping[str, tuple[str | None, ...]] = {"news": ("email", "sms")}
ZONE = ZoneInfo("America/New_York")
PEOPLE = "record_id: id\npeople: {first_name: name, email: mail, phone: phone, birth_date: born}\n"
CHOICES = """
record_id: id
belongs_to: {column: mail, key: email}
consents: {purpose: purpose, decision: decision, decided_at: at}
"""


def in_utc(local: datetime) -> datetime:
    return local.replace(tzinfo=ZONE).astimezone(UTC)


def company(folder: Path, policy: str = POLICY) -> Company:
    made = Company(folder)
    made.identity("keys: [{key: email, at_most: 1}]\n")  # an address leads to people, and makes nobody one
    made.write("policies/consent.yml", policy)
    return made


class Town:
    """Random records, random consents, and people who are found to be one, or two after all."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.company = company(folder)
        self.company.write("kinfolk.yml", f"name: Town\ntime_zone: {ZONE.key}\n")
        self.people = {f"p{n}": self._somebody(n) for n in range(7)}
        self.ever = len(self.people)
        self.heard: list[Heard] = []
        self.before: list[tuple[datetime, Mapping[Record, str]]] = []
        self.choices = {f"c{n}": self._choice(f"c{n}") for n in range(8)}
        self.company.source("crm", PEOPLE)
        self.company.source("choices", CHOICES)
        self._write()

    def _write(self) -> None:
        for source, rows in (("crm", self.people), ("choices", self.choices)):
            self.company.csv(source, [{"id": key, **row} for key, row in rows.items()])

    def edit(self) -> None:
        """Somebody moves, somebody comes, now and then somebody goes; a row of a file says something else."""
        self.people[self.random.choice(list(self.people))] = self._somebody(self.ever)
        if self.random.random() < 0.5:
            del self.people[self.random.choice(list(self.people))]
        self.people[f"p{self.ever}"] = self._somebody(self.ever)
        self.ever += 1
        changed = self.random.choice(list(self.choices))
        self.heard = [one for one in self.heard if one.row != f"choices:{changed}"]
        self.choices[changed] = self._choice(changed)
        self._write()

    def _somebody(self, number: int) -> dict[str, str]:
        pick = self.random.choice
        born = pick(["", "1980-05-05", f"2010-0{self.random.randint(1, 9)}-10", "2008-02-29"])
        mail = pick([f"m{self.random.randint(1, 4)}@x.example", ""])
        return {"name": f"N{number}", "mail": mail, "phone": pick(["", "+49301234501", "+49301234502"]), "born": born}

    def _choice(self, key: str) -> dict[str, str]:
        """A row of a file; several on one address, some at one moment."""
        at = datetime(2025, self.random.randint(1, 3), 1, self.random.choice([0, 0, 9]))
        mail, purpose, choice = f"m{self.random.randint(1, 4)}@x.example", self._purpose(), self._said()
        ends = in_utc(year_later(at)) if purpose == "news" else None
        moment, day = in_utc(at), None if at.hour else in_utc(at + timedelta(days=1))
        heard = Heard("email", mail, purpose, None, choice, moment, moment, ends, 0, f"choices:{key}", day=day)
        self.heard.append(heard)
        return {
            "mail": mail,
            "purpose": purpose,
            "decision": choice,
            "at": f"{at:%Y-%m-%d %H:%M:%S}",
        }

    def _purpose(self) -> str:
        return self.random.choice(RULES).name

    def _said(self) -> str:
        return self.random.choice(["granted", "granted", "granted", "denied", "withdrawn", "expired"])

    def speak(self) -> None:
        """Somebody says something: by a record, an address or a number, or as the customer that has some records."""
        person = self.people[key := self.random.choice(list(self.people))]
        members = self.world().members
        whole = [Subject("record", r, s) for (s, r), owner in members.items() if owner == members["crm", key]]
        value = self.random.choice([Subject("email", person["mail"]), Subject("phone", person["phone"])])
        subjects = self.random.choice([whole, [Subject("record", key, "crm")], [value]])
        if not subjects[0].value:
            return
        purpose = self._purpose()
        channel = self.random.choice([None, *CHANNELS[purpose]]) if purpose in CHANNELS else None
        local = datetime.now(ZONE).replace(tzinfo=None) - timedelta(
            days=self.random.choice([0, 1, 1, 300, 364, 366, 900])
        )
        day = None
        if self.random.random() < 0.4 and local.date() < datetime.now(ZONE).date():
            local = datetime.combine(local.date(), time())
            day = in_utc(local + timedelta(days=1))
        choice = self._said()
        at, ends = in_utc(local), in_utc(year_later(local)) if purpose == "news" and choice == "granted" else None
        beside = self._beside(subjects) if choice in ("denied", "withdrawn") and self.random.random() < 0.8 else []
        ranks = day if choice in ("denied", "withdrawn") else None
        act = [
            Saying(
                subject, purpose, Choice(choice), at, ends, "first", channel, ranks_at=ranks, carried=subject in beside
            )
            for subject in (*subjects, *beside)
        ]
        records = tuple(("crm", subject.value) for subject in subjects if subject.kind == "record")
        spoke = tuple((subject.kind, self._who(subject)) for subject in subjects)
        for entry in append(open_store(open_project(self.company.folder).state), [act]):
            subject, carried = entry.saying.subject, entry.saying.carried
            what = (subject.kind, self._who(subject), purpose, channel, choice, at, entry.recorded_at, ends, entry.seq)
            self.heard.append(Heard(*what, records=records, day=day, beside=spoke if carried else ()))

    def _beside(self, subjects: list[Subject]) -> list[Subject]:
        """Addresses and numbers of these records; records that have these addresses and numbers."""
        found = set[Subject]()
        for key, row in self.people.items():
            values = {Subject("email", row["mail"]), Subject("phone", row["phone"])}
            if Subject("record", key, "crm") in subjects:
                found |= values
            if values & set(subjects):
                found.add(Subject("record", key, "crm"))
        return sorted(subject for subject in found - set(subjects) if subject.value)

    def _who(self, subject: Subject) -> Record | str:
        return ("crm", subject.value) if subject.kind == "record" else subject.value

    def decide(self) -> None:
        """Two records are one customer, or two, or nobody has said so."""
        for _ in range(2):
            a, b = self.random.sample(list(self.people), 2)
            verdict = Verdict(("crm", a), ("crm", b), self.random.choice(["same", "same", "different", "withdrawn"]))
            write_decisions(open_project(self.company.folder), Act([verdict], "Ines"), lambda decisions: None)

    def world(self) -> World:
        """Who is who in what is published."""
        members = {
            (s, r): c for s, r, c in self.company.ask("select source, record_id, customer_id from identity.members")
        }
        values = {
            ("crm", key): {kind: row[column] for kind, column in (("email", "mail"), ("phone", "phone")) if row[column]}
            for key, row in self.people.items()
        }
        born = {("crm", key): date.fromisoformat(row["born"]) for key, row in self.people.items() if row["born"]}
        return World(members, values, born, tuple(self.before))

    def expected(self, world: World, now: datetime) -> set[tuple[Any, ...]]:
        """Every customer's state for every purpose and channel, as the oracle has it."""
        return {
            (customer, rule.name, channel, *state(world, customer, rule, channel, self.heard, now))
            for customer in set(world.members.values())
            for rule in RULES
            for channel in CHANNELS.get(rule.name, (None,))
        }


@pytest.mark.parametrize(
    ("seed", "rounds", "asked_at_most"),
    [(1, 2, 2), *(pytest.param(seed, 8, 99, marks=pytest.mark.slow) for seed in range(2, 5))],
)
def test_what_holds_is_what_the_oracle_says_now_and_as_of_every_earlier_moment(
    seed: int, rounds: int, asked_at_most: int, tmp_path: Path
) -> None:
    town = Town(tmp_path, seed)
    asked = "select customer_id, purpose, channel, state, allowed from consent.state"
    seen: list[tuple[datetime, World]] = []
    town.company.run()
    for number in range(rounds):
        for _ in range(town.random.randint(1, 12)):
            town.speak()
        if number:
            town.decide()
            town.edit()
        assert town.company.run().status is RunStatus.PUBLISHED
        world, now = town.world(), datetime.now(UTC)
        town.before.append((now, world.members))
        followed = town.company.ask(asked)
        assert set(followed) == town.expected(world, now)
        assert len(followed) == len(set(followed))
        seen.append((now, world))
        if number == rounds - 1:
            town.company.run(full=True)
            assert sorted(town.company.ask(asked), key=repr) == sorted(followed, key=repr)
    assert any(len(set(world.members.values())) < len(world.members) for _, world in seen), "nobody ever merged"
    here = town.world()
    for moment, then in seen:
        world = replace(then, values=here.values, born=here.born)  # whose a record was then, by the addresses of now
        for customer in sorted(set(world.members.values()))[:asked_at_most]:
            shown = show(tmp_path, customer, as_of=moment.isoformat())
            told = {(customer, s.purpose, s.channel, s.state, s.allowed) for s in shown.states}
            assert told == {row for row in town.expected(world, moment) if row[0] == customer}


@pytest.fixture
def shop(tmp_path: Path) -> Company:
    made = company(tmp_path)
    made.source("crm", PEOPLE)
    made.csv("crm", [{"id": "1", "name": "Ana", "mail": "ana@example.com", "phone": "", "born": "1980-01-01"}])
    made.run()
    return made


def said(company: Company, choice: Choice, purpose: str = "advice", **others: Any) -> int:
    subject = Subject("email", "ana@example.com")
    entry = append(
        open_store(open_project(company.folder).state),
        [[Saying(subject, purpose, choice, others.pop("at", datetime.now(UTC)), **others)]],
    )
    return entry[0].seq


def advice(company: Company, purpose: str = "advice") -> str:
    return str(company.ask(f"select state from consent.state where purpose = '{purpose}'")[0][0])


def test_a_project_without_a_policy_has_no_such_table_and_a_policy_taken_away_takes_it(shop: Company) -> None:
    assert advice(shop) == "unasked"
    (shop.folder / "policies" / "consent.yml").unlink()
    shop.run()
    assert not [name for name in shop.published() if name.startswith("consent.")]


def test_a_run_with_nothing_said_since_changes_nothing(shop: Company) -> None:
    said(shop, Choice.DENIED)
    assert shop.run().status is RunStatus.PUBLISHED
    assert shop.run().status is RunStatus.UNCHANGED
    assert advice(shop) == "denied"


def test_an_objection_is_not_reopened_by_what_says_that_a_grant_expired(shop: Company) -> None:
    said(shop, Choice.DENIED)
    said(shop, Choice.EXPIRED)
    said(shop, Choice.EXPIRED)
    shop.run()
    assert shop.ask("select state, allowed from consent.state where purpose = 'advice'") == [("denied", False)]


def test_a_withdrawal_of_the_instant_a_run_begins_counts(shop: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    said(shop, Choice.GRANTED)

    def looked_up_late(engine: Engine) -> Head:
        if not withdrawn:
            withdrawn.append(said(shop, Choice.WITHDRAWN))
        return head(engine)

    withdrawn: list[int] = []
    shop.write("policies/consent.yml", POLICY.replace("basis: consent, minimum_age: 16", "basis: consent"))
    monkeypatch.setattr("kinfolk.pipeline.consents.head", looked_up_late)
    shop.run()
    assert withdrawn
    assert advice(shop) == "withdrawn"


def test_a_grant_that_ends_is_noticed_by_the_next_run_though_nothing_else_happened(shop: Company) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=2.5)
    said(shop, Choice.GRANTED, "games", expires_at=ends)
    shop.run()
    assert advice(shop, "games") == "granted"
    while datetime.now(UTC) < ends:
        pass
    assert shop.run().status is RunStatus.PUBLISHED
    assert advice(shop, "games") == "expired"


def test_models_read_what_holds_and_know_where_it_comes_from(shop: Company) -> None:
    shop.write("models/readers.sql", "select customer_id from consent.state where purpose = 'advice' and allowed")
    shop.run()
    assert shop.ask("select count(*) from models.readers") == [(1,)]
    said(shop, Choice.DENIED)
    shop.run()
    assert shop.ask("select count(*) from models.readers") == [(0,)]
    origins = lineage(open_project(shop.folder)).made["consent.state"]
    assert ColumnRef("identity.members", "customer_id") in origins["customer_id"]


def test_what_is_forgotten_counts_no_more(shop: Company) -> None:
    number = said(shop, Choice.DENIED)
    shop.run()
    forget(open_store(open_project(shop.folder).state), [number])
    assert shop.run().status is RunStatus.PUBLISHED
    assert advice(shop) == "unasked"


def test_a_withdrawal_outlives_a_rollback(shop: Company) -> None:
    said(shop, Choice.GRANTED)
    shop.run()
    said(shop, Choice.WITHDRAWN)
    shop.run()
    rollback(shop.folder, "run:2", yes=True)
    assert advice(shop) == "withdrawn"


def test_a_withdrawal_outlives_a_restored_backup_and_the_ledger_is_whole(shop: Company) -> None:
    said(shop, Choice.GRANTED)
    shop.run()
    project = open_project(shop.folder)
    back_up(project, shop.folder / "kept.zip")
    said(shop, Choice.WITHDRAWN)
    shop.run()
    restore(project, shop.folder / "kept.zip")
    assert advice(shop) == "withdrawn"
    found = verify(open_store(project.state))
    assert (found.entries, found.problems) == (2, ())


def test_a_restore_over_another_ledger_says_so_and_changes_nothing(shop: Company, tmp_path: Path) -> None:
    copied = Company(Path(shutil.copytree(shop.folder, tmp_path / "copied")), new=False)
    said(copied, Choice.DENIED)
    copied.run()
    back_up(open_project(copied.folder), tmp_path / "other.zip")
    said(shop, Choice.GRANTED)
    shop.run()
    project, before = open_project(shop.folder), shop.published()
    with pytest.raises(ExistsError, match="the same up to row 0, and of the 1 after it the backup has none"):
        restore(project, tmp_path / "other.zip")
    assert shop.published() == before
    restore(project, tmp_path / "other.zip", other_ledger=True)
    shop.run()
    assert advice(shop) == "denied"


def test_each_environment_has_a_ledger_of_its_own_over_a_landing_that_is_lent(tmp_path: Path) -> None:
    made = company(tmp_path)
    made.write("kinfolk.yml", "name: A\ntime_zone: UTC\nenvironments: {prod: {}, dev: {landing: prod}}\n")
    made.source("crm", PEOPLE)
    made.source("choices", CHOICES)
    made.csv("crm", [{"id": "1", "name": "Ana", "mail": "ana@example.com", "phone": "", "born": ""}])
    choice = {"id": "1", "mail": "ana@example.com", "purpose": "study", "decision": "yes", "at": "2025-01-01"}
    made.csv("choices", [choice])
    made.run(environment="prod")
    append(
        open_store(open_project(tmp_path, "prod").state),
        [[Saying(Subject("email", "ana@example.com"), "advice", Choice.DENIED, datetime.now(UTC))]],
    )
    made.run(environment="prod")
    made.run(environment="dev")
    found = {
        environment: {(s.purpose, s.state) for s in show(tmp_path, "C-1", environment).states}
        for environment in ("prod", "dev")
    }
    assert {("study", "granted"), ("advice", "denied")} <= found["prod"]
    assert {("study", "granted"), ("advice", "unasked")} <= found["dev"]
