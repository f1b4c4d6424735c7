"""The documentation builds, and every page can be found in it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path


def test_every_page_is_in_the_navigation_once(checkout: Path) -> None:
    settings = tomllib.loads((checkout / "zensical.toml").read_text())
    listed = sorted(_pages(settings["project"]["nav"]))
    assert listed == sorted(
        path.relative_to(checkout / "docs").as_posix() for path in (checkout / "docs").rglob("*.md")
    )


def test_the_website_builds_and_loads_nothing_from_elsewhere(checkout: Path, tmp_path: Path) -> None:
    shutil.copy(checkout / "zensical.toml", tmp_path)
    shutil.copytree(checkout / "docs", tmp_path / "docs")
    program = [Path(sys.executable).with_name("zensical"), "build", "--clean", "--strict"]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "site" / "index.html").read_text()
    assert "One accurate, lawful, governed record" in page
    assert 'src="http' not in page
    assert 'rel="stylesheet" href="http' not in page


def _pages(nav: object) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, dict | list):
        for item in nav.values() if isinstance(nav, dict) else nav:
            yield from _pages(item)
