"""What the banner writes down about a visitor: a no always, and what is said twice but once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kinfolk.commands.consent.banner import Chosen, banner, choose
from kinfolk.commands.consent.choices import Saved
from kinfolk.commands.consent.people import fact_of
from kinfolk.commands.open_project import open_project
from kinfolk.commands.serving import Served, served
from kinfolk.errors import KinfolkError
from kinfolk.model.consent import Choice, Entry, Saying, Subject
from kinfolk.store.read.consents import entries
from kinfolk.store.write.consents import append
from tests.company import Company
from tests.consenting import POLICY, asking
from tests.serving import KEY, WEB

GRANTED, DENIED = Choice.GRANTED, Choice.DENIED
NOW = datetime.now(UTC)
VISITOR = Subject("record", "/a1", "visitors")
TOPICS = POLICY.replace(
    "purposes:\n  analytics: {use: analytics, basis: consent}",
    "topics: [news, shops]\npurposes:\n  analytics: {use: analytics, basis: consent, topics: [news, shops]}",
)
SECOND = POLICY.replace("versions: {", "versions: {second: {since: 2026-01-01, text: We look closer.}, ")


class Site:
    """A web site with a banner, and its ledger."""

    def __init__(self, folder: Path) -> None:
        self.company: Company = asking(folder)
        self.served: Served = served(open_project(folder))

    def change(self, file: str, content: str) -> None:
        self.company.write(file, content)
        self.served.project = open_project(self.company.folder)

    def choose(self, version: str = "first", notice: str | None = None, **choices: bool) -> Saved:
        return choose(self.served, KEY, (None, "a1"), Chosen(choices, version, notice))

    def say(self, *act: Saying) -> list[Entry]:
        return append(self.served.store, [act])

    @property
    def ledger(self) -> list[tuple[str, str, str | None]]:
        found = (entry.saying for entry in entries(self.served.store))
        return [(one.purpose, one.choice.value, one.policy_version) for one in found if one.subject == VISITOR]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("WEB_KEY", KEY)
    return Site(tmp_path)


def saying(choice: Choice, days_ago: int = 0, topic: str | None = None, subject: Subject = VISITOR) -> Saying:
    return Saying(subject, "analytics", choice, NOW - timedelta(days_ago), policy_version="first", topic=topic)


def standing_of(site: Site) -> Choice:
    """What the visitor said last to analytics, or to what was called otherwise before."""
    said = [fact_of(entry) for entry in entries(site.served.store) if entry.saying.subject == VISITOR]
    return max(said, key=lambda one: one.order).choice


def carried(site: Site) -> None:
    """What the address of the visitor said is carried to the visitor."""
    mail = Subject("email", "ann@example.com")
    at = {"effective_at": NOW, "policy_version": "first"}
    site.say(Saying(mail, "analytics", DENIED, **at), Saying(VISITOR, "analytics", DENIED, **at, carried=True))


def of_a_topic(site: Site) -> None:
    site.say(saying(GRANTED, 2))
    site.say(saying(DENIED, 1, "news"))


def but_a_topic(site: Site) -> None:
    site.say(saying(DENIED, 2))
    site.say(saying(GRANTED, 1, "news"))


def long_ago(site: Site) -> None:
    """A no that is recorded last, and was said before the yes."""
    site.say(saying(GRANTED, 1))
    site.say(saying(DENIED, 300))


@pytest.mark.parametrize("said", [carried, of_a_topic, but_a_topic, long_ago])
def test_a_no_is_no_repetition_of_another_word(site: Site, said: Callable[[Site], None]) -> None:
    site.change("policies/consent.yml", TOPICS)
    said(site)

    assert len(site.choose(analytics=False).entries) == 1
    assert len(site.choose(analytics=False).entries) == 0


def test_a_no_to_a_notice_of_before_counts_and_a_yes_is_asked_again(site: Site) -> None:
    site.change("policies/consent.yml", SECOND)

    assert site.choose("first", analytics=False, ads=True).outdated
    assert site.ledger == [("analytics", "denied", "first")]
    with pytest.raises(KinfolkError, match=r"The notice has changed since"):
        site.choose("first", analytics=True)


def test_a_no_to_a_notice_that_is_gone_counts(site: Site) -> None:
    assert not site.choose("lost", analytics=False).outdated
    assert site.ledger == [("analytics", "denied", None)], "nobody was shown the notice of today"


def test_whoever_was_shown_another_text_under_the_same_name_did_not_say_yes_to_this_one(site: Site) -> None:
    before = banner(site.served.project, KEY).notice
    site.change("policies/consent.yml", POLICY.replace("We look at what you do.", "We sell what you do."))

    with pytest.raises(KinfolkError, match=r"The notice has changed since"):
        site.choose(notice=before, analytics=True)
    assert len(site.choose(notice=banner(site.served.project, KEY).notice, analytics=True).entries) == 1


def test_a_no_counts_beside_what_is_not_asked_any_more(site: Site) -> None:
    assert site.choose(analytics=False, chat=False).outdated
    assert site.ledger == [("analytics", "denied", "first")]


def test_a_banner_that_is_open_over_a_renaming_is_heard(site: Site) -> None:
    events, policy = (site.company.folder / "sources/web.yml").read_text(), POLICY.replace("  analytics:", "  visits:")
    site.company.write("sources/web.yml", events.replace("analytics", "visits"))
    formerly = "formerly: {purposes: {analytics: visits}}\n"
    site.change("policies/consent.yml", policy.replace("[analytics]", "[visits]") + formerly)

    assert not site.choose(analytics=False).outdated
    assert site.ledger == [("visits", "denied", "first")]


def test_of_two_purposes_that_have_become_one_the_no_counts(site: Site) -> None:
    said = {"analytics": True, "ads": False}
    assert len(site.choose(**said).entries) == 2
    site.company.write("sources/web.yml", WEB.replace('["${WEB_KEY}"]', '["${WEB_KEY}"], purposes: [analytics]'))
    merged = POLICY.replace("  ads: {use: marketing.advertising.third_party, basis: consent}\n", "")
    formerly = "formerly: {purposes: {ads: analytics}}\n"
    site.change("policies/consent.yml", merged.replace("[ads]", "[analytics]") + formerly)

    site.choose(**said)

    assert standing_of(site) == DENIED


@pytest.mark.parametrize("status", ["paused", "retired"])
def test_visitors_say_no_while_nothing_is_made_of_them(site: Site, status: str) -> None:
    file = site.company.folder / "sources/visitors.yml"
    site.change("sources/visitors.yml", f"{file.read_text()}status: {status}\n")

    assert len(site.choose(analytics=False).entries) == 1
