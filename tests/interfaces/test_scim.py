"""SCIM, of a real server: what identity providers send, and what the conformance tester of the library says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from tests.interfaces.test_api import kinfolk
from tests.serving import Serving, collecting, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("shop")
    collecting(folder)
    with serving(folder) as server:
        yield server


@pytest.fixture(scope="module")
def scim(served: Serving) -> Iterator[httpx2.Client]:
    token = kinfolk(served.folder, "token", "create", "directory", "--may", "people.provision")["token"]
    headers = {"authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=f"{served.url}/scim/v2", headers=headers, timeout=20) as client:
        yield client


USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def added(scim: httpx2.Client, name: str, **known: Any) -> dict[str, Any]:
    """A new user."""
    answer = scim.post("/Users", json={"schemas": [USER], "userName": name, **known})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def grouped(scim: httpx2.Client, name: str, *members: str) -> dict[str, Any]:
    """A new group."""
    belonging = [{"value": member} for member in members]
    answer = scim.post("/Groups", json={"schemas": [GROUP], "displayName": name, "members": belonging})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def patched(scim: httpx2.Client, path: str, *operations: dict[str, Any]) -> dict[str, Any]:
    """What is there once the operations were applied."""
    answer = scim.patch(path, json={"schemas": [PATCH], "Operations": operations})
    assert answer.status_code in (200, 204), answer.text
    return dict(scim.get(path).json())


def members(group: dict[str, Any]) -> set[str]:
    return {member["value"] for member in group.get("members", ())}


def test_the_conformance_tester_finds_nothing(scim: httpx2.Client) -> None:
    results = check_server(SyncSCIMClient(scim))

    fine = (Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE)
    wrong = [f"{one.status} {one.title}: {one.reason}" for one in results if one.status not in fine]
    assert not wrong
    assert len(results) > 50


def test_entra_id_looks_for_somebody_adds_them_and_shuts_them_out(scim: httpx2.Client) -> None:
    asked = {"filter": 'userName eq "Lena.Gruber@example.com"'}
    assert scim.get("/Users", params=asked).json()["totalResults"] == 0
    new = {
        "schemas": [USER, ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e",
        "userName": "Lena.Gruber@example.com",
        "active": True,
        "displayName": "Lena Gruber",
        "emails": [{"primary": True, "type": "work", "value": "lena.gruber@example.com"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Lena Gruber", "familyName": "Gruber", "givenName": "Lena"},
        "title": "Baker",
        "roles": [],
        ENTERPRISE: {"department": "Bakery", "manager": {"value": "27"}},
    }
    made = scim.post("/Users", json=new).json()

    assert made["userName"] == "lena.gruber@example.com"
    assert made["meta"]["location"] == f"{scim.base_url}Users/{made['id']}"
    assert [one["id"] for one in scim.get("/Users", params=asked).json()["Resources"]] == [made["id"]]
    changed = patched(
        scim,
        f"/Users/{made['id']}",
        {"op": "Add", "path": "displayName", "value": "Lena Huber"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "lena@example.org"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Office"},
        {"op": "Replace", "value": {"name.familyName": "Huber"}},
        {"op": "Replace", "path": "active", "value": "False"},
    )
    assert (changed["displayName"], changed["active"]) == ("Lena Huber", False)


def test_entra_id_puts_people_into_groups_and_takes_them_out(scim: httpx2.Client) -> None:
    one, two, three = (added(scim, f"{name}@groups.example.com")["id"] for name in ("one", "two", "three"))
    group = grouped(scim, "Bakers")
    path = f"/Groups/{group['id']}"

    adding = {"op": "Add", "path": "members", "value": [{"value": one}, {"value": two}, {"value": three}]}
    assert members(patched(scim, path, adding)) == {one, two, three}
    removing = {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": one}]}
    assert members(patched(scim, path, removing)) == {two, three}
    assert members(patched(scim, path, {"op": "Remove", "path": f'members[value eq "{two}"]'})) == {three}
    assert "members" not in scim.get(path, params={"excludedAttributes": "members"}).json()
    found = scim.get("/Groups", params={"filter": 'displayName eq "bakers"'}).json()
    assert [one["id"] for one in found["Resources"]] == [group["id"]]


def test_okta_puts_the_whole_user_and_switches_them_off_without_a_path(scim: httpx2.Client) -> None:
    made = added(scim, "max@okta.example.com", displayName="Max", externalId="00u1", password="Ab1-secret", groups=[])
    path = f"/Users/{made['id']}"
    whole = {**made, "displayName": "Max Gruber", "name": {"givenName": "Max"}, "locale": "de-AT", "groups": []}

    replaced = scim.put(path, json=whole).json()

    assert replaced["displayName"] == "Max Gruber"
    assert "password" not in replaced
    assert patched(scim, path, {"op": "replace", "value": {"active": False}})["active"] is False
    listed = scim.get("/Users", params={"startIndex": 1, "count": 100, "filter": 'externalId eq "00u1"'}).json()
    assert [one["id"] for one in listed["Resources"]] == [made["id"]]


def test_who_says_nothing_of_active_leaves_it_as_it_is(scim: httpx2.Client) -> None:
    made = added(scim, "off@example.com", active=False)

    replaced = scim.put(f"/Users/{made['id']}", json={"schemas": [USER], "userName": "off@example.com"})

    assert replaced.json()["active"] is False


def test_pages_are_of_one_list_in_order(scim: httpx2.Client) -> None:
    for number in range(5):
        added(scim, f"page{number}@pages.example.com")
    asked = {"filter": 'userName ew "@pages.example.com" and active eq true', "sortBy": "userName", "count": 2}

    pages = [scim.get("/Users", params={**asked, "startIndex": start}).json() for start in (1, 3, 5)]

    assert [page["totalResults"] for page in pages] == [5, 5, 5]
    names = [one["userName"] for page in pages for one in page["Resources"]]
    assert names == [f"page{number}@pages.example.com" for number in range(5)]


def test_a_name_is_taken_however_it_is_written(scim: httpx2.Client) -> None:
    added(scim, "taken@example.com", externalId="e-1")

    again = scim.post("/Users", json={"schemas": [USER], "userName": "Taken@Example.com"})
    other = scim.post("/Users", json={"schemas": [USER], "userName": "else@example.com", "externalId": "e-1"})

    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
    assert other.status_code == 409


def test_a_change_of_what_was_changed_meanwhile_is_refused(scim: httpx2.Client) -> None:
    path = f"/Users/{added(scim, 'twice@example.com')['id']}"
    seen = scim.get(path).headers["etag"]
    patched(scim, path, {"op": "replace", "path": "displayName", "value": "Somebody else's"})

    late = scim.put(path, json={"schemas": [USER], "userName": "twice@example.com"}, headers={"if-match": seen})

    assert late.status_code == 412
    assert scim.get(path, headers={"if-none-match": scim.get(path).headers["etag"]}).status_code == 304


def test_a_member_has_to_be_a_user(scim: httpx2.Client) -> None:
    group = grouped(scim, "Nested")

    answer = scim.post(
        "/Groups", json={"schemas": [GROUP], "displayName": "Outer", "members": [{"value": group["id"]}]}
    )

    assert answer.status_code == 400
    assert "no user" in answer.json()["detail"]


def test_somebody_who_was_removed_is_in_no_group(scim: httpx2.Client) -> None:
    user = added(scim, "leaving@example.com")["id"]
    group = grouped(scim, "Leavers", user)

    assert scim.delete(f"/Users/{user}").status_code == 204

    assert scim.get(f"/Users/{user}").status_code == 404
    assert members(scim.get(f"/Groups/{group['id']}").json()) == set()


@pytest.mark.parametrize(
    "asked", ["userName eq", 'shoeSize eq "43"', 'userName eq "x" or (', "active gt 3", "(" * 5000 + "active pr"]
)
def test_a_filter_that_says_nothing_is_told_so(scim: httpx2.Client, asked: str) -> None:
    answer = scim.get("/Users", params={"filter": asked})

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


def test_the_directory_alone_may_provision(served: Serving, scim: httpx2.Client) -> None:
    other = kinfolk(served.folder, "token", "create", "custodian", "--may", "people.manage")["token"]
    url = f"{served.url}/scim/v2"

    without = served.client.get(f"{url}/Users")
    wrong = served.client.get(f"{url}/Users", headers={"authorization": "Bearer kin_nonsense"})
    custodian = served.client.get(f"{url}/Users", headers={"authorization": f"Bearer {other}"})

    assert [answer.status_code for answer in (without, wrong, custodian)] == [401, 401, 403]
    for answer in (without, wrong, custodian):
        assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert served.client.get(f"{url}/ServiceProviderConfig").json()["patch"]["supported"] is True


def test_bulk_is_said_not_to_be_there(scim: httpx2.Client) -> None:
    assert scim.get("/ServiceProviderConfig").json()["bulk"]["supported"] is False
    assert scim.post("/Bulk", json={"Operations": []}).status_code == 501
