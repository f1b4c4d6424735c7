"""What people said keeps its force, or somebody is told: when policies, files and environments change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kinfolk.commands.check import check
from kinfolk.commands.consent.record import record
from kinfolk.commands.consent.saying import Said
from kinfolk.commands.consent.show import show
from kinfolk.commands.rollback import rollback
from kinfolk.commands.run import run
from kinfolk.errors import ExistsError, ProjectError, SourceError
from kinfolk.model.run import RunStatus
from kinfolk.pipeline.watch import Silent
from tests.company import Company

POLICY = """\
versions: {first: {since: 2020-01-01, text: What we do.}}
channels: [email, sms]
topics: [news, offers]
purposes:
  letter: {use: marketing, basis: legitimate_interest, channels: [email, sms], topics: [news, offers]}
  advice: {use: personalize, basis: legitimate_interest}
"""
CHOICES = """
record_id: id
belongs_to: {column: mail, key: email}
consents: {purpose: purpose, decision: said, decided_at: at}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.identity("keys: [email]\n")
    made.write("policies/consent.yml", POLICY)
    made.source("crm", "record_id: id\npeople: {first_name: name, email: mail}\n")
    made.csv("crm", [{"id": "1", "name": "Ana", "mail": "ana@example.com"}])
    return made


def states(shop: Company) -> dict[tuple[str, str | None, str | None], str]:
    """What holds for Ana, told by the table and by the command alike."""
    shown = {(s.purpose, s.channel, s.topic): s.state for s in show(shop.folder, "ana@example.com").states}
    asked = shop.ask("select purpose, channel, topic, state from consent.state")
    assert {tuple(scope): state for *scope, state in asked} == shown
    return shown


def test_a_purpose_that_somebody_objected_to_does_not_lose_its_name_unnoticed(shop: Company) -> None:
    shop.run()
    record(shop.folder, "ana@example.com", Said("advice", "denied"))
    shop.write("policies/consent.yml", POLICY.replace("advice:", "counsel:"))
    for attempt in (check, lambda folder: shop.run(), lambda folder: show(folder, "ana@example.com")):
        with pytest.raises(ProjectError) as refused:
            attempt(shop.folder)
        [mistake] = refused.value.mistakes
        assert str(mistake).startswith(
            "policies/consent.yml:4: Somebody objected to `advice`, and there is no such purpose any more."
        )
    shop.write(
        "policies/consent.yml", POLICY.replace("advice:", "counsel:") + "formerly: {purposes: {advice: counsel}}\n"
    )
    check(shop.folder)
    shop.run()
    assert states(shop)["counsel", None, None] == "denied"
    [row] = record(shop.folder, "crm:1", Said("advice", "granted"))  # a page that knows the former name still
    assert row.saying.purpose == "counsel"
    shop.write(
        "policies/consent.yml", POLICY.replace("  advice:", "  counsel:") + "ended: {purposes: [advice, counsels]}\n"
    )
    check(shop.folder)


def test_a_channel_or_topic_that_somebody_objected_to_does_not_either(shop: Company) -> None:
    shop.run()
    record(shop.folder, "ana@example.com", Said("letter", "denied", channel="sms", topic="offers"))
    edited = POLICY.replace("sms", "text").replace("offers", "deals")
    shop.write("policies/consent.yml", edited)
    with pytest.raises(ProjectError) as refused:
        check(shop.folder)
    assert [str(mistake).split(" Write")[0] for mistake in refused.value.mistakes] == [
        "policies/consent.yml:5: Somebody objected to `letter` by `offers`, which is not among its topics any more.",
        "policies/consent.yml:5: Somebody objected to `letter` by `sms`, which is not among its channels any more.",
    ]
    shop.write("policies/consent.yml", edited + "formerly: {channels: {sms: text}, topics: {offers: deals}}\n")
    shop.run()
    assert {scope for scope, state in states(shop).items() if state == "denied"} == {("letter", "text", "deals")}


