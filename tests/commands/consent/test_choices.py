"""The page of choices, and links in messages, over changes of names in the policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinfolk.commands.consent.choices import Filled, save, withdraw_all
from kinfolk.commands.open_project import open_project
from kinfolk.commands.serving import Served, served
from kinfolk.model.consent import Subject
from kinfolk.store.read.consents import entries
from tests.company import Company

NOW = """
versions: {first: {since: 2025-01-01, text: We write letters.}}
channels: [email, text]
topics: [bread, cakes]
purposes:
  letters: {use: marketing.communications, basis: consent, channels: [email, text], topics: [bread, cakes]}
  advice: {use: personalize, basis: legitimate_interest}
formerly:
  purposes: {newsletter: letters, offers: letters, tips: advice}
  channels: {sms: text}
  topics: {rolls: bread}
"""
WHO = Subject("email", "lena@example.com")


@pytest.fixture
def bakery(tmp_path: Path) -> Served:
    company = Company(tmp_path)
    company.write("policies/consent.yml", NOW)
    return served(open_project(tmp_path))


def said(bakery: Served) -> list[tuple[str, ...]]:
    words = [entry.saying for entry in entries(bakery.store)]
    return [(one.purpose, one.channel or "", one.topic or "", one.choice.value) for one in words]


def send(bakery: Served, shown: list[str], ticked: list[str]) -> None:
    save(bakery, WHO, Filled(shown, ticked, "first", "https://bakery.example/preferences"))


def test_a_page_that_is_open_over_a_renaming_is_heard(bakery: Served) -> None:
    send(bakery, ["newsletter/sms/rolls"], ["newsletter/email/cakes", "tips//"])

    assert said(bakery) == [
        ("letters", "email", "cakes", "granted"),
        ("letters", "text", "bread", "withdrawn"),
        ("advice", "", "", "denied"),
    ]


def test_of_two_boxes_that_became_one_the_no_counts(bakery: Served) -> None:
    send(bakery, ["newsletter/email/bread", "tips//"], ["offers/email/bread", "advice//"])

    assert said(bakery) == [("letters", "email", "bread", "withdrawn"), ("advice", "", "", "denied")]


@pytest.mark.parametrize("name", ["", "/", "letters", "a/b/c/d"])
def test_a_box_that_there_never_was_changes_nothing(bakery: Served, name: str) -> None:
    send(bakery, [], [name])

    assert said(bakery) == []


@pytest.mark.parametrize("purpose", ["newsletter", None])
def test_a_message_that_was_sent_before_a_renaming_unsubscribes(bakery: Served, purpose: str | None) -> None:
    withdraw_all(bakery, WHO, "https://bakery.example/preferences", purpose, "sms")

    assert said(bakery) == [("letters", "text", "", "withdrawn")]
