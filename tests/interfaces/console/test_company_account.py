"""Signing in with the company's account, at a real server and real identity providers, honest and not."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from kinfolk.commands.access.people import Newcomer, People
from kinfolk.commands.access.tokens import Wanted, create_token
from tests.people import Browser, kinfolk, problem
from tests.provider import CLIENT, SECRET, Claims, Provider, provider
from tests.serving import KEY, Serving, collecting, free_port, policy_holds, serving, wait_until

SCHEMAS = "urn:ietf:params:scim:schemas:core:2.0"
USER, GROUP, PATCH = f"{SCHEMAS}:User", f"{SCHEMAS}:Group", "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LENA = {"sub": "lena-1", "email": "Lena@Example.com", "email_verified": True, "name": "Lena Gruber"}


def trusting(folder: Path, issuer: str, *lines: str) -> None:
    """policies/access.yml of a company with that provider, by whose groups analysts are known."""
    policy = folder / "policies" / "access.yml"
    policy.parent.mkdir(exist_ok=True)
    oidc = f"{{issuer: {issuer}, client_id: {CLIENT}, client_secret: '${{OIDC_SECRET}}', groups: groups}}"
    policy.write_text("\n".join([f"sign_in: {{oidc: {oidc}}}", "groups:", "  data-team: [analyst]", *lines, ""]))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEB_KEY", KEY)
        patch.setenv("OIDC_SECRET", SECRET)
        folder = tmp_path_factory.mktemp("shop")
        collecting(folder)
        port = free_port()
        with serving(folder, "--url", f"http://127.0.0.1:{port}", port=port) as server:
            yield server


@pytest.fixture
def honest(shop: Serving) -> Iterator[Provider]:
    """A provider that the company trusts, at which an analyst nobody knows yet is signed in."""
    with provider(**{**LENA, "sub": f"sub-{time.time_ns()}", "email": f"p{time.time_ns()}@example.com"}) as found:
        found.person["groups"] = ["data-team", "everybody"]
        trusting(shop.folder, found.url)
        policy_holds()
        yield found


def sent_off(shop: Serving, browser: Browser, onward: str = "/me") -> str:
    """The address to which the provider sends the browser back."""
    away = browser.get("/sign-in/oidc", params={"next": onward})
    assert away.status_code == 303, problem(away)
    return httpx.get(away.headers["location"]).headers["location"]


def came_back(shop: Serving, browser: Browser) -> httpx.Response:
    return browser.get(sent_off(shop, browser))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider's own code
def test_an_independent_provider_lets_somebody_in(shop: Serving) -> None:
    person = oidc_provider_mock.User(
        sub="lena-9", claims={**LENA, "email": "lena9@example.com", "groups": ["data-team"]}
    )
    with oidc_provider_mock.run_server_in_thread(user_claims=[person], require_nonce=True) as server:
        trusting(shop.folder, f"http://localhost:{server.server_port}")
        policy_holds()
        browser = Browser(shop.url)
        away = browser.get("/sign-in/oidc", params={"next": "/me"}).headers["location"]
        back = httpx.post(away, data={"sub": "lena-9"}).headers["location"]
        answer = browser.get(back)

    assert (answer.status_code, answer.headers["location"]) == (303, "/me"), problem(answer)
    page = browser.get("/me").text
    assert "lena9@example.com" in page and "analyst" in page


def test_somebody_comes_back_to_where_they_wanted_to_go_and_nowhere_else(shop: Serving, honest: Provider) -> None:
    for onward, arrived in [
        ("/me?look=here", "/me?look=here"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
    ]:
        browser = Browser(shop.url)
        answer = browser.get(sent_off(shop, browser, onward))
        assert answer.headers["location"] == arrived


def test_what_goes_along_is_ours_whatever_host_the_browser_names(shop: Serving, honest: Provider) -> None:
    away = Browser(shop.url).get("/sign-in/oidc").headers["location"]

    asked = {name: values[0] for name, values in parse_qs(urlsplit(away).query).items()}
    assert asked["redirect_uri"] == f"{shop.url}/sign-in/oidc/callback"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert Browser(shop.url).get("/sign-in/oidc", headers={"host": "evil.example"}).status_code == 421


def test_the_cookie_is_for_no_script_and_goes_when_somebody_came_back(shop: Serving, honest: Provider) -> None:
    browser = Browser(shop.url)

    away = browser.get("/sign-in/oidc")
    kept = away.headers["set-cookie"].lower()
    assert "httponly" in kept and "samesite=lax" in kept and "max-age=600" in kept
    browser.get(httpx.get(away.headers["location"]).headers["location"])
    assert list(browser.client.cookies) == ["kinfolk"]


def test_groups_give_roles_at_once_and_take_them(shop: Serving, honest: Provider) -> None:
    browser = Browser(shop.url)
    came_back(shop, browser)
    assert "profiles.read" in browser.get("/me").text

    trusting(shop.folder, honest.url, "roles: {analyst: {may: []}}")
    policy_holds()
    assert "profiles.read" not in browser.get("/me").text


def test_who_has_no_role_gets_no_account(shop: Serving, honest: Provider) -> None:
    honest.person["groups"] = ["everybody"]
    browser = Browser(shop.url)

    answer = came_back(shop, browser)

    assert answer.status_code == 403
    assert f"{honest.person['email']} has no account here" in problem(answer)
    assert not browser.signed_in
    assert honest.person["email"] not in [one.email for one in People(shop.folder).all()]


def test_who_was_let_in_before_is_known_by_what_the_provider_calls_them(shop: Serving, honest: Provider) -> None:
    name = f"known{time.time_ns()}"
    People(shop.folder).add(Newcomer(f"{name}@example.com", None, ("steward",), "a test"))
    honest.person |= {"email": f"{name.title()}@Example.com", "groups": []}

    browser = Browser(shop.url)
    came_back(shop, browser)
    assert "decisions.write" in browser.get("/me").text
    honest.person["email"] = f"{name}.married@example.com"
    came_back(shop, browser)

    assert f"{name}.married@example.com" in browser.get("/me").text
    assert [one.roles for one in People(shop.folder).all() if one.email.startswith(name)] == [("steward",)]


def test_another_person_of_the_same_address_is_not_let_in(shop: Serving, honest: Provider) -> None:
    came_back(shop, Browser(shop.url))
    honest.person["sub"] = "somebody-else"
    browser = Browser(shop.url)

    answer = came_back(shop, browser)

    assert answer.status_code == 403 and "somebody else of the same address" in problem(answer)
    assert not browser.signed_in


def test_a_deactivated_account_stays_so(shop: Serving, honest: Provider) -> None:
    came_back(shop, Browser(shop.url))
    People(shop.folder).deactivate(honest.person["email"])
    browser = Browser(shop.url)

    answer = came_back(shop, browser)

    assert answer.status_code == 403 and "deactivated" in problem(answer)
    assert not browser.signed_in


@pytest.mark.parametrize("verified", [False, None, "no"])
def test_an_address_that_nobody_verified_proves_nothing(shop: Serving, honest: Provider, verified: Any) -> None:
    honest.person["email_verified"] = verified

    answer = came_back(shop, Browser(shop.url))

    assert answer.status_code == 403 and "verified" in problem(answer)


def test_the_policy_may_trust_addresses_of_which_the_provider_says_nothing(shop: Serving, honest: Provider) -> None:
    policy = shop.folder / "policies" / "access.yml"
    policy.write_text(policy.read_text().replace("groups: groups}", "groups: groups, trust_email: true}"))
    policy_holds()
    del honest.person["email_verified"]
    browser = Browser(shop.url)
    came_back(shop, browser)
    assert browser.signed_in

    honest.person["email_verified"] = False
    assert came_back(shop, Browser(shop.url)).status_code == 403


def test_what_the_token_leaves_out_is_asked_for(shop: Serving, honest: Provider) -> None:
    honest.of_person = {name: honest.person.pop(name) for name in ("email", "email_verified", "groups")}
    browser = Browser(shop.url)
    came_back(shop, browser)
    assert browser.signed_in

    honest.of_person["sub"] = "somebody-else"
    assert "that they are another" in problem(came_back(shop, Browser(shop.url)))


def by_hand(header: Claims, claims: Claims, key: bytes | None) -> str:
    """A token such as no library makes: signed with the key as a shared secret, or not at all."""

    def encoded(part: bytes) -> str:
        return base64.urlsafe_b64encode(part).rstrip(b"=").decode()

    signed = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.digest(key, signed.encode(), "sha256") if key else b""
    return f"{signed}.{encoded(signature)}"


def unsigned(_: Provider, claims: Claims) -> str:
    return by_hand({"alg": "none", "typ": "JWT"}, claims, None)


def by_public_key(provider: Provider, claims: Claims) -> str:
    return by_hand({"alg": "HS256", "kid": provider.key.kid}, claims, provider.key.as_pem(private=False))


def by_our_own_secret(provider: Provider, claims: Claims) -> str:
    return by_hand({"alg": "HS256", "kid": provider.key.kid}, claims, SECRET.encode())


def by_a_stranger(provider: Provider, claims: Claims) -> str:
    stranger = RSAKey.generate_key(2048, {"kid": provider.key.kid})
    return jwt.encode({"alg": "RS256", "kid": provider.key.kid}, claims, stranger)


def by_a_key_of_another_name(_: Provider, claims: Claims) -> str:
    return jwt.encode({"alg": "RS256", "kid": "own"}, claims, RSAKey.generate_key(2048, {"kid": "own"}))


def bringing_its_own_key(_: Provider, claims: Claims) -> str:
    own = RSAKey.generate_key(2048, {"kid": "own"})
    shown = {name: own.as_dict()[name] for name in ("kty", "n", "e")}
    return jwt.encode({"alg": "RS256", "jwk": shown}, claims, own)


def with_claims(**other: Any) -> Callable[[Provider, Claims], str]:
    """A token that is right but for these claims; None leaves one out."""

    def signed(provider: Provider, claims: Claims) -> str:
        said = {name: value for name, value in {**claims, **other}.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": provider.key.kid}, said, provider.key)

    return signed


LIES: dict[str, Callable[[Provider, Claims], str]] = {
    "signed by nobody": unsigned,
    "signed with the public key as a secret": by_public_key,
    "signed with our own secret": by_our_own_secret,
    "signed by somebody else": by_a_stranger,
    "signed with a key nobody knows": by_a_key_of_another_name,
    "signed with a key it brings": bringing_its_own_key,
    "no token": lambda _provider, _claims: "nonsense",
    "nothing": lambda _provider, _claims: "",
    "for another audience": with_claims(aud="another"),
    "for two, and made for the other": with_claims(aud=[CLIENT, "another"], azp="another"),
    "for two, and not said for whom": with_claims(aud=[CLIENT, "another"]),
    "for nobody": with_claims(aud=None),
    "of another issuer": with_claims(iss="https://evil.example"),
    "of yesterday": with_claims(exp=1_700_000_000),
    "for ever": with_claims(exp=None),
    "for ever, as a word": with_claims(exp="never"),
    "of tomorrow": with_claims(iat=4_000_000_000),
    "for another attempt": with_claims(nonce="another"),
    "for any attempt": with_claims(nonce=None),
    "of nobody": with_claims(sub=None),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_proves_nothing_lets_nobody_in(shop: Serving, honest: Provider, lie: str) -> None:
    honest.sign = LIES[lie]
    browser = Browser(shop.url)

    answer = came_back(shop, browser)

    assert answer.status_code == 502
    assert "cannot be believed" in problem(answer)
    assert not browser.signed_in


def test_coming_back_twice_lets_in_once(shop: Serving, honest: Provider) -> None:
    honest.reuses_codes = True
    first = Browser(shop.url)
    back = sent_off(shop, first)
    kept = dict(first.client.cookies)
    first.get(back)
    again = Browser(shop.url)
    again.client.cookies.update(kept)

    answer = again.get(back)

    assert answer.status_code == 403 and "is over" in problem(answer)
    assert not again.signed_in


def test_nobody_is_signed_in_by_somebody_elses_attempt(shop: Serving, honest: Provider) -> None:
    attacker, victim = Browser(shop.url), Browser(shop.url)
    back = sent_off(shop, attacker)

    without = victim.get(back)
    sent_off(shop, victim)  # an attempt of the victim's own is another
    other = victim.get(back)

    assert [without.status_code, other.status_code] == [403, 403]
    assert not victim.signed_in


def test_a_code_of_another_attempt_is_worth_nothing(shop: Serving, honest: Provider) -> None:
    stolen = parse_qs(urlsplit(sent_off(shop, Browser(shop.url))).query)["code"][0]
    browser = Browser(shop.url)
    own = parse_qs(urlsplit(sent_off(shop, browser)).query)

    answer = browser.get("/sign-in/oidc/callback", params={"code": stolen, "state": own["state"][0]})

    assert answer.status_code == 502 and "invalid_grant" in problem(answer)
    assert not browser.signed_in


def test_an_answer_of_another_provider_is_not_taken_for_this_ones(shop: Serving, honest: Provider) -> None:
    browser = Browser(shop.url)

    answer = browser.get(sent_off(shop, browser) + "&iss=https%3A%2F%2Fevil.example")

    assert answer.status_code == 403
    assert "/token" not in honest.asked


def test_who_is_refused_there_is_told_so(shop: Serving, honest: Provider) -> None:
    browser = Browser(shop.url)
    state = parse_qs(urlsplit(sent_off(shop, browser)).query)["state"][0]

    answer = browser.get("/sign-in/oidc/callback", params={"error": "access_denied", "state": state})

    assert answer.status_code == 403 and "let nobody in" in problem(answer)


def test_keys_that_were_changed_are_fetched_once(shop: Serving, honest: Provider) -> None:
    came_back(shop, Browser(shop.url))
    honest.key = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
    browser = Browser(shop.url)

    came_back(shop, browser)

    assert browser.signed_in
    assert honest.asked.count("/keys") == 2
    honest.sign = by_a_key_of_another_name
    came_back(shop, Browser(shop.url))
    assert honest.asked.count("/keys") == 3


def test_a_provider_that_is_another_is_not_asked(shop: Serving) -> None:
    with provider(**LENA) as other:
        other.says = {"issuer": "https://login.example.com"}
        trusting(shop.folder, other.url)
        policy_holds()

        answer = Browser(shop.url).get("/sign-in/oidc")

    assert answer.status_code == 502 and "calls itself `https://login.example.com`" in problem(answer)


def test_a_provider_that_is_down_is_a_sentence(shop: Serving) -> None:
    trusting(shop.folder, f"http://127.0.0.1:{free_port()}")
    policy_holds()

    answers = [Browser(shop.url).get("/sign-in/oidc") for _ in range(2)]

    for answer in answers:
        assert answer.status_code == 502 and "does not answer" in problem(answer)
        assert "Traceback" not in answer.text


def test_with_passwords_switched_off_only_the_company_lets_in(shop: Serving, honest: Provider) -> None:
    policy = shop.folder / "policies" / "access.yml"
    policy.write_text(policy.read_text().replace("sign_in: {", "sign_in: {passwords: false, "))
    policy_holds()
    browser = Browser(shop.url)

    form = browser.get("/sign-in").text
    assert "/sign-in/oidc" in form and "password" not in form
    assert browser.post("/sign-in", {"email": "lena@example.com", "password": "whatever it is"}).status_code == 403
    came_back(shop, browser)
    assert browser.signed_in


def test_the_directory_lets_people_in_and_puts_them_out_while_they_are_there(shop: Serving, honest: Provider) -> None:
    wanted = Wanted(f"directory {time.time_ns()}", ["people.provision"], timedelta(hours=1), "a test")
    headers = {"authorization": f"Bearer {create_token(shop.folder, wanted)[0]}"}
    trusting(shop.folder, honest.url, "  bakers: [steward]")
    policy_holds()
    honest.person["groups"] = []
    with httpx.Client(base_url=f"{shop.url}/scim/v2", headers=headers, timeout=20) as scim:
        user = scim.post("/Users", json={"userName": honest.person["email"], "schemas": [USER]}).json()
        group = scim.post("/Groups", json={"displayName": "bakers", "schemas": [GROUP]}).json()["id"]
        browser = Browser(shop.url)
        came_back(shop, browser)
        assert "decisions.write" not in browser.get("/me").text

        replaced(scim, f"/Groups/{group}", "members", [{"value": user["id"]}])
        assert "decisions.write" in browser.get("/me").text
        replaced(scim, f"/Groups/{group}", "members", [])
        assert browser.signed_in and "decisions.write" not in browser.get("/me").text
        replaced(scim, f"/Users/{user['id']}", "active", False)
        assert not browser.signed_in
        replaced(scim, f"/Users/{user['id']}", "active", True)
        assert not browser.signed_in  # that session is over
        came_back(shop, browser)
        assert browser.signed_in
        scim.delete(f"/Users/{user['id']}")
        assert not browser.signed_in


def replaced(scim: httpx.Client, path: str, attribute: str, value: Any) -> None:
    operation = {"op": "replace", "path": attribute, "value": value}
    answer = scim.patch(path, json={"schemas": [PATCH], "Operations": [operation]})
    assert answer.status_code == 204, answer.text


def test_an_account_that_was_removed_makes_room_for_another_of_that_address(shop: Serving, honest: Provider) -> None:
    came_back(shop, Browser(shop.url))
    honest.person["sub"] = "successor"
    kinfolk(shop.folder, "user", "remove", honest.person["email"])
    browser = Browser(shop.url)

    came_back(shop, browser)

    assert browser.signed_in


def test_a_company_may_change_its_provider(shop: Serving, honest: Provider) -> None:
    came_back(shop, Browser(shop.url))
    with provider(**honest.person | {"sub": "another name for the same person"}) as other:
        trusting(shop.folder, other.url)
        policy_holds()
        browser = Browser(shop.url)
        came_back(shop, browser)

    assert browser.signed_in


def test_who_sets_off_again_and_again_pushes_nobody_out_and_is_asked_to_wait(shop: Serving, honest: Provider) -> None:
    browser, often = Browser(shop.url), Browser(shop.url)
    back = sent_off(shop, browser)

    answers = [often.get("/sign-in/oidc") for _ in range(150)]

    late = next(answer for answer in answers if answer.status_code == 429)
    assert "Try again in a moment" in problem(late) and late.headers["retry-after"] == "1"
    assert 'href="/sign-in/oidc' in late.text
    browser.get(back)
    assert browser.signed_in
    wait_until(lambda: often.get("/sign-in/oidc").status_code == 303)


def test_where_there_is_no_provider_there_is_nothing_to_be_sent_to(shop: Serving) -> None:
    (shop.folder / "policies" / "access.yml").unlink(missing_ok=True)
    policy_holds()

    answer = Browser(shop.url).get("/sign-in/oidc")

    assert answer.status_code == 404 and "company's account" in problem(answer)


def test_without_an_address_of_ours_nobody_is_sent_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_SECRET", SECRET)
    collecting(tmp_path)
    with provider(**LENA) as found:
        trusting(tmp_path, found.url)
        with serving(tmp_path) as server:
            answer = Browser(server.url).get("/sign-in/oidc")

    assert answer.status_code == 502 and "--url" in problem(answer)
