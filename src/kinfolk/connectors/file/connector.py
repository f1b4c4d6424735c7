"""Finding files, and handing each to the reader of its format."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kinfolk.connectors.file.discovery import datasets
from kinfolk.connectors.file.formats import open_file, said
from kinfolk.connectors.file.options import FORMATS, FileOptions
from kinfolk.errors import NothingToLoadError, SourceError
from kinfolk.model.discovery import Dataset
from kinfolk.model.locator import Locator, Part, Rejection
from kinfolk.model.place import Place
from kinfolk.model.secret import revealed
from kinfolk.model.source import Source

BLOCK = 1 << 20


class FileConnector:
    """Files on disk, by path or glob."""

    def parts(self, source: Source, folder: Path) -> list[Part]:
        """One part per file, sorted by name.

        Errors  SourceError if nothing matches, a directory is named, or a file cannot be read
        """
        written = FileOptions.model_validate(revealed(source.options)).path
        where = f"source {source.name}"
        paths = _matching(written, folder, where)
        with ThreadPoolExecutor(max_workers=4) as threads:
            fingerprints = list(threads.map(_fingerprint, paths))
        names = [_name(path, written, folder) for path in paths]
        return [Part(*made) for made in sorted(zip(names, fingerprints, paths, strict=True))]

    def open(self, source: Source, part: Part) -> tuple[Locator, list[Rejection]]:
        """A locator for the file; the format is the declared one, else the one its ending names."""
        options = FileOptions.model_validate(revealed(source.options))
        return open_file(part, options), []

    def ping(self, options: Mapping[str, Any], folder: Path) -> str:
        """How many files the path means now, and how large they are together."""
        found = self.parts(_source(options), folder)
        size = sum(part.path.stat().st_size for part in found)
        return f"{_counted(len(found), 'file')} of {size:,} bytes together."

    def discover(self, options: Mapping[str, Any], folder: Path) -> list[Dataset]:
        """Each file the path means, each sheet of a workbook; of a directory every file that can be read."""
        written = FileOptions.model_validate(revealed(options))
        inside = folder / Path(written.path).expanduser()
        if inside.is_dir():
            names = sorted(path.name for path in inside.iterdir() if path.suffix.lower() in FORMATS)
            options = {**options, "path": Path(written.path, "*").as_posix()}
            parts = [part for part in self.parts(_source(options), folder) if part.path.name in names]
        else:
            parts = self.parts(_source(options), folder)
        return [
            dataset
            for part in parts
            for dataset in datasets(part, written, lambda one: self.open(_source(options), one)[0])
        ]


FILES = FileConnector()


def _source(options: Mapping[str, Any]) -> Source:
    return Source("file", Place("file"), "file", options, (), ())


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _matching(written: str, folder: Path, where: str) -> list[Path]:
    pattern = folder / Path(written).expanduser()
    if pattern.is_dir():
        raise SourceError(
            f"{written} is a directory.",
            where=where,
            hint=f"Name the files in it, such as {written.rstrip('/')}/*.csv.",
        )
    if pattern.is_file():
        return [pattern]
    found = [Path(hit) for hit in glob.glob(str(pattern), recursive=True)]
    files = sorted(path for path in found if path.is_file())
    if not files:
        what = f"Nothing matches {written}." if glob.has_magic(written) else f"There is no file {written}."
        raise NothingToLoadError(what, where=where, hint=_nearby(pattern, written))
    return files


def _nearby(pattern: Path, written: str) -> str:
    """What is there instead, nearest names first."""
    shown = Path(written).parent
    parent = pattern.parent
    while not parent.is_dir():
        if glob.has_magic(parent.name) or parent == parent.parent:
            return "Look at the path: its folder does not exist."
        missing, parent, shown = parent, parent.parent, shown.parent
        folders = [p.name for p in parent.iterdir() if p.is_dir()] if parent.is_dir() else []
        near = get_close_matches(missing.name, folders, n=3, cutoff=0.5)
        if near:
            return f"The folder {missing.name} does not exist in {shown}; there is {', '.join(sorted(near))}."
    names = sorted(path.name for path in parent.iterdir() if path.is_file() and not path.name.startswith("."))
    if not names:
        return f"The folder {shown} holds no files."
    near = get_close_matches(pattern.name, names, n=5, cutoff=0.4) or names[:5]
    more = f" and {len(names) - len(near)} more" if len(names) > len(near) else ""
    return f"In {shown} there is {', '.join(near)}{more}."


def _name(path: Path, written: str, folder: Path) -> str:
    if Path(written).expanduser().is_absolute():
        return path.as_posix()
    return Path(os.path.relpath(path, folder)).as_posix()


def _fingerprint(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except OSError as error:
        raise SourceError(f"Cannot be read: {said(error)}.", where=str(path)) from error
    return digest.hexdigest()
