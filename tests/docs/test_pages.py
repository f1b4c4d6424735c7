"""Every command in the documentation is run, every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, data_folder
from tests.docs.page import commands, read
from tests.docs.reader import Reader

PAGES = [
    *(CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((CHECKOUT / "docs").rglob("*.md")),
]
_LINK = re.compile(
    r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\((?P<image>[^)\s]+)\)"
)


def _parameters() -> list[object]:
    marked = []
    for path in PAGES:
        marks = [pytest.mark.slow] if "<!-- docs-test: slow -->" in path.read_text(encoding="utf-8") else []
        marked.append(pytest.param(path, id=path.relative_to(CHECKOUT).as_posix(), marks=marks))
    return marked


@pytest.mark.parametrize("path", _parameters())
def test_a_reader_can_do_what_the_page_says(path: Path, tmp_path: Path) -> None:
    page = read(path)
    missing = [name for name in page.needs if not (data_folder() / name).exists()]
    if missing:
        pytest.skip(f"The page needs {', '.join(missing)}, not found in {data_folder()}; see KINFOLK_DATA.")
    Reader(tmp_path, data_folder(), seconds=900 if page.slow else 120).follow(page)


@pytest.mark.parametrize("path", _parameters())
def test_every_link_of_the_page_leads_somewhere(path: Path) -> None:
    broken = [link for link in links(path.read_text(encoding="utf-8")) if not _resolves(path, link)]
    assert broken == []


def test_every_make_target_named_in_the_documentation_exists() -> None:
    named = {
        command.split()[1]
        for path in PAGES
        for block in read(path).blocks
        if block.language in ("bash", "console")
        for command in commands(block)
        if re.match(r"make [a-z]", command)
    }
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    assert named <= targets


def links(text: str) -> list[str]:
    """Targets of links and pictures inside the documentation; code and the outside world are left out."""
    prose = re.sub(r"^\s*(```|~~~).*?^\s*\1", "", text, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"`[^`\n]*`", "", prose)
    targets = [match["target"] or match["image"] for match in _LINK.finditer(prose)]
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def anchors(text: str) -> set[str]:
    """The anchors a page's headings make."""
    headings = re.findall(r"^#{1,6}\s+(.+?)\s*$", text, re.MULTILINE)
    written = set(re.findall(r"\{\s*#([\w-]+)\s*\}", text)) | set(re.findall(r'id="([\w-]+)"', text))
    return {
        re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading.replace("`", "").lower())).strip("-")
        for heading in headings
    } | written


def _resolves(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if target.is_dir():
        target = target / "index.md" if page.is_relative_to(CHECKOUT / "docs") else target
    if not target.exists():
        return False
    if page.is_relative_to(CHECKOUT / "docs") and not target.is_relative_to(CHECKOUT / "docs"):
        return False  # a website cannot link to a file outside docs/
    return not anchor or target.suffix != ".md" or anchor in anchors(target.read_text(encoding="utf-8"))
