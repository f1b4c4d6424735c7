"""Signing in and out at a real server, as browsers do it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kinfolk.commands.access.people import People
from tests.people import OWNER, PASSWORD, Browser, Shop, invited, let_in, problem, set_up_link, with_owner
from tests.serving import collecting, policy_holds, serving


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with with_owner(tmp_path_factory.mktemp("shop")) as found:
        yield found


@pytest.fixture
def policy(shop: Shop) -> Iterator[Path]:
    """policies/access.yml, which is gone after the test."""
    file = shop[0].folder / "policies" / "access.yml"
    file.parent.mkdir(exist_ok=True)
    yield file
    file.unlink(missing_ok=True)
    policy_holds()


def test_the_first_owner_may_do_everything(shop: Shop) -> None:
    page = shop[1].get("/me").text
    assert "owner" in page and "people.manage" in page


def test_whoever_is_not_signed_in_is_led_to_where_one_does_and_back(shop: Shop) -> None:
    browser = Browser(shop[0].url)
    answer = browser.get("/me?look=here")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/me%3Flook%3Dhere")
    form = browser.get(answer.headers["location"]).text
    assert 'name="next" value="/me?look=here"' in form


def test_the_right_password_lets_in_and_signing_out_ends_the_session(shop: Shop) -> None:
    browser = Browser(shop[0].url)
    browser.sign_in(" Owner@Example.com ")
    assert browser.signed_in
    kept = dict(browser.client.cookies)
    answer = browser.send("/me", "/sign-out", {})
    assert answer.headers["location"] == "/sign-in"
    assert not browser.client.cookies
    browser.client.cookies.update(kept)
    assert not browser.signed_in


def test_a_link_for_an_invitation_is_good_for_one_visit(shop: Shop) -> None:
    link = let_in(shop[0], "once@example.com")
    first, second = Browser(shop[0].url), Browser(shop[0].url)
    assert first.get(link).status_code == first.get(link).status_code == 200  # looking uses nothing up
    assert "once@example.com" in first.get(link).text
    assert first.enter(link).status_code == 303
    assert (
        second.get(link).status_code == second.post(link, {"password": PASSWORD, "again": PASSWORD}).status_code == 404
    )
    assert first.signed_in and not second.signed_in


def test_of_many_who_use_a_link_at_once_one_is_let_in(shop: Shop) -> None:
    link = let_in(shop[0], "race@example.com")
    together = threading.Barrier(4)

    def use(number: int) -> int:
        together.wait()
        word = f"password of number {number}"
        return Browser(shop[0].url).post(link, {"password": word, "again": word}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(4))) == [303, 404, 404, 404]


def test_only_the_newest_link_is_good(shop: Shop) -> None:
    old = let_in(shop[0], "twice@example.com")
    new = People(shop[0].folder).invite("twice@example.com")
    browser = Browser(shop[0].url)
    assert [browser.get(link).status_code for link in (old, new)] == [404, 200]


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("elevenchars", "too short"),
        ("x" * 257, "too long"),
        ("Password1234", "first passwords"),
        ("aaaaaaaabbbb", "first passwords"),
        ("WEAK@example.com", "first passwords"),
    ],
)
def test_weak_passwords_are_refused_and_the_link_stays_good(shop: Shop, password: str, said: str) -> None:
    people = People(shop[0].folder)
    known = "weak@example.com" in [one.email for one in people.all()]
    link = people.invite("weak@example.com") if known else let_in(shop[0], "weak@example.com")
    browser = Browser(shop[0].url)
    answer = browser.enter(link, password=password, again=password)
    assert answer.status_code == 400 and said in problem(answer)
    assert browser.enter(link, again="another one entirely").status_code == 400
    assert browser.get(link).status_code == 200


def test_a_password_is_the_same_however_its_letters_are_made(shop: Shop) -> None:
    link = let_in(shop[0], "letters@example.com")
    Browser(shop[0].url).enter(link, password="caf\u00e9 caf\u00e9 caf\u00e9", again="caf\u00e9 caf\u00e9 caf\u00e9")
    browser = Browser(shop[0].url)
    browser.sign_in("letters@example.com", "cafe\u0301 cafe\u0301 cafe\u0301")
    assert browser.signed_in


def test_digits_and_words_of_json_are_passwords_like_others(shop: Shop) -> None:
    for number, password in enumerate(("604512349876", "[1,2,3,4,5,6]", "true or false", " blanks count ")):
        Browser(shop[0].url).enter(let_in(shop[0], f"odd{number}@example.com"), password=password, again=password)
        browser = Browser(shop[0].url)
        browser.sign_in(f"odd{number}@example.com", password)
        assert browser.signed_in


def test_another_password_ends_every_other_session(shop: Shop) -> None:
    here = invited(shop[0], "changes@example.com")
    elsewhere = Browser(shop[0].url)
    elsewhere.sign_in("changes@example.com")
    assert elsewhere.signed_in
    new = {"password": "four rather plain words", "again": "four rather plain words"}
    assert "not the password" in problem(here.send("/me", "/me/password", {"now_used": "not this one", **new}))
    assert here.send("/me", "/me/password", {"now_used": PASSWORD, **new}).status_code == 303
    assert here.signed_in and not elsewhere.signed_in
    assert elsewhere.sign_in("changes@example.com").status_code == 401
    elsewhere.sign_in("changes@example.com", new["password"])
    assert elsewhere.signed_in


def test_signing_out_everywhere_ends_every_session(shop: Shop) -> None:
    here = invited(shop[0], "everywhere@example.com")
    elsewhere = Browser(shop[0].url)
    elsewhere.sign_in("everywhere@example.com")
    here.send("/me", "/me/sign-out-everywhere", {})
    assert not here.signed_in and not elsewhere.signed_in


def test_who_is_deactivated_is_out_at_once_and_in_again_when_activated(shop: Shop) -> None:
    browser, people = invited(shop[0], "leaves@example.com"), People(shop[0].folder)
    people.deactivate("leaves@example.com")
    assert not browser.signed_in
    assert browser.sign_in("leaves@example.com").status_code == 401
    people.activate("leaves@example.com")
    assert not browser.signed_in
    browser.sign_in("leaves@example.com")
    assert browser.signed_in


def test_an_invitation_takes_the_place_of_a_forgotten_password_and_ends_sessions(shop: Shop) -> None:
    old = invited(shop[0], "forgets@example.com")
    link = People(shop[0].folder).invite("forgets@example.com")
    new = Browser(shop[0].url)
    new.enter(link, password="another plain one", again="another plain one")
    assert new.signed_in and not old.signed_in


def test_roles_of_the_file_hold_from_when_it_is_written_and_no_longer(shop: Shop, policy: Path) -> None:
    browser = invited(shop[0], "role@example.com", "analyst")
    policy.write_text("people: {role@example.com: [custodian]}\n")
    policy_holds()
    assert "people.manage" in browser.get("/me").text and "profiles.read" in browser.get("/me").text
    policy.write_text("people: {role@example.com: []}\n")
    policy_holds()
    assert "people.manage" not in browser.get("/me").text
    People(shop[0].folder).give("role@example.com", ())
    assert "profiles.read" not in browser.get("/me").text


def test_a_mistake_in_the_file_leaves_what_held_before(shop: Shop, policy: Path) -> None:
    browser = invited(shop[0], "mistake@example.com")
    policy.write_text("people: {mistake@example.com: [steward]}\n")
    policy_holds()
    assert "steward" in browser.get("/me").text
    policy.write_text("people: {mistake@example.com: [stewart]}\n")
    policy_holds()
    assert "steward" in browser.get("/me").text
    policy.write_text("people: {mistake@example.com: [marketer]}\n")
    policy_holds()
    assert "marketer" in browser.get("/me").text and "steward" not in browser.get("/me").text


def test_a_session_ends_when_nobody_asks_for_anything(shop: Shop, policy: Path) -> None:
    busy, idle = invited(shop[0], "busy@example.com"), invited(shop[0], "idle@example.com")
    policy.write_text("sign_in: {idle: 4 seconds}\n")
    policy_holds()
    for _ in range(12):
        time.sleep(0.5)
        assert busy.signed_in
    assert not idle.signed_in


def test_a_session_ends_after_its_time_however_busy(shop: Shop, policy: Path) -> None:
    browser = invited(shop[0], "long@example.com")
    policy.write_text("sign_in: {session: 1 second}\n")
    policy_holds()
    time.sleep(1)
    assert not browser.signed_in


def test_nobody_signs_in_with_a_password_where_there_are_none(shop: Shop, policy: Path) -> None:
    link = let_in(shop[0], "company@example.com")
    policy.write_text(
        "sign_in:\n  passwords: false\n"
        "  oidc: {issuer: https://id.example.com, client_id: kinfolk, client_secret: '${WEB_KEY}'}\n"
    )
    policy_holds()
    browser = Browser(shop[0].url)
    form = browser.get("/sign-in").text
    assert 'type="password"' not in form and 'href="/sign-in/oidc' in form
    assert browser.post("/sign-in", {"email": OWNER, "password": PASSWORD}).status_code == 403
    assert browser.get(link).status_code == 404


def test_who_was_here_is_kept(shop: Shop) -> None:
    invited(shop[0], "seen@example.com")
    let_in(shop[0], "unseen@example.com")
    found = {one.email: one for one in People(shop[0].folder).all()}
    assert found["seen@example.com"].last_seen_at and not found["unseen@example.com"].last_seen_at
    assert (found["seen@example.com"].created_by, found[OWNER].created_by) == ("a test", None)


def test_the_set_up_link_is_good_once_and_only_the_newest(tmp_path: Path) -> None:
    collecting(tmp_path)
    with serving(tmp_path) as server:
        old = set_up_link(server)
        server.stop()
    with serving(tmp_path) as server:
        link = set_up_link(server)
        assert link != old
        assert Browser(server.url).get(old).status_code == 404
        assert "no e-mail address" in problem(Browser(server.url).enter(link, email="nobody"))
        together = threading.Barrier(3)

        def use(number: int) -> int:
            together.wait()
            said = {"email": f"first{number}@example.com", "password": PASSWORD, "again": PASSWORD}
            return Browser(server.url).post(link, said).status_code

        with ThreadPoolExecutor(3) as pool:
            assert sorted(pool.map(use, range(3))) == [303, 404, 404]
        assert Browser(server.url).get(link).status_code == 404
        server.stop()
    with serving(tmp_path) as server:
        said = server.stop()
    assert "/setup/" not in said
    assert not [f for f in tmp_path.rglob("*") if f.is_file() and re.search(rb"three plain words", f.read_bytes())]
