"""Names for columns that a table can have."""

from __future__ import annotations

from collections.abc import Iterable

_RESERVED = ("_part", "_row")


class ColumnNames:
    """Gives each column a name that is not empty and, without regard to case, not given before."""

    def __init__(self) -> None:
        self._taken = set(_RESERVED)
        self._given = 0

    def give(self, wanted: str | None) -> str:
        """`wanted` without surrounding space and byte order mark; "name_2" if taken, "column_7" if empty."""
        self._given += 1
        base = (wanted or "").strip().strip("\ufeff").strip() or f"column_{self._given}"
        name, number = base, 1
        while name.lower() in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name.lower())
        return name


def unique(wanted: Iterable[str | None]) -> tuple[str, ...]:
    """Names for columns in their order, every one different and non-empty."""
    names = ColumnNames()
    return tuple(names.give(name) for name in wanted)
