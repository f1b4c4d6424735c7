"""A page of documentation as a reader uses it: what it needs, and its blocks of code in order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

RUN = {"bash", "console", "python"}
PARSED = {"yaml", "json", "toml", "sql", "csv"}
PROSE = {"text", "mermaid"}
WITH_COMMENTS = {"yaml", "toml", "sql"}  # a first line in these may name the file; others need a comment above

_FENCE = re.compile(r"^(?P<indent>\s*)(?P<fence>`{3,}|~{3,})\s*(?P<language>[\w+-]*)(?P<rest>.*)$")
_COMMENT = re.compile(r"^\s*<!--\s*(?P<kind>needs|docs-test):\s*(?P<text>.*?)\s*-->\s*$")
_FILE = re.compile(r"^(?:#|--|//)\s*file:\s*(?P<path>\S+)\s*$")

# Commands that fetch from a registry or repeat the whole test run: only these may be left out.
_MAY_SKIP = re.compile(r"(pip|pipx|uv|uvx|git clone|make|cd|python3? -m (venv|pip)|source|\.venv/bin/pip)\b")


class PageError(Exception):
    """A page that cannot be tested as it is written; the message says where and why."""


@dataclass(frozen=True)
class Block:
    """A fenced block: where it begins, what it is, and what its comment asks for.

    file   where a reader saves it, None when it is only shown or run
    skip   why it is not run
    exit   the exit code its last command is said to have
    """

    line: int
    language: str
    text: str
    file: str | None = None
    skip: str | None = None
    exit: int = 0


@dataclass
class Page:
    """A page: `needs` are files of the evaluation data; `slow` keeps it out of the quick tests."""

    path: Path
    needs: list[str] = field(default_factory=list)
    slow: bool = False
    blocks: list[Block] = field(default_factory=list)


def read(path: Path) -> Page:
    """The page at a path. Errors: PageError for an unknown language, an unclosed block or a wrong comment."""
    page = Page(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    asked: str | None = None
    number = 0
    while number < len(lines):
        line = lines[number]
        comment, fence = _COMMENT.match(line), _FENCE.match(line)
        if fence:
            end = _end(lines, number, fence["fence"], path)
            page.blocks.append(_block(path, number + 1, fence, lines[number + 1 : end], asked))
            asked, number = None, end
        elif comment and comment["kind"] == "needs":
            page.needs += [name.strip() for name in comment["text"].split(",")]
        elif comment and comment["text"] == "slow":
            page.slow = True
        elif comment:
            asked = comment["text"]
        elif line.strip() and asked is not None:
            raise PageError(f"{path}:{number + 1}: `docs-test: {asked}` must stand just above a block of code.")
        number += 1
    return page


def _end(lines: list[str], start: int, fence: str, path: Path) -> int:
    for number in range(start + 1, len(lines)):
        if re.fullmatch(rf"\s*{re.escape(fence[0])}{{{len(fence)},}}\s*", lines[number]):
            return number
    raise PageError(f"{path}:{start + 1}: this block of code is never closed.")


def _block(path: Path, line: int, fence: re.Match[str], body: list[str], asked: str | None) -> Block:
    language = fence["language"]
    if language not in RUN | PARSED | PROSE:
        known = ", ".join(sorted(RUN | PARSED | PROSE))
        raise PageError(f"{path}:{line}: unknown language {language or '(none)'}; say one of: {known}.")
    text = "\n".join(row.removeprefix(fence["indent"]) for row in body) + "\n"
    named = _FILE.match(body[0].strip()) if body and language in WITH_COMMENTS else None
    block = Block(line, language, text, file=named["path"] if named else None)
    return _as_asked(path, block, asked) if asked else block


def _as_asked(path: Path, block: Block, asked: str) -> Block:
    verb, _, rest = asked.partition(" ")
    if verb == "file" and rest:
        return Block(block.line, block.language, block.text, file=rest)
    if verb == "exit" and rest.isdigit() and block.language in ("bash", "console"):
        return Block(block.line, block.language, block.text, exit=int(rest))
    if verb == "skip" and rest:
        for command in commands(block):
            if not _MAY_SKIP.match(command):
                raise PageError(f"{path}:{block.line}: `{command}` can be run here, so it may not be skipped.")
        return Block(block.line, block.language, block.text, skip=rest)
    raise PageError(
        f"{path}:{block.line}: `docs-test: {asked}` means nothing; say skip REASON, exit CODE or file PATH."
    )


def commands(block: Block) -> list[str]:
    """The commands of a bash or console block, comments and expected output left out."""
    lines = [line.strip() for line in block.text.splitlines()]
    if block.language == "console":
        return [line[2:] for line in lines if line.startswith("$ ")]
    return [line for line in lines if line and not line.startswith("#")]
