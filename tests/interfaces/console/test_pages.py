"""What the pages of the console show, and how they stand up to data nobody would want."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from kinfolk.commands.collect.tail import tail
from kinfolk.commands.consent.record import record
from kinfolk.commands.consent.saying import Said
from kinfolk.commands.open_project import open_project
from kinfolk.commands.query import query
from kinfolk.commands.review import queue
from kinfolk.commands.show import search
from kinfolk.errors import KinfolkError
from tests.company import Company
from tests.consenting import asking
from tests.contracts import contract
from tests.people import Shop, first_owner, hidden
from tests.serving import KEY, collecting, serving, wait_until

MARKUP = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"
ARABIC = "عبد الرحمن بن محمد " * 16


def words(page: str) -> str:
    """What a page says, without what marks it up."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_first_page_says_how_the_data_stands_and_what_needs_whoever_looks(console: Shop) -> None:
    page = words(console[1].get("/").text)

    [(customers,)] = query(console[0].folder, "select count(*) from profiles.customers").rows
    couples = len(queue(console[0].folder, 100))
    assert f"Customers {customers}" in page
    assert f"{couples} pairs to decide on" in page
    assert "Run 1 published" in page


@pytest.mark.parametrize("asked", ["Marta", "marta.oliveira@example.com", "+351910000117", "oliveira santos"])
def test_a_customer_is_found_by_anything_known_of_them(console: Shop, asked: str) -> None:
    page = words(console[1].get("/customers", params={"q": asked}).text)
    for one in search(console[0].folder, asked):
        assert one.customer_id in page
    assert "Marta Oliveira-Santos" in page


def test_an_id_leads_to_its_customer_however_it_is_written(console: Shop) -> None:
    assert console[1].get("/customers", params={"q": " c-1 "}).headers["location"] == "/customers/C-1"
    assert console[1].get("/customers/c-1").headers["location"] == "/customers/C-1"


def test_a_profile_shows_each_value_beside_its_source_and_what_the_customer_did(console: Shop) -> None:
    page = words(console[1].get("/customers/C-1").text)
    [(records,)] = query(console[0].folder, "select records from profiles.customers where customer_id = 'C-1'").rows
    for told in (
        "Marta Oliveira-Santos",
        f"{records} records",
        "most trusted, then most recent",
        "Vela de figo",
        "crm:C-501",
    ):
        assert told in page


def test_who_is_not_there_is_said_not_to_be(console: Shop) -> None:
    answer = console[1].get("/customers/C-99999")
    assert (answer.status_code, "There is no customer C-99999." in words(answer.text)) == (404, True)
    assert "No customer fits “Nobody”." in words(console[1].get("/customers?q=Nobody").text)


@pytest.mark.parametrize(
    "asked", ["' or 1=1 --", "%", "_", '"; drop table profiles.customers; --', "\\", "a" * 200, "$1", "{}"]
)
def test_what_is_searched_for_is_a_value_and_never_sql(console: Shop, asked: str) -> None:
    page = console[1].get("/customers", params={"q": asked})
    assert page.status_code == 200
    assert "No customer fits" in words(page.text)


@pytest.mark.parametrize(
    "path",
    [
        "/customers/..%2f..%2fetc%2fpasswd",
        "/customers/%2e%2e",
        "/runs/0",
        "/runs/999999999999999999999",
        "/runs/-1",
        "/runs/1%20or%201=1",
        "/project/..%2f..%2fkinfolk.yml",
        "/project/../kinfolk.yml",
        "/project/%2e%2e/kinfolk.yml",
        "/project/.made-by-kinfolk",
        "/project//etc/passwd",
        "/events?source=none",
        "/quarantine?source=none",
        "/static/..%2fpages.py",
        "/static/%2e%2e/pages.py",
        "/customers/C-1?skip=-1",
        "/customers/C-1?page=0",
        "/customers?q=" + "a" * 201,
        "/review?at=-1",
        "/review?at=x",
        "/runs?before=0",
    ],
)
def test_what_is_no_page_is_refused_in_a_sentence(console: Shop, path: str) -> None:
    answer = console[1].get(path)
    assert answer.status_code in (400, 404)
    assert "That did not work" in answer.text and "Traceback" not in answer.text


