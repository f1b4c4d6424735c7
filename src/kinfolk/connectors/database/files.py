"""Databases that are a file."""

from __future__ import annotations

import hashlib
from difflib import get_close_matches
from pathlib import Path

from kinfolk.errors import NothingToLoadError

_BLOCK = 1 << 20


def database_file(path: str, folder: Path) -> Path:
    """The file, which exists. Errors: NothingToLoadError names what is there instead."""
    file = folder / Path(path).expanduser()
    if file.is_file():
        return file
    names = sorted(p.name for p in file.parent.iterdir() if p.is_file()) if file.parent.is_dir() else []
    near = get_close_matches(file.name, names, n=3, cutoff=0.4)
    hint = f"There is {', '.join(near)}." if near else "Look at `path` in the source."
    raise NothingToLoadError(f"There is no database file {path}.", where=path, hint=hint)


def fingerprint_of(path: str, folder: Path, logs: tuple[str, ...]) -> str:
    """sha256 of the file and of the logs beside it (ends of their names), which hold what is not in it yet."""
    file = database_file(path, folder)
    digest = hashlib.sha256()
    for part in (file, *(file.with_name(file.name + ending) for ending in logs)):
        if part.is_file():
            with part.open("rb", buffering=0) as opened:
                while block := opened.read(_BLOCK):
                    digest.update(block)
    return digest.hexdigest()
