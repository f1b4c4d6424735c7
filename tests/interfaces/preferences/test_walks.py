"""The page and the banner in a real browser, by keyboard alone, and looked at for barriers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from kinfolk.commands.consent.links import make_link
from kinfolk.commands.consent.record import record
from kinfolk.commands.consent.saying import Said
from kinfolk.commands.consent.show import show
from tests.browser import Tab, barriers, opened, picture
from tests.company import Company
from tests.conftest import CHECKOUT
from tests.serving import KEY, Serving, answered, clients, landed, pages_of

GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })"
BANNER = "document.querySelector('body > div')?.shadowRoot"


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[Tab]:
    with opened(tmp_path / "browser") as found:
        yield found


@pytest.fixture
def shop(served: Serving) -> Iterator[str]:
    """A page of another origin, with the banner."""
    folder = clients()
    shutil.copy(CHECKOUT / "tests" / "clients" / "banner.html", folder)
    with pages_of(folder) as site:
        yield f"{site}/banner.html?{urlencode({'server': served.url, 'key': KEY})}"


def ledger(company: Company, tab: Tab) -> list[tuple[str, str, str]]:
    """What this browser's visitor said."""
    entries, visitor = answered(company.folder, "consent", "export"), f"/{tab.value('kinfolkConsent.anonymousId()')}"
    said = [entry for entry in entries if entry["record_id"] == visitor]
    return [(entry["purpose"], entry["decision"], entry["collection_method"]) for entry in said]


def test_a_customer_chooses_by_keyboard(bakery: Company, served: Serving, tab: Tab, guest: str) -> None:
    tab.go(make_link(bakery.folder, f"guests:{guest}a", timedelta(days=1), served.url).url)

    tab.tab_to("E-mail, Bread")
    tab.press(" ")
    tab.tab_to("I object to this")
    tab.press(" ")
    tab.tab_to("Save my choices")
    tab.press("Enter")
    tab.loaded()

    assert tab.value("document.querySelector('[role=status]').textContent") == "Your choices are saved."
    states = show(bakery.folder, f"guests:{guest}b").states
    assert [(one.channel, one.topic) for one in states if one.allowed and one.channel] == [("email", "bread")]
    assert [one.state for one in states if one.purpose == "profiling"] == ["denied"]

    tab.tab_to("Say no to everything")
    tab.press("Enter")
    tab.loaded()

    assert not any(one.allowed for one in show(bakery.folder, f"guests:{guest}a").states if one.purpose == "newsletter")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_barriers(
    bakery: Company, served: Serving, tab: Tab, axe: str, guest: str, scheme: str
) -> None:
    record(bakery.folder, f"guests:{guest}a", Said("newsletter", "granted", channel="email", topic="bread"))
    record(bakery.folder, f"+43155500{int(guest):02}", Said("ads", "withdrawn"))
    address = make_link(bakery.folder, f"guests:{guest}a", timedelta(days=1), served.url).url

    for width in (320, 1200):
        tab.looks(scheme, width)
        tab.go(f"{address}?done=saved")
        picture(tab, f"page-{scheme}-{width}")
        assert barriers(tab, axe) == []
        assert tab.value("document.documentElement.scrollWidth") <= width
    tab.go(f"{address}x")
    picture(tab, f"gone-{scheme}")
    assert barriers(tab, axe) == []


def test_a_visitor_chooses_by_keyboard_and_becomes_a_customer(
    bakery: Company, served: Serving, tab: Tab, shop: str
) -> None:
    tab.go(shop)
    tab.until(BANNER)

    tab.tab_to("Choose")
    tab.press("Enter")
    assert tab.focus() == "May Gruber's Bakery use your data?"
    tab.tab_to("How our web site is used")
    tab.press(" ")
    tab.tab_to("Save my choices")
    tab.press("Enter")

    assert tab.value("Boolean(" + BANNER + ")") is False
    assert tab.value("kinfolkConsent.categories()") == {"analytics": True, "ads": False}
    tab.until("JSON.parse(localStorage.kinfolk_consent).told")
    assert ledger(bakery, tab) == [("analytics", "granted", "banner"), ("ads", "denied", "banner")]

    assert tab.value("tell()") == "told"
    landed(bakery.folder)
    [(customer,)] = bakery.ask("select customer_id from profiles.customers where email = 'ann@example.com'")
    assert bakery.ask(
        f"select purpose, state, allowed from consent.state where customer_id = '{customer}' "
        "and purpose in ('ads', 'analytics') order by 1"
    ) == [("ads", "denied", False), ("analytics", "granted", True)]
    carried = bakery.ask(
        "select distinct context ->> '$.consent.categoryPreferences.analytics', "
        "context ->> '$.consent.categoryPreferences.ads' from landing.web"
    )
    assert carried == [("true", "false")]

    tab.go(shop)
    tab.value("kinfolkConsent.ready")
    assert tab.value("Boolean(" + BANNER + ")") is False  # who has chosen is not asked again
    tab.until("JSON.parse(localStorage.kinfolk_consent).told.includes('u1')")
    about = [entry["record_id"] for entry in answered(bakery.folder, "consent", "export")]
    assert [one.partition("/")[0] for one in about[-2:]] == ["u1", "u1"]  # and was told who it was


