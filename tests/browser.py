"""A browser without a window, where this machine has one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)


def browse(page: str, user: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What the browser says of a page; the test is skipped where there is none. user: folder for its own files"""
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        pytest.skip("Chromium is not installed here.")
    command = [browser, *QUIET, f"--user-data-dir={user}", *options, page]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
