"""What files look like from outside: whoever writes one leaves a trace, so that nobody need read it to know."""

from __future__ import annotations

from pathlib import Path

Traces = frozenset[tuple[str, int, int, int]]


def traces(folder: Path, *patterns: str) -> Traces:
    """Those of the files in the folder that a pattern names; others as soon as somebody writes, adds or removes one.

    However the folder is named, they are the same.
    """
    found = set[tuple[str, int, int, int]]()
    for path in (path for pattern in patterns for path in folder.glob(pattern)):
        try:
            seen = path.stat()
        except OSError:
            continue  # it is gone since
        found.add((path.relative_to(folder).as_posix(), seen.st_ino, seen.st_mtime_ns, seen.st_size))
    return frozenset(found)