def test_a_purpose_gives_up_a_channel_that_another_still_has(shop: Company) -> None:
    both = POLICY.replace("legitimate_interest}", "legitimate_interest, channels: [email, sms]}")
    shop.write("policies/consent.yml", both)
    shop.run()
    record(shop.folder, "ana@example.com", Said("advice", "denied", channel="sms"))
    less = both.replace("legitimate_interest, channels: [email, sms]}", "legitimate_interest, channels: [email]}")
    shop.write("policies/consent.yml", less)
    with pytest.raises(ProjectError) as refused:
        check(shop.folder)
    [mistake] = refused.value.mistakes
    assert "Write `ended: {channels: [sms]}` in the purpose" in str(mistake)
    given_up = less.replace("channels: [email]}", "channels: [email], ended: {channels: [sms]}}")
    shop.write("policies/consent.yml", given_up)
    check(shop.folder)
    shop.run()
    assert states(shop)["letter", "sms", "news"] == "unasked"
    shop.write("policies/consent.yml", given_up.replace("channels: [email],", "channels: [email, sms],"))
    with pytest.raises(ProjectError) as refused:
        check(shop.folder)
    assert "`sms` is among the channels of `advice`, so it is not given up there." in str(refused.value)


def test_names_that_had_other_names_are_checked(shop: Company) -> None:
    odd = "formerly: {purposes: {advice: letter, counsel: advise}}\nended: {channels: [sms]}\n"
    shop.write("policies/consent.yml", POLICY + odd)
    with pytest.raises(ProjectError) as refused:
        check(shop.folder)
    assert [str(mistake) for mistake in refused.value.mistakes] == [
        "policies/consent.yml:7: `advice` is among the purposes, so it is no former name. Leave it out.",
        "policies/consent.yml:7: `advise` is not among the purposes. Did you mean `advice`?",
        "policies/consent.yml:8: `sms` is among the channels, so it is not given up. Leave it out here or there.",
    ]


