"""A backup as it lies on disk: a folder or one zip file, with a manifest of checksums that is written last."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Protocol

from kinfolk.errors import EngineError, NotFoundError
from kinfolk.model.backup import FORMAT, Manifest

MANIFEST = "manifest.json"
_CHUNK = 1 << 20


class Store(Protocol):
    """A folder or a zip file."""

    def write(self, name: str) -> IO[bytes]:
        """A new entry."""

    def read(self, name: str) -> IO[bytes]:
        """An entry; KeyError or OSError when there is none."""


class _Folder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str) -> IO[bytes]:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        return (self.path / name).open("wb")

    def read(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb")


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive

    def write(self, name: str) -> IO[bytes]:
        return self.archive.open(name, "w", force_zip64=True)

    def read(self, name: str) -> IO[bytes]:
        return self.archive.open(name)


def is_zip(path: Path) -> bool:
    """Whether a backup of that name is one file."""
    return path.suffix.lower() == ".zip"


@contextmanager
def writing(path: Path) -> Iterator[Store]:
    """Where to write a backup's entries. It has its name only when the block has ended without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    _remove(partial)
    try:
        if is_zip(path):
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
                yield _Zip(archive)
        else:
            partial.mkdir()
            yield _Folder(partial)
        os.replace(partial, path)
    except BaseException:
        _remove(partial)
        raise


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    """A backup to read from. Errors: NotFoundError when there is none, EngineError when it is no zip file."""
    if not path.exists():
        raise NotFoundError("There is no backup.", where=str(path))
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise EngineError(f"This is no backup: {error}.", where=str(path)) from error
    with archive:
        yield _Zip(archive)


def put(store: Store, name: str, source: Path) -> str:
    """Copies a file into a backup; returns its sha256."""
    with source.open("rb") as readable, store.write(name) as writable:
        return _copy(readable, writable)


def put_manifest(store: Store, manifest: Manifest) -> None:
    """Writes the manifest: what a backup without it holds is worth nothing."""
    with store.write(MANIFEST) as writable:
        writable.write(json.dumps(asdict(manifest), indent=1).encode())


def manifest_of(store: Store, path: Path) -> Manifest:
    """The manifest. Errors: EngineError when it is not there, or of a version this one does not know."""
    try:
        with store.read(MANIFEST) as readable:
            known = json.loads(readable.read())
        found = Manifest(**known)
    except (KeyError, OSError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise EngineError("This is no whole backup: its manifest cannot be read.", where=str(path)) from error
    if found.format != FORMAT:
        raise EngineError(f"The backup has format {found.format}; this version reads {FORMAT}.", where=str(path))
    return found


def take(store: Store, path: Path, name: str, checksum: str, target: Path) -> None:
    """Copies an entry out of a backup. Errors: EngineError when it is not there, or is not what was written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with store.read(name) as readable, target.open("wb") as writable:
            found = _copy(readable, writable)
    except (KeyError, FileNotFoundError, zipfile.BadZipFile) as error:
        raise EngineError(f"The backup is damaged: {name} cannot be read.", where=str(path)) from error
    if found != checksum:
        raise EngineError(f"The backup is damaged: {name} is not what was written.", where=str(path))


def copy_database(source: Path, target: Path) -> None:
    """A SQLite file as it is at one moment, whoever writes to it meanwhile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(source, timeout=60)) as before, closing(sqlite3.connect(target)) as after:
        before.backup(after)
        after.execute("pragma journal_mode = delete")


def _copy(readable: IO[bytes], writable: IO[bytes]) -> str:
    checksum = hashlib.sha256()
    while chunk := readable.read(_CHUNK):
        checksum.update(chunk)
        writable.write(chunk)
    return checksum.hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
