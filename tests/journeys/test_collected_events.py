"""A visitor who browses, says who she is, and pays: one customer, whatever program told of it, and every event hers."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from kinfolk.commands.query import query
from kinfolk.commands.rollback import rollback
from tests.browser import browse
from tests.company import Company
from tests.conftest import CHECKOUT
from tests.serving import KEY, clients, collecting, free_port, landed, pages_of, serving

UNKNOWN_TO_JITSU = {"Orders", "Seen elsewhere", "alias"}  # screens, and two visitors who turn out to be one
STORY = ["Home", "Orders", "Paid", "Seen elsewhere", "Viewed", "alias", "group", "identify"]


@pytest.fixture(autouse=True)
def _known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_KEY", KEY)


def segment(address: str, **options: Any) -> Any:
    module = pytest.importorskip("segment.analytics.client")
    return module.Client(KEY, host=address, on_error=_fail, **options)


def rudder(address: str, **options: Any) -> Any:
    module = pytest.importorskip("rudderstack.analytics.client")
    return module.Client(KEY, host=address, on_error=_fail, **options)


def _fail(error: Exception, events: object) -> None:
    pytest.fail(f"{error}: {events}")


def tell(client: Any) -> None:
    """One visitor's story."""
    client.page(anonymous_id="a1", name="Home", properties={"url": "https://shop.example.com/"})
    client.track(anonymous_id="a1", event="Viewed", properties={"product": "Lamp"})
    client.track(anonymous_id="a2", event="Seen elsewhere")
    client.identify(user_id="u1", anonymous_id="a1", traits={"email": "ann@example.com", "firstName": "Ann"})
    client.track(user_id="u1", event="Paid", properties={"total": 12.5})
    client.screen(user_id="u1", name="Orders")
    client.group(user_id="u1", group_id="acme", traits={"name": "Acme"})
    client.alias(previous_id="a2", user_id="u1")
    client.shutdown()


def check_story(company: Company, story: Sequence[str] = STORY) -> None:
    """The visitor is one customer, and everything that was told is hers."""
    [(customer, number, email, name)] = company.ask(
        "select customer_id, customer_number, email, first_name from profiles.customers"
    )
    assert (number, email, name) == ("u1", "ann@example.com", "Ann")
    told = company.ask("select event, customer_id from profiles.events order by event")
    assert told == [(event, customer) for event in sorted(story)]
    assert company.ask("select properties from profiles.events where event = 'Paid'") == [('{"total":12.5}',)]
    assert company.ask("select account_id, customer_id from profiles.account_customers") == [("acme", customer)]
    assert company.ask("select count(*) from quarantine.records") == [(0,)]


@pytest.mark.parametrize("packed", [True, False], ids=["gzip", "plain"])
@pytest.mark.parametrize("client", [segment, rudder])
def test_the_programs_for_python(tmp_path: Path, client: Callable[..., Any], packed: bool) -> None:
    company = collecting(tmp_path)
    with serving(tmp_path) as server:
        tell(client(server.url, gzip=packed))
        landed(tmp_path)
        server.stop()
    check_story(company)


@pytest.mark.parametrize("client", ["segment", "rudder"])
def test_the_programs_for_node(tmp_path: Path, client: str) -> None:
    folder = clients()
    company = collecting(tmp_path)
    with serving(tmp_path) as server:
        script = shutil.copy(CHECKOUT / "tests" / "clients" / f"{client}.js", folder)
        told = subprocess.run(["node", script, server.url, KEY], capture_output=True, text=True, timeout=60)
        assert told.returncode == 0, told.stderr
        landed(tmp_path)
        server.stop()
    check_story(company)


@pytest.mark.slow
@pytest.mark.parametrize("client", ["segment", "jitsu"])
def test_the_programs_for_browsers(tmp_path: Path, client: str) -> None:
    folder = clients()
    company = collecting(tmp_path / "shop")
    for page in (CHECKOUT / "tests" / "clients").glob("*.html"):
        shutil.copy(page, folder)
    with serving(tmp_path / "shop") as server, pages_of(folder) as site:
        page = f"{site}/{client}.html?{urlencode({'server': server.url, 'key': KEY})}"
        told = browse(page, tmp_path / "user", "--virtual-time-budget=20000", "--dump-dom")
        assert "<title>told</title>" in told.stdout, told.stdout + told.stderr
        landed(tmp_path / "shop")
        server.stop()
    check_story(company, STORY if client == "segment" else [*(set(STORY) - UNKNOWN_TO_JITSU)])


@pytest.mark.slow
@pytest.mark.parametrize("client", [segment, rudder])
def test_a_server_that_dies_and_returns_costs_a_program_nothing(tmp_path: Path, client: Callable[..., Any]) -> None:
    company = collecting(tmp_path)
    port = free_port()
    program = client(f"http://127.0.0.1:{port}", upload_size=5, upload_interval=0.2)
    enough = threading.Event()
    sent: list[int] = []

    def send() -> None:
        while not enough.wait(0.01):
            program.track(anonymous_id="a1", event=f"Step {len(sent)}")
            sent.append(len(sent))

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    for _ in range(3):
        with serving(tmp_path, port=port) as server:
            time.sleep(1.5)
            server.process.kill()
            server.process.wait()
    with serving(tmp_path, port=port) as server:
        enough.set()
        sender.join(10)
        program.shutdown()
        server.stop()
    company.run()
    found = [event for (event,) in company.ask("select event from profiles.events")]
    assert len(sent) > 100
    assert sorted(found) == sorted(f"Step {number}" for number in sent)


