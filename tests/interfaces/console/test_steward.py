"""A steward's hour: pair after pair decided by one key, one taken back, and all of it in force after the next run."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from kinfolk.commands import review
from kinfolk.commands.run import run
from tests.browser import Tab, barriers, opened, picture
from tests.interfaces.console.conftest import atelier
from tests.people import OWNER, Browser, first_owner, hidden, invited
from tests.serving import Serving, serving

PAIRS = 50


def signed_in(tab: Tab, server: Serving, browser: Browser) -> None:
    """The browser's session, in a real one."""
    [cookie] = browser.client.cookies.jar
    tab.ask("Network.enable")
    tab.ask("Network.setCookie", name=cookie.name, value=cookie.value or "", url=server.url, httpOnly=True)


def pair_on(tab: Tab) -> tuple[str, str]:
    """The two records that are asked about."""
    first, second = (tab.value(f"document.querySelector('[name={name}]').value") for name in ("first", "second"))
    return str(first), str(second)


def answered(tab: Tab, key: str) -> tuple[str, str]:
    """Presses a key, and waits for the next page; the pair that was asked about."""
    pair = pair_on(tab)
    tab.press(key)
    tab.loaded()
    return pair


@pytest.mark.slow
def test_fifty_pairs_by_keyboard(tmp_path: Path) -> None:
    folder = atelier(tmp_path / "atelier")
    with serving(folder) as server, opened(tmp_path / "user") as tab:
        owner = first_owner(server)
        signed_in(tab, server, owner)
        tab.go(f"{server.url}/review")
        waiting = len(review.queue(folder, 1000))
        assert waiting > PAIRS

        skipped = answered(tab, "k")
        said: dict[tuple[str, str], str] = {}
        for number in range(PAIRS):
            key, verdict = (("d", "different"), ("n", "not sure"), ("d", "different"))[number % 3]
            said[answered(tab, key)] = verdict
        assert len(said) == PAIRS and skipped not in said

        undone = list(said)[-1]
        tab.press("u")
        tab.loaded()
        assert pair_on(tab) == skipped  # what was skipped comes first again, then what was taken back
        tab.until("document.querySelector('.tiles').textContent.includes('49')")
        del said[undone]

    # A run that the server began meanwhile has taken the first ones into account already.
    holding = ("holds", "waits for the next run")
    held = {d.decision.records: d.decision.verdict for d in review.decisions(folder) if d.standing in holding}
    assert {frozenset(pair): verdict for pair, verdict in held.items()} == {
        frozenset(pair): verdict for pair, verdict in said.items()
    }
    assert {d.decision.decided_by for d in review.decisions(folder)} == {OWNER}
    run(folder)
    assert {d.standing for d in review.decisions(folder)} == {"holds", "overtaken", "a withdrawal"}
    asked = {frozenset((one.first, one.second)) for one in review.queue(folder, 1000)}
    assert not asked & {frozenset(pair) for pair in said} and frozenset(undone) in asked


def test_nobody_overwrites_what_somebody_else_answered_meanwhile(tmp_path: Path) -> None:
    folder = atelier(tmp_path / "atelier")
    with serving(folder) as server:
        ana = first_owner(server)
        ben = invited(server, "ben@example.com", "steward")
        both = hidden(ana.get("/review").text), hidden(ben.get("/review").text)
        pair = both[0]["first"], both[0]["second"]
        assert pair == (both[1]["first"], both[1]["second"])

        assert ana.post("/review", hidden(form_of(ana)) | {"verdict": "same"}).status_code == 303
        late = ben.post("/review", both[1] | {"verdict": "different"})
        assert late.status_code == 409 and f"{OWNER} answered this meanwhile" in unescape(late.text)
        assert (hidden(late.text)["first"], hidden(late.text)["second"]) != pair

        ben.post("/review/undo", {"csrf": ben.csrf, "decision": "1"})
        assert [d.decision.verdict for d in review.decisions(folder)] == ["same"]
        undo = hidden(ana.get("/review").text)
        ana.post("/review", hidden(form_of(ana)) | {"verdict": "not sure"})
        ana.post("/review/undo", {"csrf": ana.csrf, "decision": undo["decision"]})  # of a page that is old by now
        assert [d.decision.verdict for d in review.decisions(folder)] == ["not sure", "same"]


def form_of(browser: Browser) -> str:
    """The form by which a pair is answered."""
    page = browser.get("/review").text
    return page[page.index('action="/review"') :]


PAGES = (
    *("/", "/customers", "/customers?q=Oliveira", "/customers/C-1", "/review", "/sources", "/quarantine", "/runs"),
    *("/runs/1", "/me", "/components", "/events", "/consents", "/project/index.html"),
)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_has_barriers_or_is_wider_than_its_window(
    console: tuple[Serving, Browser], tmp_path: Path, axe: str, scheme: str, width: int
) -> None:
    server, owner = console
    with opened(tmp_path / "user") as tab:
        signed_in(tab, server, owner)
        tab.looks(scheme, width)
        for path in PAGES:
            tab.go(server.url + path)
            picture(tab, re.sub(r"\W+", "-", path).strip("-") + f"-{scheme}-{width}")
            assert barriers(tab, axe) == [], path
            assert tab.value("document.documentElement.scrollWidth") <= width, path
            assert tab.value("performance.getEntriesByType('resource').every(r => r.name.startsWith(location.origin))")


@pytest.mark.slow
def test_the_whole_console_is_walked_by_keyboard(console: tuple[Serving, Browser], tmp_path: Path) -> None:
    server, owner = console
    with opened(tmp_path / "user") as tab:
        signed_in(tab, server, owner)
        for width in (1280, 390):
            tab.looks("light", width)
            tab.go(f"{server.url}/")
            for entry, path in (("Review", "/review"), ("Sources", "/sources"), ("Runs", "/runs")):
                tab.tab_to(entry)
                tab.press("Enter")
                tab.at(path)
            tab.tab_to("1")  # the one run there is
            tab.press("Enter")
            tab.at("/runs/1")
            tab.press("/")
            tab.type("Marta")
            tab.press("Enter")
            tab.at("/customers")
            tab.tab_to("Marta Oliveira-Santos")
            tab.press("Enter")
            tab.at("/customers/C-1")
            tab.tab_to("Show as table")
            tab.press("Enter")
            tab.until("document.querySelector('details[open] table') !== null")


@pytest.mark.slow
def test_a_page_that_is_looked_at_shows_a_run_that_somebody_else_started(tmp_path: Path) -> None:
    folder = atelier(tmp_path / "atelier")
    with serving(folder) as server, opened(tmp_path / "user") as tab:
        owner = first_owner(server)
        signed_in(tab, server, owner)
        tab.go(f"{server.url}/runs")
        run(folder)
        tab.until("document.querySelector('a[href=\"/runs/2\"]') !== null")
