"""Models in the order of what they read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def in_order(reads: Mapping[str, Iterable[str]]) -> list[str]:
    """Every name after those it reads, otherwise by name. The reads are known to hold no cycle."""
    done: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in done or name not in reads:
            return
        for other in sorted(reads[name]):
            visit(other)
        done[name] = None

    for name in sorted(reads):
        visit(name)
    return list(done)


def cycle(reads: Mapping[str, Iterable[str]]) -> list[str]:
    """Names of which each reads the next, and the last the first; none where there is no such ring."""
    safe: set[str] = set()

    def follow(name: str, way: list[str]) -> list[str]:
        if name in way:
            return way[way.index(name) :]
        if name in safe or name not in reads:
            return []
        for other in sorted(reads[name]):
            found = follow(other, [*way, name])
            if found:
                return found
        safe.add(name)
        return []

    return next((found for name in sorted(reads) if (found := follow(name, []))), [])