def test_what_comes_again_after_a_restart_counts_once_however_it_came(tmp_path: Path) -> None:
    """The door has forgotten by then; its record has not. A clock that is read again makes no other event of it."""
    company = collecting(tmp_path)
    for sent_at in ("2026-03-01T10:00:00Z", "2026-03-01T10:05:00Z"):
        with serving(tmp_path) as server:
            event = {"type": "track", "event": "Paid", "userId": "u1", "messageId": "m1"}
            batch = {"batch": [{**event, "timestamp": "2026-03-01T09:59:00Z"}], "sentAt": sent_at}
            assert server.post("/v1/batch", batch).status_code == 200
            server.stop()
        company.run()
    assert company.ask("select event_id from profiles.events") == [("m1",)]
    assert company.ask("select _change from landing.web") == [("added",)]
    assert company.ask("select count(*) from quarantine.records") == [(0,)]


def test_again_within_one_run_the_first_counts(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    for event in ("First", "Second"):
        with serving(tmp_path) as server:
            assert server.track(event=event, messageId="m1").status_code == 200
            server.stop()
    company.run()
    assert company.ask("select event from profiles.events") == [("First",)]
    assert company.ask("select count(*) from quarantine.records") == [(0,)]


@pytest.mark.slow
def test_following_events_comes_to_what_a_run_over_everything_comes_to(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    with serving(tmp_path) as server:
        server.track(anonymousId="a1", messageId="m1")
        landed(tmp_path)
        assert company.ask("select count(*) from profiles.customers") == [(1,)]
        server.track(anonymousId="a2", messageId="m2")
        landed(tmp_path)
        assert company.ask("select count(*) from profiles.customers") == [(2,)]
        for anonymous in ("a1", "a2"):
            server.post(
                "/v1/identify", {"anonymousId": anonymous, "userId": "u1", "traits": {"email": "a@example.com"}}
            )
        server.post("/v1/identify", {"anonymousId": "a1", "userId": "u1", "traits": {"firstName": "Ann"}})
        server.post("/v1/identify", {"anonymousId": "a1", "userId": "u1", "traits": {"email": "b@example.com"}})
        landed(tmp_path)
        server.stop()
    asked = (
        "select customer_number, email, first_name, records from profiles.customers",
        "select event, count(*), count(distinct customer_id) from profiles.events group by all order by all",
    )
    followed = [company.ask(question) for question in asked]
    company.run(full=True)
    assert [company.ask(question) for question in asked] == followed
    [(_, email, name, _)] = followed[0]
    assert (email, name) == ("b@example.com", "Ann")
    assert followed[1] == [("Viewed", 2, 1), ("identify", 4, 1)]


@pytest.mark.slow
def test_users_who_were_renamed_are_one_customer_under_the_new_name(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    with serving(tmp_path) as server:
        server.track(userId="old", anonymousId=None, messageId="m1")
        landed(tmp_path)
        server.track(userId="new", anonymousId=None, messageId="m2")
        server.post("/v1/alias", {"userId": "new", "previousId": "old"})
        landed(tmp_path)
        server.stop()
    assert company.ask("select customer_number from profiles.customers") == [("new",)]
    assert company.ask("select count(*), count(distinct customer_id) from profiles.events") == [(3, 1)]


NAMED = {"web": "try", "visitors": "testers"}


def test_events_of_one_environment_never_reach_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", "key-of-the-test-site")
    company = collecting(tmp_path)
    company.write("kinfolk.yml", "name: Test\nenvironments: [prod, test]\n")
    for name in ("web", "visitors"):
        written = (tmp_path / f"sources/{name}.yml").read_text()
        company.write(f"sources/{name}.yml", written + "environment: prod\n")
        renamed = (
            ("WEB_KEY", "TEST_KEY"),
            ("source: visitors", "source: testers"),
            ("visitors_of: web", "visitors_of: try"),
        )
        for one, other in renamed:
            written = written.replace(one, other)
        company.write(f"sources/{NAMED[name]}.yml", written + "environment: test\n")
    with serving(tmp_path, "-e", "test") as server:
        assert server.track().status_code == 401
        assert server.post("/v1/track", {"userId": "u1", "event": "Tried"}, "key-of-the-test-site").status_code == 200
        server.stop()
    for environment in ("prod", "test"):
        company.run(environment=environment)
    counts = [query(tmp_path, "select count(*) from profiles.events", environment=e).rows for e in ("prod", "test")]
    assert counts == [[(0,)], [(1,)]]


def test_before_the_first_event_a_run_has_nothing_to_say(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    company.run()
    assert company.ask("select count(*) from profiles.events") == [(0,)]
    with serving(tmp_path) as server:
        server.track()
        server.stop()
    company.run()
    assert company.ask("select count(*) from profiles.events where customer_id is not null") == [(1,)]


def test_after_a_rollback_events_land_again(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    runs = []
    for message in ("m1", "m2", "m3"):
        with serving(tmp_path) as server:
            assert server.track(messageId=message).status_code == 200
            server.stop()
        runs.append(company.run().run_id)
    rollback(tmp_path, f"run:{runs[0]}", yes=True)
    assert company.ask("select event_id from profiles.events") == [("m1",)]
    company.run()
    assert sorted(company.ask("select event_id from profiles.events")) == [("m1",), ("m2",), ("m3",)]
    assert company.ask("select count(*) from profiles.events where customer_id is null") == [(0,)]
