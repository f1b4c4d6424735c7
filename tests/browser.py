"""A browser without a window, where this machine has one."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
_PATIENCE = 60.0  # seconds
# Name of a key -> its number, and what it writes.
_KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Escape": (27, ""), " ": (32, " ")}


def browse(page: str, user: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What the browser says of a page; the test is skipped where there is none. user: folder for its own files"""
    command = [_program(), *_QUIET, f"--user-data-dir={user}", *options, page]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def _program() -> str:
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("Chromium is not installed here.")
    return found


class Tab:
    """A page that is open, used as a person does: by its address, and by keys."""

    def __init__(self, said: int, heard: int) -> None:
        """said, heard: ends of pipes to the browser and from it, of messages that each end with a NUL"""
        self._said, self._heard = said, heard
        self._waiting, self._number, self._session = b"", 0, ""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Page.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What the browser answers to a command of its DevTools protocol."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._said, json.dumps(message).encode() + b"\0")
        found = self._next(lambda told: told.get("id") == self._number)
        assert "error" not in found, found["error"]
        return dict(found["result"])

    def go(self, address: str) -> None:
        """Opens an address."""
        self.ask("Page.navigate", url=address)
        self.loaded()

    def loaded(self) -> None:
        """Waits until a page that is being opened is there."""
        self._next(lambda told: told.get("method") == "Page.loadEventFired")

    def value(self, script: str) -> Any:
        """What JavaScript in the page comes to; a promise is waited for."""
        found = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, script: str) -> None:
        """Waits until JavaScript in the page comes to something."""
        end = time.monotonic() + _PATIENCE
        while not self.value(f"Boolean({script})"):
            assert time.monotonic() < end, f"It never came to be: {script}"
            time.sleep(0.05)

    def press(self, key: str) -> None:
        """Presses a key, by its name or by the letter it writes, and lets it go."""
        number, text = _KEYS.get(key) or (ord(key.upper()), key)
        what = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": number}
        self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **what)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **what)

    def type(self, text: str) -> None:
        """Writes into the field that has the focus; a page that is just there may give it to one in a moment."""
        self.until("document.activeElement && document.activeElement.matches('input, textarea')")
        self.ask("Input.insertText", text=text)

    def at(self, path: str) -> None:
        """Waits until the page of that path is there."""
        self.until(f"location.pathname === {json.dumps(path)} && document.readyState === 'complete'")

    def tab_to(self, words: str) -> None:
        """Presses Tab until what has the focus is called that."""
        seen = []
        for _ in range(40):
            self.press("Tab")
            seen.append(self.focus())
            if seen[-1].startswith(words):
                return
        raise AssertionError(f"Tab does not come to {words!r}, but to {seen}")

    def focus(self) -> str:
        """What has the focus, as it is called: by its label, or by its own words."""
        return str(
            self.value(
                "(() => { let a = document.activeElement; while (a && a.shadowRoot && a.shadowRoot.activeElement) "
                "a = a.shadowRoot.activeElement; const l = a && a.labels && a.labels[0]; "
                "return ((l || a || {}).textContent || '').trim() })()"
            )
        )

    def looks(self, scheme: str, width: int, height: int = 900) -> None:
        """Asks for light or dark pages, and for a window of that width."""
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.ask("Emulation.setDeviceMetricsOverride", **size)
        self.ask("Emulation.setScrollbarsHidden", hidden=True)

    def picture(self, file: Path) -> None:
        """Saves what is seen, as PNG."""
        found = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(found["data"]))

    def _next(self, wanted: Any) -> dict[str, Any]:
        end = time.monotonic() + _PATIENCE
        while True:
            while b"\0" in self._waiting:
                told, _, self._waiting = self._waiting.partition(b"\0")
                if wanted(message := json.loads(told)):
                    return dict(message)
            ready, _, _ = select.select([self._heard], [], [], max(end - time.monotonic(), 0))
            assert ready, "The browser says nothing."
            part = os.read(self._heard, 1 << 20)
            assert part, "The browser has ended."
            self._waiting += part


@contextmanager
def opened(user: Path) -> Iterator[Tab]:
    """A page in a browser of its own; the test is skipped where there is none. user: folder for its own files"""
    program = _program()
    to_browser, said = os.pipe()
    heard, from_browser = os.pipe()
    theirs = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_browser, from_browser)]
    os.close(to_browser)
    os.close(from_browser)
    process = subprocess.Popen(
        [program, *_QUIET, f"--user-data-dir={user}", "--remote-debugging-pipe", "about:blank"],
        preexec_fn=lambda: (os.dup2(theirs[0], 3), os.dup2(theirs[1], 4)),  # where the browser looks for them
        pass_fds=(3, 4),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for end in theirs:
        os.close(end)
    try:
        yield Tab(said, heard)
    finally:
        os.close(said)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(heard)


def barriers(tab: Tab, axe: str) -> list[Any]:
    """What axe-core finds in the page as it is."""
    tab.value(axe + "; null")
    found = tab.value(
        "axe.run().then(found => JSON.stringify(found.violations.map(v => [v.id, v.nodes.map(n => n.html)])))"
    )
    return list(json.loads(found))


def picture(tab: Tab, name: str) -> None:
    """Kept where somebody wants to look at it."""
    if folder := os.environ.get("KINFOLK_PICTURES"):
        tab.picture(Path(folder) / f"{name}.png")
