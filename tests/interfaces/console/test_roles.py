"""Every route of the pages and the API, and every role: who is let in, and who is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import httpx
import pytest

from kinfolk.commands.open_project import open_project
from kinfolk.commands.serving import served
from kinfolk.interfaces.server.site import rest_of
from kinfolk.model.access import ROLES
from tests.people import Browser, Shop, asking, invited, token

READERS = {"owner", "steward", "analyst", "privacy_officer"}
STEWARDS = {"owner", "steward"}
OPERATIONS = {*READERS, "custodian"}
CONSENTS = {*STEWARDS, "marketer", "privacy_officer"}
CONSENT_WRITERS = {"owner", "privacy_officer"}
PEOPLE = {"owner", "custodian"}
ALL = set(ROLES)

# Who is let in, written by hand: a route that is not here fails the first test below.
WHO: Mapping[tuple[str, str], set[str]] = {
    ("GET", "/me"): ALL,
    ("POST", "/me/password"): ALL,
    ("GET", "/customers"): READERS,
    ("GET", "/customers/{customer_id}"): READERS,
    ("GET", "/review"): STEWARDS,
    ("POST", "/review"): STEWARDS,
    ("POST", "/review/undo"): STEWARDS,
    ("GET", "/components"): ALL,
    ("GET", "/events"): OPERATIONS,
    ("GET", "/consents"): CONSENTS,
    ("GET", "/project"): OPERATIONS,
    ("GET", "/project/{path}"): OPERATIONS,
    ("GET", "/quarantine"): READERS,
    ("GET", "/quarantine/{record_no}"): READERS,
    ("POST", "/quarantine/{record_no}"): STEWARDS,
    ("POST", "/quarantine/replay"): STEWARDS,
    ("POST", "/runs"): PEOPLE,
    ("GET", "/runs"): OPERATIONS,
    ("GET", "/runs/{run_id}"): OPERATIONS,
    ("GET", "/sources"): OPERATIONS,
    ("GET", "/api/v1/me"): ALL,
    ("GET", "/api/v1/tokens"): PEOPLE,
    ("POST", "/api/v1/tokens"): PEOPLE,
    ("DELETE", "/api/v1/tokens/{name}"): PEOPLE,
    ("GET", "/api/v1/customers"): READERS,
    ("GET", "/api/v1/customers/{customer_id}"): READERS,
    ("GET", "/api/v1/review"): STEWARDS,
    ("GET", "/api/v1/review/pair"): STEWARDS,
    ("GET", "/api/v1/decisions"): STEWARDS,
    ("POST", "/api/v1/decisions"): STEWARDS,
    ("POST", "/api/v1/decisions/{number}/withdraw"): STEWARDS,
    ("GET", "/api/v1/quarantine"): READERS,
    ("GET", "/api/v1/quarantine/rows"): READERS,
    ("GET", "/api/v1/quarantine/rows/{record_no}"): READERS,
    ("PATCH", "/api/v1/quarantine/rows/{record_no}"): STEWARDS,
    ("POST", "/api/v1/quarantine/replay"): STEWARDS,
    ("GET", "/api/v1/status"): OPERATIONS,
    ("GET", "/api/v1/runs"): OPERATIONS,
    ("POST", "/api/v1/runs"): PEOPLE,
    ("GET", "/api/v1/runs/{run_id}"): OPERATIONS,
    ("GET", "/api/v1/history"): OPERATIONS,
    ("GET", "/api/v1/consents"): CONSENTS,
    ("GET", "/api/v1/consents/history"): CONSENTS,
    ("GET", "/api/v1/consents/receipts/{seq}"): CONSENTS,
    ("GET", "/api/v1/consents/verify"): CONSENTS,
    ("GET", "/api/v1/consents/export"): CONSENTS,
    ("POST", "/api/v1/consents"): CONSENT_WRITERS,
    ("POST", "/api/v1/consents/links"): CONSENT_WRITERS,
    ("POST", "/api/v1/consents/withdraw"): CONSENT_WRITERS,
    ("POST", "/api/v1/consents/import"): CONSENT_WRITERS,
    **{(method, "/scim/v2/{path}"): {"owner"} for method in ("GET", "POST", "PUT", "PATCH", "DELETE")},
    **{(method, "/scim/v2"): {"owner"} for method in ("GET", "POST", "PUT", "PATCH", "DELETE")},
}
# For these it does not matter who asks, or they end the session of whoever does; their own tests look at them.
OPEN = {
    *((method, path) for method in ("GET", "POST") for path in ("/sign-in", "/setup/{secret}", "/invitation/{secret}")),
    *((method, "/preferences/{token}" + end) for method in ("GET", "POST") for end in ("", "/unsubscribe")),
    *(("GET", f"/consent/{name}") for name in ("banner.js", "page.css", "notice/{version}", "config")),
    *(("GET", f"/api/v1{path}") for path in ("", "/openapi.json", "/{path}")),
    *(("GET", path) for path in ("/", "/sign-in/oidc", "/sign-in/oidc/callback", "/static/{name}")),
    *(("POST", path) for path in ("/consent/choice", "/sign-out", "/me/sign-out-everywhere")),
}
WORDS = {
    "{customer_id}": "C-1",
    "{run_id}": "1",
    "{record_no}": "99999",
    "{number}": "99999",
    "{name}": "none",
    "{seq}": "1",
    "{path}": "Users",
}


def test_of_every_route_it_is_said_who_may_use_it(console: Shop) -> None:
    app = rest_of(served(open_project(console[0].folder)))
    routes = {
        (method, route.path_format)
        for route in app.routes
        for method in getattr(route, "methods", ())
        if method not in ("OPTIONS", "HEAD")
    }
    assert routes == WHO.keys() | OPEN


@pytest.fixture(scope="module")
def browsers(console: Shop) -> Iterator[dict[str, Browser]]:
    """Somebody of each role, signed in."""
    yield {role: invited(console[0], f"a-{role}@example.com", role) for role in ROLES}


def somewhere(path: str) -> str:
    """An address of that route."""
    for name, word in WORDS.items():
        path = path.replace(name, word)
    return path


def asked(browser: Browser, method: str, path: str) -> httpx.Response:
    """The answer to a request that says nothing, but comes from a page of ours."""
    return browser.client.request(method, somewhere(path), headers={"x-csrf-token": browser.csrf})


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_is_let_in_where_it_may_be_and_nowhere_else(browsers: dict[str, Browser], role: str) -> None:
    found = {route: asked(browsers[role], *route).status_code for route in WHO}
    assert {route for route, status in found.items() if status not in (401, 403)} == {
        route for route, roles in WHO.items() if role in roles
    }
    assert not [route for route, status in found.items() if status >= 500 and status != 503]


def test_nobody_is_let_in_who_has_not_signed_in(console: Shop) -> None:
    stranger = Browser(console[0].url)
    for method, path in WHO:
        answer = stranger.client.request(method, somewhere(path))
        led_away = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        assert answer.status_code in (401, 403) or led_away, (method, path, answer.status_code)


def test_a_menu_leads_nowhere_where_its_reader_may_not_go(browsers: dict[str, Browser]) -> None:
    for role, browser in browsers.items():
        page = browser.get("/").text
        for path in ("/customers", "/review", "/quarantine", "/consents", "/events", "/runs", "/sources", "/project"):
            assert (f'<a href="{path}"' in page) == (role in WHO["GET", path]), (role, path)


def test_an_answer_from_somebody_elses_page_decides_nothing(browsers: dict[str, Browser]) -> None:
    steward = browsers["steward"]
    said = {"first": "crm:C-501", "second": "webshop:WL10023", "verdict": "different"}
    known = said | {"csrf": steward.csrf}
    assert steward.client.post("/review", data=known, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert steward.client.post("/review", data=said).status_code == 403
    assert "Undo" not in steward.get("/review").text


def test_what_is_of_people_is_hidden_from_who_may_not_see_it(browsers: dict[str, Browser]) -> None:
    told = {role: browsers[role].get("/api/v1/status").json()["numbers"]["guards"] for role in ("owner", "custodian")}
    assert len(told["owner"]) == len(told["custodian"]) > 0
    assert {guard["value"] for guard in told["custodian"]} == {None} != {guard["value"] for guard in told["owner"]}
    assert "Customers that a source has twice" not in browsers["executive"].get("/").text


def test_a_program_with_a_token_has_the_api_and_no_page(console: Shop) -> None:
    secret = token(console[1], *sorted(console[1].get("/api/v1/me").json()["may"]), name="all").json()["token"]
    for method, path in WHO:
        if method == "GET" and not path.startswith(("/api", "/scim")):
            answer = asking(console[0], secret, "GET", somewhere(path), headers={"accept": "text/html"})
            assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in"), path
    assert asking(console[0], secret, "GET", "/api/v1/status").status_code == 200
