"""The first owner's way in and out, in a real browser, by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import opened
from tests.people import OWNER, PASSWORD, set_up_link
from tests.serving import collecting, serving


@pytest.mark.slow
def test_from_the_link_in_the_terminal_to_signing_out_and_in_again(tmp_path: Path) -> None:
    collecting(tmp_path / "shop")
    with serving(tmp_path / "shop") as server, opened(tmp_path / "user") as walk:
        walk.go(server.url + set_up_link(server))
        walk.type(OWNER)  # where the page puts the cursor
        walk.tab_to("Your name")
        walk.type("Olive <Owner> & Sons")
        walk.tab_to("Password")
        walk.type(PASSWORD)
        walk.tab_to("The same password again")
        walk.type(PASSWORD)
        walk.press("Enter")

        walk.at("/")
        assert walk.value("document.querySelector('h1').textContent") == "Test company"
        walk.tab_to("Sign out")
        walk.press("Enter")

        walk.at("/sign-in")
        walk.type(OWNER)
        walk.tab_to("Password")
        walk.type("not the password")
        walk.tab_to("Sign in")
        walk.press(" ")
        walk.until("document.querySelector('[role=alert]') !== null")
        assert walk.value("document.querySelector('#email').value") == OWNER
        walk.type(PASSWORD)  # the cursor is where something is to be mended
        walk.press("Enter")

        walk.at("/")
        assert walk.value("document.cookie") == ""  # no script can read the session