def test_a_run_shows_its_steps_and_a_source_what_of_it_waits(console: Shop) -> None:
    assert "identity.members" in words(console[1].get("/runs/1").text)
    page = words(console[1].get("/sources").text)
    [(source, rows)] = query(console[0].folder, "select source, count(*) from quarantine.open group by 1").rows
    assert f"{source} " in page and f" {rows} " in page


def test_every_page_of_a_project_that_never_ran_says_what_to_do(tmp_path: Path) -> None:
    Company(tmp_path)
    with serving(tmp_path) as server:
        owner = first_owner(server)
        for path in (
            "/",
            "/customers?q=Ann",
            "/review",
            "/quarantine",
            "/runs",
            "/sources",
            "/events",
            "/consents",
            "/project/index.html",
        ):
            answer = owner.get(path)
            assert answer.status_code == 200, (path, words(answer.text))
            assert re.search("kinfolk run|Nothing|No source|no sources|no purposes|The hub", answer.text), path


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One customer of 500 records, one of an endless name, one made of markup; and a run that failed."""
    company = Company(tmp_path_factory.mktemp("odd"))
    rows: list[dict[str, Any]] = [
        {
            "id": f"many{n}",
            "first": "Ann",
            "last": f"Lee{n % 3}",
            "mail": "ann@example.com",
            "note": "x",
            "seen": "2026-01-01",
        }
        for n in range(500)
    ]
    rows += [
        {"id": "long", "first": ARABIC, "last": ARABIC[:300], "mail": "long@example.com", "note": ARABIC, "seen": ""},
        {"id": MARKUP, "first": MARKUP, "last": MARKUP, "mail": "markup@example.com", "note": MARKUP, "seen": ""},
    ]
    company.csv("crm", rows)
    company.csv("shop", [{"id": MARKUP, "mail": "markup@example.com", "at": "2026-02-01 10:00", "what": MARKUP}])
    company.source(
        "crm", "record_id: id\npeople: {first_name: first, last_name: last, email: mail, attributes: {note: note}}\n"
    )
    company.source(
        "shop",
        "record_id: id\nbelongs_to: {column: mail, key: email}\n"
        "events: {event_id: id, event: what, occurred_at: at, properties: what, url: what}\n",
    )
    company.identity("keys: [email]\n")
    company.run()
    company.csv("shop", [{"id": "1"}])
    with pytest.raises(KinfolkError):
        company.run()
    return company.folder


def test_odd_customers_and_a_failed_run_still_make_good_pages(odd: Path) -> None:
    with serving(odd) as server:
        owner = first_owner(server)

        def customer(mail: str) -> str:
            [found] = search(odd, mail)
            return f"/customers/{found.customer_id}"

        many = owner.get(customer("ann@example.com"))
        assert "page 1 of 25" in words(many.text) and len(many.content) < 100_000
        assert len(re.findall(r'<details class="record">', many.text)) == 20
        assert "page 25 of 25" in words(owner.get(customer("ann@example.com") + "?page=25").text)
        assert ARABIC[:300].strip() in words(owner.get(customer("long@example.com")).text)

        hostile = [owner.get(customer("markup@example.com")), owner.get("/customers", params={"q": "alert"})]
        for page in hostile:
            assert page.status_code == 200
            assert "<script>alert(1)" in unescape(page.text).lower()  # it is there, as text
            assert not re.search(r"<script>|<img|>49<", page.text)

        assert "Run 2 failed" in words(owner.get("/").text)
        assert "failed" in words(owner.get("/runs/2").text)


def test_a_row_in_quarantine_is_corrected_and_landed_again(tmp_path: Path) -> None:
    company = Company(tmp_path)
    more = {f"column{n}": "x" * 400 for n in range(40)}  # a form of more fields and bytes than others have
    more["column0"] = "two\nlines"
    people = ({"id": "1", "mail": "ann@example.com", "name": "Ann"}, {"id": "2", "mail": "", "name": MARKUP})
    company.csv("crm", [one | more for one in people])
    company.source("crm", "record_id: id\npeople: {first_name: name, email: mail}\n")
    contract(company, "crm", "- {name: id}\n- {name: mail, required: true}\n- {name: name}")
    company.identity("keys: [email]\n")
    company.run()
    [(number,)] = company.ask("select record_no from quarantine.open")
    with serving(tmp_path) as server:
        owner = first_owner(server)
        listed = owner.get("/quarantine")
        assert f'href="/quarantine/{number}"' in listed.text and "1 row in quarantine" in words(owner.get("/").text)
        page = owner.get(f"/quarantine/{number}")
        assert MARKUP in unescape(page.text) and not re.search(r"<script>|<img|>49<", page.text)

        wrong = owner.send(f"/quarantine/{number}", f"/quarantine/{number}", {"of:nothing": "x"})
        assert wrong.status_code == 404 and "no column" in words(wrong.text)
        kept = owner.send(
            f"/quarantine/{number}", f"/quarantine/{number}", {"of:mail": "bea@example.com", "of:name": "Bea"}
        )
        assert kept.headers["location"] == "/quarantine"
        assert "Corrected 1" in words(owner.get("/quarantine").text)
        stale = owner.post(f"/quarantine/{number}", hidden(page.text) | {"of:mail": "", "of:name": "Cid"})
        assert stale.status_code == 409 and "Somebody corrected this row meanwhile." in words(stale.text)
        assert owner.send("/quarantine", "/quarantine/replay", {}).status_code == 303
        wait_until(lambda: company.ask("select count(*) from profiles.customers") == [(2,)])
        assert "Nothing waits." in words(owner.get("/quarantine").text)
        assert company.ask("select distinct column0 from landing.crm") == [("two\nlines",)]
        assert company.ask("select email from profiles.customers order by 1") == [
            ("ann@example.com",),
            ("bea@example.com",),
        ]


def test_a_run_is_started_from_its_page_and_its_failure_is_told_there(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.csv("crm", [{"id": "1", "mail": "ann@example.com"}])
    company.source("crm", "record_id: id\npeople: {email: mail}\n")
    company.identity("keys: [email]\n")
    with serving(tmp_path) as server:
        owner = first_owner(server)
        assert owner.send("/runs", "/runs", {}).headers["location"] == "/runs"
        wait_until(lambda: "published" in words(owner.get("/runs").text))
        company.csv("crm", [{"other": "1"}])
        owner.send("/runs", "/runs", {})
        wait_until(lambda: "Run did not work:" in words(owner.get("/runs").text))


def test_events_are_seen_as_they_come_and_what_they_say_is_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_KEY", KEY)
    collecting(tmp_path)
    with serving(tmp_path) as server:
        owner = first_owner(server)
        hostile = {"event": MARKUP, "userId": MARKUP, "properties": {MARKUP: [MARKUP]}}
        assert server.track(messageId="m1", **hostile).status_code == 200
        assert server.post("/v1/track", {"event": "x"}, key="nobodys").status_code == 401
        wait_until(lambda: "unknown write key 1" in words(owner.get("/events").text))
        page = owner.get("/events").text
        assert re.search(r"web 1 0 0 0 [01]", words(page)), words(page)[:600]
        assert MARKUP in unescape(page) and not re.search(r"<script>|<img|>49<", page)
        assert [one.what for one in tail(open_project(tmp_path))] == [MARKUP]


def test_purposes_are_shown_with_the_customers_they_hold_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_KEY", KEY)
    company = asking(tmp_path)
    company.csv("crm", [{"id": "1", "mail": "ann@example.com"}, {"id": "2", "mail": "bea@example.com"}])
    company.source("crm", "record_id: id\npeople: {email: mail}\n")
    company.run()
    record(tmp_path, "ann@example.com", Said("ads", "granted"))
    company.run()
    with serving(tmp_path) as server:
        owner = first_owner(server)
        page = words(owner.get("/consents").text)
    assert "1 customer granted 1 unasked 1" in page


def test_the_project_is_shown_as_it_is_now(console: Shop, tmp_path: Path) -> None:
    page = console[1].get("/project/index.html").text
    assert "The hub" in page and 'href="/">← Console' in page
    for path in re.findall(r'(?:href|src)="((?!/|https?:)[^"#]+)"', page):
        assert console[1].get(f"/project/{path}").status_code == 200, path