class Listening(Silent):
    """Keeps what a run remarks."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, words: str) -> None:
        self.notes.append(words)


def test_nothing_that_files_say_is_nothing_without_a_word(shop: Company) -> None:
    shop.write("policies/consent.yml", POLICY + "formerly: {purposes: {counsel: advice}}\nended: {purposes: [fax]}\n")
    shop.source("choices", CHOICES)
    rows = [
        ("1", "counsel", "hmm, rather not", "2025-01-01"),  # cannot be read: taken for a no
        ("2", "newz", "no", "2025-01-01"),
        ("3", "letter", "", "2025-01-01"),
        ("4", "letter", "no", "2999-01-01"),  # still to come: counts already
        ("5", "letter", "yes", "2999-01-02"),
        ("6", "", "no", "2025-01-01"),
        ("7", "fax", "no", "2025-01-01"),
        ("8", "letter", "yes", "the day before yesterday"),  # may be older than the no of row 4
    ]
    columns = ("id", "purpose", "said", "at")
    shop.csv("choices", [dict(zip(columns, row, strict=True)) | {"mail": "ana@example.com"} for row in rows])
    heard = Listening()
    assert run(shop.folder, watcher=heard).status is RunStatus.PUBLISHED
    found = states(shop)
    assert found["advice", None, None] == "denied"
    assert found["letter", "sms", "news"] == "denied"
    assert shop.ask("select record_id, why from consent.uncounted order by 1") == [
        ("2", "policies/consent.yml has no such purpose"),
        ("3", "it does not say what was decided"),
        ("5", "it is of a moment still to come"),
        ("6", "it does not say, or not readably, what for"),
        ("8", "its day cannot be read"),
    ]
    assert any(
        note.startswith("1 row of consents counts for nothing: policies/consent.yml has no such purpose.")
        for note in heard.notes
    )


def test_a_grant_whose_day_cannot_be_read_undoes_no_later_word_however_often_its_row_changes(shop: Company) -> None:
    shop.source("choices", CHOICES)
    row = {"id": "1", "mail": "ana@example.com", "purpose": "advice", "said": "yes", "at": "31.31.2024"}
    record(shop.folder, "ana@example.com", Said("advice", "denied"))
    for note in ("", "seen"):
        shop.csv("choices", [{**row, "note": note}])
        shop.run()
        assert states(shop)["advice", None, None] == "denied"
    shop.csv("choices", [{**row, "id": "2", "said": "no", "at": "some day"}])
    record(shop.folder, "ana@example.com", Said("advice", "granted", effective_at="2025-01-01"))
    shop.run()
    assert states(shop)["advice", None, None] == "denied"


@pytest.mark.parametrize("status", ["paused", "retired"])
def test_what_a_source_said_counts_when_it_is_paused_or_retired(shop: Company, status: str) -> None:
    shop.source("choices", CHOICES)
    row = {"mail": "ana@example.com", "purpose": "advice", "at": "2025-01-01"}
    shop.csv("choices", [{"id": "1", **row, "said": "no"}])
    shop.run()
    shop.source("choices", CHOICES + f"status: {status}\n")
    shop.csv("choices", [{"id": "2", **row, "said": "yes", "at": "2025-02-01"}])  # nobody reads it any more
    record(shop.folder, "ana@example.com", Said("letter", "denied"))
    for full in (False, True):
        shop.run(full=full)
        assert states(shop)["advice", None, None] == "denied"
    rollback(shop.folder, "run:2", yes=True)
    assert states(shop)["advice", None, None] == "denied"
    shop.csv("crm", [{"id": "1", "name": "Anna", "mail": "ana@example.com"}])
    shop.run()
    assert states(shop)["advice", None, None] == "denied"


def test_a_no_does_not_go_with_its_source_unless_somebody_says_so(shop: Company) -> None:
    mixed = (
        "record_id: id\npeople: {first_name: name, email: mail}\nconsents: {purpose: {value: advice}, decision: said}\n"
    )
    shop.source("club", mixed)
    shop.csv("club", [{"id": "1", "name": "Ana", "mail": "ana@example.com", "said": "no"}])
    shop.run()
    assert states(shop)["advice", None, None] == "denied"
    before = shop.published()
    shop.source("club", mixed + "status: paused\n")
    with pytest.raises(SourceError, match="In the source club people said no, in 1 row") as refused:
        shop.run()
    assert "--allow-deletes club" in str(refused.value.hint)
    assert shop.published() == before
    shop.run(allow_deletes=["club"])
    shop.run(full=True)
    assert states(shop)["advice", None, None] == "unasked"


@pytest.mark.parametrize("ran_already", [False, True])
def test_environments_that_come_later_do_not_leave_the_ledger_behind(shop: Company, *, ran_already: bool) -> None:
    shop.run()
    record(shop.folder, "ana@example.com", Said("advice", "denied"))
    state = shop.folder / ".kinfolk"
    if ran_already:
        (state / "prod").mkdir()
        (state / "prod" / "control.sqlite").touch()
    shop.write("kinfolk.yml", "name: Test company\ntime_zone: UTC\nenvironments: {prod: {}, dev: {}}\n")
    said = Said("advice", "granted")
    for attempt in (
        lambda: check(shop.folder, "prod"),
        lambda: shop.run(environment="prod"),
        lambda: show(shop.folder, "ana@example.com", "prod"),
        lambda: record(shop.folder, "ana@example.com", said, "prod"),
    ):
        with pytest.raises(ExistsError, match="lie where nothing reads them") as refused:
            attempt()
        assert refused.value.where == str(state)
        assert str(refused.value.hint).startswith("Or name" if ran_already else "Move everything in it to")
    if not ran_already:
        (state / "prod").mkdir(exist_ok=True)
        for path in [path for path in state.iterdir() if path.name != "prod"]:
            shutil.move(path, state / "prod" / path.name)
        assert show(shop.folder, "ana@example.com", "prod").states[-1].state == "denied"
        shop.run(environment="prod")
        shop.write("kinfolk.yml", "name: Test company\ntime_zone: UTC\n")  # and not the other way round either
        with pytest.raises(ExistsError, match="lie where nothing reads them"):
            check(shop.folder)


def test_what_a_restore_prepares_is_nothing_left_behind(shop: Company) -> None:
    shop.run()
    record(shop.folder, "ana@example.com", Said("advice", "denied"))
    state = shop.folder / ".kinfolk"
    (state / "restoring-1").mkdir()
    shutil.copy(state / "control.sqlite", state / "restoring-1")
    check(shop.folder)


def test_events_that_were_sent_are_not_left_behind(shop: Company) -> None:
    kept = shop.write(".kinfolk/collect/web/0001.jsonl", "{}\n")
    shop.write("kinfolk.yml", "name: Test company\ntime_zone: UTC\nenvironments: {prod: {}}\n")
    with pytest.raises(ExistsError, match="lie where nothing reads them"):
        check(shop.folder, "prod")
    kept.unlink()
    check(shop.folder, "prod")
