"""A reader who types everything a page says, in order, in one fresh folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import sqlglot
import yaml

from tests.docs.page import Block, Page

# Where the reader stands and what is exported outlives a block, as it would in one terminal.
_SHELL = """
set -eo pipefail
if [ -f "$READER_STATE" ]; then source "$READER_STATE"; fi
remember() {{ {{ export -p; printf 'cd %q\\n' "$PWD"; }} > "$READER_STATE"; }}
trap remember EXIT
{commands}
"""


class WrongPage(AssertionError):
    """The page says something that is not so."""


@dataclass
class Reader:
    """Works through a page in `folder`; data: the folder of evaluation data; seconds: patience for each block."""

    folder: Path
    data: Path
    seconds: int = 120

    def follow(self, page: Page) -> int:
        """Do all that the page says; how many blocks were run. Errors: WrongPage with the place and what happened."""
        done = 0
        for block in page.blocks:
            if block.skip is None:
                try:
                    done += self._do(block)
                except WrongPage as error:
                    raise WrongPage(f"{page.path}:{block.line}: {error}") from None
        return done

    def _do(self, block: Block) -> bool:
        if block.file:
            self._save(block.file, block.text)
        if block.language == "bash":
            self._run(["bash", "-c", _SHELL.format(commands=block.text)], block.exit)
        elif block.language == "console":
            *before, last = exchanges(block.text)
            for command, expected in before:
                self._compare(command, expected, 0)
            self._compare(*last, block.exit)
        elif block.language == "python":
            self._run([sys.executable, "-c", block.text], block.exit)
        else:
            _parse(block)
        return block.language in ("bash", "console", "python")

    def _compare(self, command: str, expected: str, code: int) -> None:
        shown = self._run(["bash", "-c", _SHELL.format(commands=command)], code)
        if expected.strip() and not matches(expected, shown):
            raise WrongPage(f"`{command}` is said to print\n{expected}\nbut prints\n{shown}")

    def _run(self, program: list[str], code: int) -> str:
        try:
            done = subprocess.run(
                program,
                cwd=self.here(),
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                timeout=self.seconds,
            )
        except subprocess.TimeoutExpired:
            raise WrongPage(f"not finished after {self.seconds} s:\n{program[-1]}") from None
        if done.returncode != code:
            raise WrongPage(f"exit code {done.returncode} where {code} is said:\n{program[-1]}\n{done.stdout}")
        return done.stdout

    def here(self) -> Path:
        """The folder the reader stands in now."""
        state = self._state()
        if not state.exists():
            return self._desk()
        asked = subprocess.run(
            ["bash", "-c", 'source "$0"; pwd', str(state)], capture_output=True, text=True, check=True
        )
        return Path(asked.stdout.rstrip("\n"))

    def _save(self, name: str, text: str) -> None:
        path = (self.here() / name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise WrongPage(f"{name} lies outside the reader's folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _desk(self) -> Path:
        desk = self.folder / "desk"
        desk.mkdir(exist_ok=True)
        return desk

    def _state(self) -> Path:
        return self.folder / "state.sh"

    def _environment(self) -> dict[str, str]:
        own = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "HOME": str(self.folder),
            "READER_STATE": str(self._state()),
            "KINFOLK_DATA": str(self.data),
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "TERM": "dumb",
        }
        return {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")} | own


def exchanges(text: str) -> list[tuple[str, str]]:
    """Commands (after `$ `, continued after `> `) with the output said to follow each."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif not found:
            raise WrongPage("a console block begins with a command, after `$ `")
        elif line.startswith("> ") and not found[-1][1]:
            found[-1] = (found[-1][0] + "\n" + line[2:], "")
        else:
            found[-1] = (found[-1][0], found[-1][1] + line + "\n")
    return found


def matches(expected: str, shown: str) -> bool:
    """Whether the output is as said; `...` stands for any text in a line, or, alone, for any lines."""
    pattern = "".join(
        r"(?:[^\n]*\n)*?" if line.strip() == "..." else re.escape(line.strip()).replace(r"\.\.\.", r"[^\n]*") + "\n"
        for line in expected.strip().splitlines()
    )
    return re.fullmatch(pattern, "".join(line.strip() + "\n" for line in shown.strip().splitlines())) is not None


def _parse(block: Block) -> None:
    try:
        if block.language == "yaml":
            list(yaml.safe_load_all(block.text))
        elif block.language == "json":
            json.loads(block.text)
        elif block.language == "toml":
            tomllib.loads(block.text)
        elif block.language == "sql":
            sqlglot.parse(block.text, dialect="duckdb")
    except (yaml.YAMLError, ValueError, sqlglot.errors.SqlglotError) as error:
        raise WrongPage(f"this is no {block.language}: {error}") from None
