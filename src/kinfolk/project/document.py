"""One YAML file as plain values, every key and every item with its line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kinfolk.model.place import Place

Step = str | int
Path = tuple[Step, ...]


@dataclass(frozen=True)
class Document:
    """What one file says.

    file      its path inside the project's folder
    data      mappings, lists, texts, numbers, booleans and None
    lines     path of a key or an item -> its line, from 1
    readable  False when the file could not be read as YAML at all; data is then empty
    """

    file: str
    data: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[Path, int] = field(default_factory=dict)
    readable: bool = True

    def nearest(self, path: Iterable[Step]) -> Path:
        """The written path for a path that may name more levels than were written (short forms, missing keys)."""
        found: list[Step] = []
        value: Any = self.data
        for step in path:
            if _has(value, step):
                value = value[step]
                found.append(step)
        return tuple(found)

    def place(self, *path: Step) -> Place:
        """The line of the key or item at `path`, or of what encloses it where it was not written."""
        return Place(self.file, self.lines.get(self.nearest(path), 1))

    def at(self, *path: Step) -> Any:
        """The value at `path`, or None where nothing is written."""
        value: Any = self.data
        for step in path:
            if not _has(value, step):
                return None
            value = value[step]
        return value

    def key_names(self, *path: Step) -> tuple[str, ...]:
        """The keys of the mapping at `path`; none where it is no mapping."""
        value = self.at(*path)
        return tuple(value) if isinstance(value, Mapping) else ()

    def without(self, paths: Iterable[Path]) -> Document:
        """The same file as if what is at these paths had not been written; the lines stay those of the file."""
        lines: dict[Path, int] = {(): 1}
        data = self._kept(self.data, (), (), _Pruning(frozenset(paths), lines))
        return Document(self.file, data, lines, self.readable)

    def _kept(self, value: Any, old: Path, new: Path, pruning: _Pruning) -> Any:
        if new:
            pruning.lines[new] = self.lines[old]
        if isinstance(value, Mapping):
            kept = [key for key in value if (*old, key) not in pruning.paths]
            return {key: self._kept(value[key], (*old, key), (*new, key), pruning) for key in kept}
        if isinstance(value, list):
            places = [number for number in range(len(value)) if (*old, number) not in pruning.paths]
            return [self._kept(value[was], (*old, was), (*new, now), pruning) for now, was in enumerate(places)]
        return value


@dataclass(frozen=True)
class _Pruning:
    paths: frozenset[Path]
    lines: dict[Path, int]


def _has(value: Any, step: Step) -> bool:
    if isinstance(value, Mapping):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)