def test_a_banner_that_is_closed_was_no_answer(bakery: Company, served: Serving, tab: Tab, shop: str) -> None:
    tab.go(shop)
    tab.until(BANNER)
    tab.tab_to("Accept all")
    tab.press("Escape")
    assert tab.value("Boolean(" + BANNER + ")") is False
    assert tab.value("kinfolkConsent.categories()") == {"analytics": False, "ads": False}

    tab.go(shop)
    tab.until(BANNER)
    tab.tab_to("Reject all")
    tab.press("Enter")
    tab.until("JSON.parse(localStorage.kinfolk_consent).told")
    assert ledger(bakery, tab) == [("analytics", "denied", "banner"), ("ads", "denied", "banner")]

    tab.tab_to("Your privacy")
    tab.press("Enter")
    tab.until(BANNER)
    tab.press("Escape")
    assert tab.focus() == "Your privacy"


def test_another_notice_is_asked_about_again(served: Serving, tab: Tab, shop: str) -> None:
    tab.go(shop)
    tab.until(BANNER)
    tab.tab_to("Accept all")
    tab.press("Enter")
    tab.value("localStorage.kinfolk_consent = localStorage.kinfolk_consent.replace('2026-01', '2025-01')")

    tab.go(shop)

    tab.until(BANNER)
    assert tab.value("kinfolkConsent.categories()") == {"analytics": False, "ads": False}


def test_a_no_that_nobody_was_told_is_told_though_the_notice_is_another(
    bakery: Company, served: Serving, tab: Tab, shop: str
) -> None:
    tab.go(shop)
    tab.until(BANNER)
    kept = {"version": "2025-01", "at": "2025-06-01T00:00:00.000Z", "choices": {"analytics": False, "ads": True}}
    tab.value(f"localStorage.kinfolk_consent = JSON.stringify({json.dumps(kept)})")

    tab.go(shop)

    tab.until(BANNER)  # and it asks again
    assert ledger(bakery, tab) == [("analytics", "denied", "banner")]
    assert tab.value("Boolean(JSON.parse(localStorage.kinfolk_consent).told)")


def test_a_browser_that_says_no_for_its_user_is_heeded(bakery: Company, served: Serving, tab: Tab, shop: str) -> None:
    tab.ask("Page.addScriptToEvaluateOnNewDocument", source=GPC)
    tab.go(shop)
    tab.until(BANNER)
    assert "Global Privacy Control" in tab.value(BANNER + ".textContent")

    tab.tab_to("Accept all")
    tab.press("Enter")
    tab.until("JSON.parse(localStorage.kinfolk_consent).told")

    assert tab.value("kinfolkConsent.categories()") == {"analytics": True, "ads": False}
    assert ledger(bakery, tab) == [("analytics", "granted", "banner"), ("ads", "denied", "Global Privacy Control")]


def test_a_browser_that_says_no_after_its_user_said_yes_is_heeded(
    bakery: Company, served: Serving, tab: Tab, shop: str
) -> None:
    tab.go(shop)
    tab.until(BANNER)
    tab.tab_to("Accept all")
    tab.press("Enter")
    tab.until("JSON.parse(localStorage.kinfolk_consent).told")
    assert tab.value("kinfolkConsent.categories()") == {"analytics": True, "ads": True}

    tab.ask("Page.addScriptToEvaluateOnNewDocument", source=GPC)
    tab.go(shop)
    tab.until("JSON.parse(localStorage.kinfolk_consent).told.includes('true')")

    assert tab.value("kinfolkConsent.categories()") == {"analytics": True, "ads": False}
    assert ledger(bakery, tab)[-1] == ("ads", "denied", "Global Privacy Control")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_banner_has_no_barriers(served: Serving, tab: Tab, shop: str, axe: str, scheme: str) -> None:
    for width in (320, 1200):
        tab.looks(scheme, width, 700)
        tab.go(shop)
        tab.until(BANNER)
        picture(tab, f"banner-{scheme}-{width}")
        assert barriers(tab, axe) == []
        tab.tab_to("Choose")
        tab.press("Enter")
        picture(tab, f"banner-choose-{scheme}-{width}")
        assert barriers(tab, axe) == []
        assert tab.value("document.documentElement.scrollWidth") <= width
