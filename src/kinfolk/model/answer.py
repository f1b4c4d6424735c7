"""What a query answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """Rows of a query. truncated: whether there were more than asked for."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool = False

    def dicts(self) -> list[dict[str, Any]]:
        """One dict a row; of columns of one name the second is `name_2`, the third `name_3`."""
        names = self._distinct()
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    def _distinct(self) -> list[str]:
        taken: set[str] = set()
        names = []
        for name in self.columns:
            spelled, number = name, 1
            while spelled in taken or (number > 1 and spelled in self.columns):
                number += 1
                spelled = f"{name}_{number}"
            taken.add(spelled)
            names.append(spelled)
        return names
