"""What an e-mail address says beyond the name it is made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kinfolk.stages.identity.arrays import Codes, Ints, Levels
from kinfolk.stages.identity.arrow import array
from kinfolk.stages.identity.comparison import UNKNOWN, Field
from kinfolk.stages.identity.kinds import ALIKE_MAILBOX, KINDS, SAME_MAILBOX

NAMES = ("first_name", "last_name")
_NEARLY = 2  # the level up to which two names count as one
_UNSEEN, _NO, _BARE, _NUMBERED = -1, 0, 1, 2
_DIGITS = frozenset("0123456789")
_SHORTEST = 3  # letters of a name that an address can be said to hold


class Mailboxes:
    """An address made of a name that is already evidence says no more by resembling another one made of it.

    Namesakes' addresses resemble each other whether or not they are one person, so such a pair counts as different.
    Digits before the @ tell namesakes apart: addresses that share them keep their level.
    """

    def __init__(self, fields: Sequence[Field], codes: Sequence[Codes]) -> None:
        self._fields, self._codes = fields, codes
        self._boxes = [n for n, field in enumerate(fields) if field.kind is KINDS["email"]]
        self._names = [n for n, f in enumerate(fields) if f.name in NAMES and f.kind is KINDS["name"]]
        self._known: dict[tuple[int, int], npt.NDArray[np.int8]] = {}

    def judge(self, levels: Levels, a: Ints, b: Ints) -> None:
        """Corrects the levels of pairs of rows in place."""
        for box in self._boxes:
            for name in self._names:
                counted = (levels[name] != UNKNOWN) & (levels[name] <= _NEARLY)
                at = np.flatnonzero(counted & ((levels[box] == SAME_MAILBOX) | (levels[box] == ALIKE_MAILBOX)))
                said_a, said_b = self._made_of(box, name, a[at]), self._made_of(box, name, b[at])
                bare = (levels[box, at] == ALIKE_MAILBOX) | (said_a == _BARE)
                levels[box, at[(said_a > _NO) & (said_b > _NO) & bare]] = len(self._fields[box].kind.levels)

    def _made_of(self, box: int, name: int, rows: Ints) -> npt.NDArray[np.int8]:
        """Whether the address of each row holds the row's own name, and nothing but letters; looked at once a row."""
        known = self._known.setdefault((box, name), np.full(len(self._codes[box]), _UNSEEN, np.int8))
        new = np.unique(rows[known[rows] == _UNSEEN])
        texts = zip(self._texts(box, new), self._texts(name, new), strict=True)
        known[new] = [_holds(address.partition("@")[0], part) for address, part in texts]
        return known[rows]

    def _texts(self, number: int, rows: Ints) -> list[str]:
        texts: list[str] = self._fields[number].column.values.take(array(self._codes[number][rows])).to_pylist()
        return texts


def _holds(local: str, name: str) -> int:
    if len(name) < _SHORTEST or name not in local:
        return _NO
    return _BARE if _DIGITS.isdisjoint(local) else _NUMBERED
