"""The page on which a customer chooses, as programs meet it: what it changes, and for whom it opens."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from kinfolk.commands.consent.links import make_link, visit
from kinfolk.commands.consent.record import record
from kinfolk.commands.consent.saying import Said
from kinfolk.commands.consent.show import history, show
from kinfolk.commands.open_project import open_project
from tests.company import Company
from tests.serving import Serving, answered


def link(server: Serving, who: str, lasts: float = 60) -> str:
    return make_link(server.folder, who, timedelta(seconds=lasts), server.url).url


def fields(page: httpx.Response) -> dict[str, list[str]]:
    """What the form would send if it were sent as it is."""
    assert page.status_code == 200, page.text
    ticked = re.findall(r'name="ticked" value="([^"]+)"\s+checked(?! disabled)', page.text)
    hidden = {
        name: re.findall(rf'type="hidden" name="{name}" value="([^"]+)"', page.text) for name in ("shown", "version")
    }
    return {"ticked": [unescape(one) for one in ticked], **hidden}


def send(server: Serving, address: str, form: dict[str, Any], **headers: str) -> httpx.Response:
    return server.client.post(address, data=form, headers=headers)


def said(company: Company, who: str) -> list[tuple[str, str | None, str | None, str]]:
    return [(one.purpose, one.channel, one.topic, one.choice) for one in history(company.folder, who)]


def test_only_what_was_changed_is_written_down_for_each_record(bakery: Company, served: Serving, guest: str) -> None:
    address = link(served, f"guests:{guest}a")
    form = fields(served.client.get(address))
    assert form == {"ticked": [], "shown": [], "version": ["2026-01"]}

    answer = send(served, address, form | {"ticked": ["newsletter/email/bread", "profiling//"]})

    assert (answer.status_code, answer.headers["location"]) == (303, f"{address.removeprefix(served.url)}?done=saved")
    page = served.client.get(address, params={"done": "saved"})
    assert "Your choices are saved." in page.text
    assert fields(page)["ticked"] == ["newsletter/email/bread", "profiling//"]
    holds = {
        (one.purpose, one.channel, one.topic): one.allowed for one in show(bakery.folder, f"guests:{guest}b").states
    }
    assert holds["newsletter", "email", "bread"] and not holds["newsletter", "email", "cakes"]
    assert not holds["profiling", None, None]
    rows = [one for one in history(bakery.folder, f"guests:{guest}a") if one.choice == "granted"]
    assert [one.said_by for one in rows] == [f"record:guests:{guest}a", f"record:guests:{guest}b"]

    assert send(served, address, fields(page)).headers["location"].endswith("done=same")
    send(served, address, fields(page) | {"ticked": []})

    assert not any(one.allowed for one in show(bakery.folder, f"guests:{guest}a").states if one.purpose == "newsletter")
    [profiling] = [one for one in show(bakery.folder, f"guests:{guest}a").states if one.purpose == "profiling"]
    assert profiling.allowed  # the objection was taken back


def test_the_ledger_tells_how_it_was_said_and_to_which_notice(bakery: Company, served: Serving, guest: str) -> None:
    address = link(served, f"email:guest{guest}@example.com")
    send(served, address, {"version": "2026-01", "ticked": ["analytics//"]})

    entry = answered(bakery.folder, "consent", "export")[-1]

    assert (entry["decision"], entry["policy_version"]) == ("granted", "2026-01")
    assert entry["email"] == f"guest{guest}@example.com"
    assert entry["collection_method"] == "preference page"
    assert entry["collected_at"] == f"{served.url}/preferences"
    assert "We count which pages are read" in entry["proof"]
    assert address not in str(entry)


def test_what_was_said_elsewhere_meanwhile_is_not_undone_by_an_old_page(
    bakery: Company, served: Serving, guest: str
) -> None:
    address = link(served, f"guests:{guest}a")
    send(served, address, {"version": "2026-01", "ticked": ["analytics//", "ads//"]})
    old = fields(served.client.get(address))
    record(bakery.folder, f"guests:{guest}a", Said("analytics", "withdrawn"))

    send(served, address, old | {"ticked": ["analytics//"]})  # only ads was unticked

    assert {
        one.purpose: one.state for one in show(bakery.folder, f"guests:{guest}a").states if one.channel is None
    } == {
        "analytics": "withdrawn",
        "ads": "withdrawn",
        "profiling": "unasked",
        "delivery": "unasked",
    }


def test_a_no_that_came_another_way_is_shown_and_not_offered(bakery: Company, served: Serving, guest: str) -> None:
    record(bakery.folder, f"+43155500{int(guest):02}", Said("analytics", "withdrawn"))

    page = served.client.get(link(served, f"guests:{guest}a")).text

    assert re.search(r'value="analytics//" disabled', page)
    assert "said by a telephone number. It can be changed the same way only." in page


@pytest.mark.parametrize("version", ["2025-01", "2024-01"])
def test_a_yes_to_a_notice_that_is_not_in_force_any_more_is_asked_again(
    bakery: Company, served: Serving, guest: str, version: str
) -> None:
    address = link(served, f"guests:{guest}a")
    send(served, address, {"version": "2026-01", "ticked": ["ads//"]})

    answer = send(served, address, {"version": version, "shown": ["ads//"], "ticked": ["analytics//"]})

    assert answer.headers["location"].endswith("done=outdated")
    assert {one[3] for one in said(bakery, f"guests:{guest}a")} == {"granted", "withdrawn"}
    assert not any(one[0] == "analytics" for one in said(bakery, f"guests:{guest}a"))
    assert "Our notice has changed" in served.client.get(address, params={"done": "outdated"}).text


def test_one_button_says_no_to_everything(bakery: Company, served: Serving, guest: str) -> None:
    address = link(served, f"guests:{guest}a")
    send(served, address, {"version": "2026-01", "ticked": ["ads//", "newsletter/sms/cakes"]})

    send(served, address, {"version": "2026-01", "nothing": "yes", "ticked": ["analytics//"]})

    holds = {one.purpose: one.allowed for one in show(bakery.folder, f"guests:{guest}a").states}
    assert holds == {"newsletter": False, "analytics": False, "ads": False, "profiling": True, "delivery": True}


@pytest.mark.parametrize("channel", [None, "email"])
def test_mail_programs_unsubscribe_with_one_click(
    bakery: Company, served: Serving, guest: str, channel: str | None
) -> None:
    address = link(served, f"email:guest{guest}@example.com")
    every = [f"newsletter/{by}/{topic}" for by in ("email", "sms") for topic in ("bread", "cakes")]
    send(served, address, {"version": "2026-01", "ticked": every})
    query = {"purpose": "newsletter"} | ({"channel": channel} if channel else {})
    clicked = f"{address}/unsubscribe?{httpx.QueryParams(query)}"

    assert served.client.get(clicked).status_code == 303  # a program that checks links changes nothing
    assert all(one.allowed for one in show(bakery.folder, f"guests:{guest}a").states if one.purpose == "newsletter")
    assert send(served, clicked, {"List-Unsubscribe": "One-Click"}).status_code == 200

    open_now = {one.channel for one in show(bakery.folder, f"guests:{guest}a").states if one.allowed and one.channel}
    assert open_now == ({"sms"} if channel else set())


def test_looking_changes_nothing_and_tells_search_engines_nothing(bakery: Company, served: Serving, guest: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = served.client.request(method, link(served, f"guests:{guest}a"))
    answer = served.client.get(link(served, f"guests:{guest}a"))

    assert said(bakery, f"guests:{guest}a") == []
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "@example.com" not in answer.text


def test_a_link_tells_nothing_of_whom_it_is_for_and_cannot_be_changed(
    bakery: Company, served: Serving, guest: str
) -> None:
    address = link(served, f"email:guest{guest}@example.com")
    token = address.rpartition("/")[2]

    assert "guest" not in address
    assert str(visit(open_project(bakery.folder), token).subject) == f"email:guest{guest}@example.com"
    for forged in (token[:-2], token[:-3] + "AAA", "x", "%00", "%C3%BC", token.upper()):
        answer = served.client.get(f"{served.url}/preferences/{forged}")
        assert answer.status_code == 404, forged
        assert "This link leads nowhere" in answer.text
        assert send(served, f"{served.url}/preferences/{forged}", {"nothing": "yes"}).status_code == 404
    assert (bakery.folder / ".kinfolk" / "links.key").stat().st_mode & 0o777 == 0o600


def test_a_link_of_another_project_opens_nothing(bakery: Company, served: Serving, guest: str) -> None:
    address = link(served, f"guests:{guest}a")
    (bakery.folder / ".kinfolk" / "links.key").unlink()
    link(served, f"guests:{guest}a")

    assert served.client.get(address).status_code == 404


def test_a_link_ends(bakery: Company, served: Serving, guest: str) -> None:
    address = link(served, f"guests:{guest}a", lasts=1)
    time.sleep(2.1)

    for answer in (
        served.client.get(address),
        send(served, address, {"nothing": "yes"}),
        send(served, f"{address}/unsubscribe", {"List-Unsubscribe": "One-Click"}),
    ):
        assert answer.status_code == 410
        assert "This link does not work any more" in answer.text
    assert said(bakery, f"guests:{guest}a") == []


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
    ],
)
def test_a_form_of_another_site_is_refused(
    bakery: Company, served: Serving, guest: str, headers: dict[str, str]
) -> None:
    answer = send(served, link(served, f"guests:{guest}a"), {"nothing": "yes"}, **headers)

    assert answer.status_code == 403
    assert said(bakery, f"guests:{guest}a") == []


def test_a_body_that_is_too_large_is_refused(served: Serving, guest: str) -> None:
    assert send(served, link(served, f"guests:{guest}a"), {"ticked": ["x" * 70_000]}).status_code == 413


def test_a_form_of_endless_fields_is_refused(served: Serving, guest: str) -> None:
    answer = served.client.post(link(served, f"guests:{guest}a"), content="&".join(f"a{n}=" for n in range(1001)))
    assert answer.status_code == 400


def test_the_command_and_the_api_make_links(served: Serving, guest: str) -> None:
    made = answered(served.folder, "consent", "link", f"guests:{guest}a", "--url", served.url, "--lasts", "1 hour")
    assert served.client.get(made["url"]).status_code == 200
    token = answered(served.folder, "token", "create", "mailer", "--may", "consents.write")["token"]

    answer = served.client.post(
        f"{served.url}/api/v1/consents/links",
        json={"who": f"guests:{guest}a"},
        headers={"authorization": f"Bearer {token}"},
    )

    assert answer.status_code == 201, answer.text
    assert served.client.get(answer.json()["url"]).status_code == 200


def test_a_link_follows_the_customer_through_a_merge_and_a_parting(bakery: Company, served: Serving) -> None:
    address, people = link(served, "guests:28a"), (bakery.folder / "data/guests.csv").read_text()
    bakery.write("data/guests.csv", people.replace("guest28@", "guest29@"))
    bakery.run(wait_seconds=60)
    send(served, address, {"version": "2026-01", "ticked": ["ads//"]})
    assert len(said(bakery, "guests:29a")) == 4  # about each record of the customer that is one now

    bakery.write("data/guests.csv", people)
    bakery.run(wait_seconds=60)
    page = fields(served.client.get(address))

    assert page["ticked"] == []  # what one customer granted counts for neither of two
    send(served, address, page | {"ticked": ["analytics//"]})
    assert [one.allowed for one in show(bakery.folder, "guests:28b").states if one.purpose == "analytics"] == [True]
    assert [one.allowed for one in show(bakery.folder, "guests:29a").states if one.purpose == "analytics"] == [False]


def test_whoever_shares_an_address_can_say_no(bakery: Company, served: Serving) -> None:
    address = link(served, "email:guest27@example.com")
    bakery.identity("keys: [phone]\n")
    bakery.run(wait_seconds=60)  # records that share an address alone are two customers now

    page = served.client.get(address)

    assert "Several people use this address" in page.text
    assert "guest27" not in page.text
    assert send(served, address, {"nothing": "yes"}).status_code == 303
    for who in ("guests:27a", "guests:27b"):
        assert {one.state for one in show(bakery.folder, who).states if one.purpose == "ads"} == {"withdrawn"}
