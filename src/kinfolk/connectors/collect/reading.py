"""Reading the log of events: from a place to a place, whoever is writing meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path


def end_of(folder: Path) -> int | None:
    """The place behind the last finished line; None if there is none."""
    for segment in sorted(folder.glob("*.jsonl"), reverse=True):
        whole = finished(segment)
        if whole:
            return int(segment.stem) + whole
    return None


def lines(folder: Path, since: int, until: int) -> Iterator[tuple[int, bytes]]:
    """Each finished line that begins at `since` or later and ends by `until`, with its place."""
    segments = [(int(path.stem), path) for path in sorted(folder.glob("*.jsonl"))]
    for number, (base, path) in enumerate(segments):
        following = segments[number + 1][0] if number + 1 < len(segments) else None
        if base >= until or (following is not None and following <= since):
            continue
        with path.open("rb") as file:
            place = base + file.seek(max(since - base, 0))
            for line in file:
                if not line.endswith(b"\n") or place + len(line) > until:
                    break
                yield place, line
                place += len(line)


def last_lines(folder: Path, most: int, size: int = 1 << 20) -> list[bytes]:
    """The last finished lines, the newest first: so many at most, and of so many bytes at the end of each file."""
    found: list[bytes] = []
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        whole = finished(path)
        begin = max(whole - size, 0)
        with path.open("rb") as file:
            file.seek(begin)
            read = file.read(whole - begin).splitlines(keepends=True)
        found += reversed(read[1:] if begin else read)  # the first may be the end of a line
        if len(found) >= most:
            break
    return found[:most]


def finished(path: Path) -> int:
    """How many of a file's bytes are finished lines."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            begin = max(end - (1 << 16), 0)
            file.seek(begin)
            at = file.read(end - begin).rfind(b"\n")
            if at >= 0:
                return begin + at + 1
            end = begin
    return 0


def old(folder: Path, age: timedelta) -> list[Path]:
    """Files, but never the last, that were last written longer ago than that."""
    oldest = time.time() - age.total_seconds()
    return [path for path in sorted(folder.glob("*.jsonl"))[:-1] if path.stat().st_mtime < oldest]


def drop_before(folder: Path, place: int, age: timedelta) -> None:
    """Removes those of them that end by that place."""
    for path in old(folder, age):
        if int(path.stem) + path.stat().st_size <= place:
            path.unlink()
