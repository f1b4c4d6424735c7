"""A project's files as git remembers them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_APART = "\x1f"


@dataclass(frozen=True)
class Revision:
    """One commit that touched a file. at: its day, ISO 8601; by: its author; about: the first line of its message."""

    commit: str
    at: str
    by: str
    about: str


def revisions(folder: Path, file: str) -> list[Revision]:
    """Commits that touched the file, oldest first; none where there is no git, or it does not know the file."""
    form = _APART.join(("%H", "%as", "%an", "%s"))
    told = _git(folder, "log", "--reverse", f"--format={form}", "--", file)
    return [Revision(*line.split(_APART)) for line in (told or "").splitlines()]


def text_at(folder: Path, revision: str) -> str | None:
    """The text of REVISION:path, the path being relative to the folder; None where git has no such thing."""
    commit, _, path = revision.partition(":")
    return _git(folder, "show", f"{commit}:./{path}")


def _git(folder: Path, *words: str) -> str | None:
    if any(word.startswith("-") for word in words[1:2] if word.partition(":")[1]):
        return None  # a revision must not be taken for an option
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
