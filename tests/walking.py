"""A browser that is walked through pages by keyboard, as somebody without a mouse does it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser import NAMES, QUIET

_KEYS = {"Tab": 9, "Enter": 13, "Space": 32, "Escape": 27}
_TEXTS = {"Enter": "\r", "Space": " "}


class Walk:
    """One page of a browser. It is spoken to through a pipe (Chrome DevTools Protocol), not by way of a port."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back = os.fdopen(to, "wb", 0), os.fdopen(back, "rb", 0)
        self._rest = b""
        self._asked = 0
        self._session: str | None = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """What the browser answers."""
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": params}
        session = {"sessionId": self._session} if self._session else {}
        self._to.write(json.dumps(message | session).encode() + b"\0")
        while True:
            while b"\0" not in self._rest:
                part = self._back.read(1 << 16)
                assert part, "The browser ended."
                self._rest += part
            one, _, self._rest = self._rest.partition(b"\0")
            answer = json.loads(one)
            if answer.get("id") == self._asked:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def go(self, url: str) -> None:
        """Opens the page, as from the address bar."""
        self.ask("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def press(self, key: str, times: int = 1) -> None:
        """Presses one of Tab, Enter, Space, Escape."""
        known = {"key": " " if key == "Space" else key, "code": key, "windowsVirtualKeyCode": _KEYS[key]}
        for _ in range(times):
            text = {"text": _TEXTS[key]} if key in _TEXTS else {}
            self.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **known, **text)
            self.ask("Input.dispatchKeyEvent", type="keyUp", **known)

    def type(self, text: str) -> None:
        """Writes into what has the focus."""
        self.ask("Input.insertText", text=text)

    def tab_to(self, words: str) -> None:
        """Presses Tab until what has the focus is called that."""
        called = "(e => (e.labels && e.labels[0] || e).textContent.trim())(document.activeElement)"
        for _ in range(40):
            if self.says(called) == words:
                return
            self.press("Tab")
        raise AssertionError(f"Tab never comes to: {words}")

    def says(self, script: str) -> Any:
        """What the expression comes to on the page."""
        return self.ask("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def until(self, script: str, most: float = 60) -> None:
        """Waits until the expression is true on the page."""
        end = time.monotonic() + most
        while time.monotonic() < end:
            if self.says(script) is True:
                return
            time.sleep(0.05)
        raise AssertionError(f"Never true: {script}; the page is {self.says('document.documentElement.outerHTML')}")

    def at(self, path: str) -> None:
        """Waits until the page of that path is there."""
        self.until(f"location.pathname === {json.dumps(path)} && document.readyState === 'complete'")

    def shot(self, file: Path) -> None:
        """A picture of the page."""
        file.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        """Ends the browser's pipe, and with it the browser."""
        self._to.close()
        self._back.close()


@contextmanager
def walking(user: Path) -> Iterator[Walk]:
    """A browser until the block ends; the test is skipped where there is none. user: folder for its own files"""
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        pytest.skip("Chromium is not installed here.")
    reads, to = os.pipe()
    back, writes = os.pipe()

    def as_three_and_four() -> None:  # the numbers that Chromium expects
        os.dup2(os.dup(reads), 3)
        os.dup2(os.dup(writes), 4)

    command = [browser, *QUIET, "--remote-debugging-pipe", f"--user-data-dir={user}"]
    process = subprocess.Popen(
        command,
        preexec_fn=as_three_and_four,
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(reads)
    os.close(writes)
    walk = Walk(to, back)
    try:
        yield walk
    finally:
        walk.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
