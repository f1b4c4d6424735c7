"""Sources that are made of events sent to Kinfolk, as they are written."""

from __future__ import annotations

import pytest

from kinfolk.model.source import Load
from kinfolk.stages.landing import settings
from tests.project.folder import Folder

WEB = "collect: {write_keys: [key-of-web]}\nbelongs_to: {source: visitors, column: visitor}\nevents: {event: event}\n"
VISITORS = "collect: {visitors_of: web}\npeople: {customer_number: userId, email: {sql: \"traits ->> 'email'\"}}\n"
IDENTITY = "keys: [customer_number]\n"


def written(folder: Folder, **files: str) -> Folder:
    return folder.write(**{"web": WEB, "visitors": VISITORS, "identity": IDENTITY, **files})


def test_how_events_are_loaded_follows_from_what_they_are(folder: Folder) -> None:
    project = written(folder).load()
    web, visitors = project.source("web"), project.source("visitors")
    assert (web.record_id, web.load, web.observed_at) == (("messageId",), Load.ONCE, "timestamp")
    assert (visitors.record_id, visitors.load) == (("visitor",), Load.INCREMENTAL)
    assert project.base(web) == project.base(visitors) == folder.path / ".kinfolk" / "collect"


def test_another_moment_may_be_that_of_observation(folder: Folder) -> None:
    assert written(folder, web=WEB + "observed_at: receivedAt\n").load().source("web").observed_at == "receivedAt"


def test_a_key_is_a_secret_that_nobody_sees(folder: Folder) -> None:
    web = WEB.replace("key-of-web", '"${WEB_KEY}"')
    project = written(folder, web=web).load(env={"WEB_KEY": "never-to-be-seen"})
    assert "never-to-be-seen" not in repr(project)
    other = written(folder, web=web).load(env={"WEB_KEY": "another-one-now"})
    assert project.fingerprint == other.fingerprint


@pytest.mark.parametrize(
    ("files", "mistake"),
    [
        ({"web": WEB + "record_id: messageId\n"}, "sources/web.yml:4: `record_id` is known of events"),
        ({"web": WEB + "load: append\n"}, "sources/web.yml:4: `load` is known of events"),
        ({"web": WEB.replace("[key-of-web]", "[]")}, "Exactly one of `write_keys` and `visitors_of`"),
        ({"web": WEB.replace("[key-of-web]", "[short]")}, "A write key has at least 8 characters"),
        ({"web": WEB.replace("[key-of-web]", '["key: of web"]')}, "neither spaces nor colons"),
        ({"web": WEB.replace("key-of-web", "key-of-web, key-of-web")}, "A write key is listed twice."),
        ({"app": WEB}, "The source `app` (sources/app.yml:1) has the same write key."),
        ({"visitors": VISITORS.replace(": web", ": wbe")}, "There is no source `wbe`. Did you mean `web`?"),
        (
            {"visitors": VISITORS.replace(": web", ": crm"), "crm": "file: a.csv\nrecord_id: id\npeople: {email: m}\n"},
            "The source `crm` collects no events.",
        ),
        ({"kinfolk": "name: Test\nenvironments: [prod, dev]\n"}, "Nothing says which environment these events are of"),
        (
            {"kinfolk": "name: Test\nenvironments: [prod, dev]\n", "web": WEB + "environment: dev\n"},
            "The source `web` is of the environment `dev`.",
        ),
    ],
)
def test_what_cannot_be_meant_is_a_mistake(folder: Folder, files: dict[str, str], mistake: str) -> None:
    found = [one for one in written(folder, **files).mistakes("dev" if "kinfolk" in files else None) if mistake in one]
    assert len(found) == 1, written(folder, **files).mistakes()


CONSENT = """\
versions: {first: {since: 2026-01-01, text: We look at what you do.}}
purposes:
  analytics: {use: analytics, basis: consent}
  fulfilment: {use: essential.service, basis: contract}
  club: {use: marketing, basis: consent, minimum_age: 16}
"""


def asking(folder: Folder, settings: str) -> Folder:
    (folder.path / "policies").mkdir(exist_ok=True)
    (folder.path / "policies" / "consent.yml").write_text(CONSENT)
    visitors = VISITORS.replace("people: {", "people: {birth_date: {sql: \"traits ->> 'birthday'\"}, ")
    return written(folder, web=WEB.replace("[key-of-web]", f"[key-of-web], {settings}"), visitors=visitors)


def test_what_events_are_taken_in_for_changes_nothing_about_those_that_are_there(folder: Folder) -> None:
    before = written(folder).load().source("web")
    after = asking(folder, "purposes: analytics, events: {Order Completed: [fulfilment]}").load().source("web")
    assert (after.options["purposes"], after.options["events"]) == (["analytics"], {"Order Completed": ["fulfilment"]})
    assert settings(before) == settings(after)


@pytest.mark.parametrize(
    ("written", "mistake"),
    [
        ("purposes: [analytcs]", "web.yml:1: There is no purpose `analytcs`. Did you mean `analytics`?"),
        ("events: {Paid: fulfillment}", "web.yml:1: There is no purpose `fulfillment`. Did you mean `fulfilment`?"),
        ("purposes: [club]", "web.yml:1: `club` has a minimum age, and nobody's age is known where events come in."),
        ("without_consent: anonymise", "Nothing says what events are taken in for: write `purposes`."),
        ("purposes: analytics, keep: [total]", "`keep` goes with `without_consent: anonymise`."),
        ("purposes: analytics, without_consent: drop", "`without_consent` cannot be `drop`."),
        ("events: {Paid: []}", "`Paid` is empty."),
    ],
)
def test_consent_that_cannot_be_meant_is_a_mistake(folder: Folder, written: str, mistake: str) -> None:
    found = [one for one in asking(folder, written).mistakes() if one.startswith("sources/web.yml")]
    assert len(found) == 1 and mistake in found[0], found


def test_without_a_policy_there_are_no_purposes(folder: Folder) -> None:
    [mistake] = written(folder, web=WEB.replace("[key-of-web]", "[key-of-web], purposes: [analytics]")).mistakes()
    assert mistake == (
        "sources/web.yml:1: There is no purpose `analytics`. Describe it under `purposes` of policies/consent.yml."
    )


def test_consent_is_asked_for_where_events_come_in(folder: Folder) -> None:
    visitors = VISITORS.replace("visitors_of: web", "visitors_of: web, purposes: [analytics]")
    found = written(folder, visitors=visitors).mistakes()
    assert any("write it beside their `write_keys`" in mistake for mistake in found), found
