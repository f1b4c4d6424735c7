"""How far two values of one column are apart: a handful of levels for each kind of column.

Level 0 means that one side is unknown, which is no evidence; 1 means the same; the last one means different.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from kinfolk.stages.identity.arrays import Codes, Levels
from kinfolk.stages.identity.coding import Column
from kinfolk.stages.identity.graded import kind_of
from kinfolk.stages.identity.kinds import Distance, Kind

UNKNOWN, SAME = 0, 1


@dataclass
class Field:
    """One compared column, ready to compare pairs of its value codes."""

    name: str
    kind: Kind
    column: Column
    kind_name: str = ""
    _distance: Distance | None = field(default=None, repr=False)

    def levels(self, a: Codes, b: Codes) -> Levels:
        """The level of each pair of codes."""
        out = np.where(a == b, np.uint8(SAME), np.uint8(len(self.kind.levels)))
        out[(a < 0) | (b < 0)] = UNKNOWN
        if len(self.kind.levels) > 2:
            rest = np.flatnonzero(out > SAME)
            if len(rest):
                out[rest] = self.ready()(a[rest].astype(np.int64), b[rest].astype(np.int64))
        return out

    def ready(self) -> Distance:
        """The distance of this field's values, made ready once."""
        if self._distance is None:
            self._distance = self.kind.prepare(self.column.values)
        return self._distance


def fields(columns: Mapping[str, Column], kinds: Mapping[str, str]) -> tuple[Field, ...]:
    """A field per compared column; kinds: column -> name, company, date, … or a graded kind"""
    return tuple(Field(name, kind_of(kind), columns[name], kind) for name, kind in kinds.items())
