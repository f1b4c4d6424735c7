"""Whoever guesses passwords or addresses, at a real server."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from kinfolk.commands.access.people import Newcomer, People
from tests.people import OWNER, PASSWORD, Browser, let_in, problem, with_owner
from tests.serving import Serving, policy_holds

WRONG = "not the right one"
LOCKED = 60  # seconds


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("shop")
    with with_owner(folder) as (made, _):
        (folder / "policies").mkdir()
        policy(made, locked=LOCKED)
        yield made


def policy(server: Serving, attempts: int = 3, locked: int = LOCKED) -> None:
    """policies/access.yml with these bounds, which hold; locked: in seconds"""
    file = server.folder / "policies" / "access.yml"
    file.write_text(f"sign_in: {{attempts: {attempts}, locked: {locked} seconds}}\n")
    policy_holds()


def somebody(server: Serving, email: str) -> Browser:
    browser = Browser(server.url)
    browser.enter(let_in(server, email))
    return Browser(server.url)


@pytest.mark.parametrize("there", [True, False])
def test_after_so_many_wrong_passwords_an_account_is_locked_whether_there_is_one_or_not(
    server: Serving, there: bool
) -> None:
    email = f"locked-{there}@example.com".lower()
    browser = somebody(server, email) if there else Browser(server.url)
    answers = [browser.sign_in(email, WRONG) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert problem(answers[0]) == "No account has this address and this password."
    assert "Too many wrong passwords" in problem(answers[3])
    assert 0 < int(answers[3].headers["retry-after"]) <= LOCKED


def test_a_lock_holds_against_the_right_password_and_ends(server: Serving) -> None:
    browser = somebody(server, "waits@example.com")
    for _ in range(3):
        browser.sign_in("waits@example.com", WRONG)
    assert browser.sign_in("Waits@Example.com").status_code == 429
    policy(server, locked=1)
    browser.sign_in("waits@example.com")
    policy(server)
    assert browser.signed_in


def test_the_right_password_begins_the_count_anew(server: Serving) -> None:
    browser = somebody(server, "clumsy@example.com")
    for _ in range(3):
        browser.sign_in("clumsy@example.com", WRONG)
        browser.sign_in("clumsy@example.com", WRONG)
        assert browser.sign_in("clumsy@example.com").status_code == 303


def test_many_guesses_at_once_are_no_more_than_may_be_wrong(server: Serving) -> None:
    somebody(server, "stormed@example.com")
    together = threading.Barrier(9)

    def guess(number: int) -> int:
        together.wait()
        body = {"email": "stormed@example.com", "password": f"{WRONG} {number}"}
        return Browser(server.url).post("/sign-in", body).status_code

    with ThreadPoolExecutor(9) as pool:
        found = list(pool.map(guess, range(9)))
    assert found.count(401) == 3
    assert set(found) <= {401, 429}


def test_a_link_of_whoever_looks_after_people_opens_a_lock(server: Serving) -> None:
    browser = somebody(server, "helped@example.com")
    for _ in range(4):
        browser.sign_in("helped@example.com", WRONG)
    browser.enter(People(server.folder).invite("helped@example.com"))
    assert browser.signed_in
    assert Browser(server.url).sign_in("helped@example.com").status_code == 303


def test_a_stolen_session_is_no_way_to_guess_the_password(server: Serving) -> None:
    browser = somebody(server, "stolen@example.com")
    browser.sign_in("stolen@example.com")
    new = {"password": "four rather plain words", "again": "four rather plain words"}
    for _ in range(4):
        browser.send("/me", "/me/password", {"now_used": WRONG, **new})
    answer = browser.send("/me", "/me/password", {"now_used": PASSWORD, **new})
    assert (answer.status_code, problem(answer)) == (400, "That is not the password you use now.")


def test_the_answer_tells_nothing_of_whether_there_is_such_an_account(server: Serving) -> None:
    somebody(server, "gone@example.com")
    People(server.folder).deactivate("gone@example.com")
    People(server.folder).add(Newcomer("never@example.com", None, (), "a test"))
    browser, pages = Browser(server.url), set()
    for email in (OWNER, "gone@example.com", "never@example.com", "nobody@example.com"):
        answer = browser.sign_in(email, WRONG)
        pages.add((answer.status_code, answer.text.replace(email, "")))
    assert len(pages) == 1


def test_the_answer_takes_as_long_where_there_is_no_such_account(server: Serving) -> None:
    policy(server, attempts=100)
    browser = Browser(server.url)

    def seconds(email: str) -> float:
        began = time.perf_counter()
        assert browser.post("/sign-in", {"email": email, "password": WRONG}).status_code == 401
        return time.perf_counter() - began

    found = [(seconds(OWNER), seconds("nobody@example.com")) for _ in range(9)]
    known, unknown = (statistics.median(times) for times in zip(*found, strict=True))
    assert 0.4 < known / unknown < 2.5  # argon2 takes most of it, where it is asked


def test_a_crowd_is_asked_to_come_again_and_others_are_answered(server: Serving) -> None:
    policy(server, attempts=100)
    together, browsers = threading.Barrier(40), [Browser(server.url) for _ in range(40)]

    def guess(number: int) -> int:
        together.wait()
        return browsers[number].post("/sign-in", {"email": f"{number}@example.com", "password": WRONG}).status_code

    with ThreadPoolExecutor(41) as pool:
        crowd = [pool.submit(guess, number) for number in range(40)]
        for page in ("/health", "/sign-in"):
            assert server.client.get(server.url + page).status_code == 200
        found = [one.result() for one in crowd]
    assert set(found) == {401, 503} and found.count(401) >= 2
    assert Browser(server.url).sign_in(OWNER).status_code == 303
