"""Pairs of rows and how far they are apart in every field."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from kinfolk.stages.identity.arrays import Codes, Flags, Ints, Levels
from kinfolk.stages.identity.arrow import pc
from kinfolk.stages.identity.comparison import SAME, UNKNOWN, Field
from kinfolk.stages.identity.kinds import KINDS
from kinfolk.stages.identity.mailboxes import NAMES, Mailboxes

_GIVEN, _FAMILY = NAMES


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows a < b; `levels` has one line per field, one column per pair."""

    a: Ints
    b: Ints
    levels: Levels

    def __len__(self) -> int:
        return len(self.a)

    def where(self, kept: Flags) -> Pairs:
        """The pairs marked."""
        return Pairs(self.a[kept], self.b[kept], self.levels[:, kept])


@dataclass(frozen=True)
class Comparer:
    """Compares rows: the fields, and the value codes of each row in each of them.

    swap  places of given and family name among the fields, where both are compared as names, and the code each
          family name has among the given names
    """

    fields: tuple[Field, ...]
    codes: tuple[Codes, ...]
    swap: tuple[int, int, Codes] | None
    mailboxes: Mailboxes

    def compare(self, a: Ints, b: Ints, same: Collection[str] = ()) -> Levels:
        """The level of each pair of rows in each field. same: fields whose values are known to be equal"""
        out = np.empty((len(self.fields), len(a)), np.uint8)
        for number, (field, codes) in enumerate(zip(self.fields, self.codes, strict=True)):
            out[number] = SAME if field.name in same else field.levels(codes.take(a), codes.take(b))
        if self.swap is not None:
            self._mark_swapped(out, a, b)
        self.mailboxes.judge(out, a, b)
        self._count_shared_once(out, a)
        return out

    def compare_each(self, pairs: Iterable[tuple[Ints, Ints] | tuple[Ints, Ints, Collection[str]]]) -> Iterator[Levels]:
        """The levels of several sets of pairs (see `compare`), in order, worked on by two threads."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Field.ready, self.fields))
            yield from pool.map(lambda pair: self.compare(*pair), pairs)

    def _count_shared_once(self, levels: Levels, a: Ints) -> None:
        """Of the values two rows agree on that many people share, the one with the fewest counts, the others do not.

        An office's number, mailbox and address are the same people's: the second says nothing that the first did not.
        """
        known = {n: field.column.people for n, field in enumerate(self.fields) if field.column.people is not None}
        many = [number for number, people in known.items() if people.any()]
        if len(many) < 2:
            return
        people = np.zeros((len(many), len(a)))
        for place, number in enumerate(many):
            at = np.flatnonzero(levels[number] == SAME)
            people[place, at] = known[number][self.codes[number].take(a.take(at))]
        agreed = people > 0
        several = np.flatnonzero(agreed.sum(axis=0) > 1)
        counts = np.argmin(np.where(agreed[:, several], people[:, several], np.inf), axis=0)
        for place, number in enumerate(many):
            levels[number, several[agreed[place, several] & (counts != place)]] = UNKNOWN

    def _mark_swapped(self, levels: Levels, a: Ints, b: Ints) -> None:
        """Where given and family name changed places, the given name says so and the family name says nothing more."""
        assert self.swap is not None
        given, family, as_given = self.swap
        doubtful = np.flatnonzero((levels[given] > SAME) & (levels[family] > SAME))
        a, b = a[doubtful], b[doubtful]
        first, last = self.codes[given], self.codes[family]
        swapped = doubtful[(as_given[last[a]] == first[b]) & (as_given[last[b]] == first[a])]
        levels[given, swapped] = swap_level(self.fields[given])
        levels[family, swapped] = UNKNOWN


def swap_level(field: Field) -> int:
    """The level of a given name that changed places with the family name: one beyond those of its kind."""
    return len(field.kind.levels) + 1


def comparer(fields: Sequence[Field], codes: Iterable[Codes] | None = None) -> Comparer:
    """A comparer of rows; codes: one array per field, in the fields' order. None = each record is its own row"""
    places = {field.name: number for number, field in enumerate(fields)}
    swap = None
    if _GIVEN in places and _FAMILY in places:
        given, family = fields[places[_GIVEN]], fields[places[_FAMILY]]
        if given.kind is KINDS["name"] and family.kind is KINDS["name"]:
            swap = (places[_GIVEN], places[_FAMILY], _codes_in(family, given))
    by_field = tuple(field.column.codes for field in fields) if codes is None else tuple(codes)
    return Comparer(tuple(fields), by_field, swap, Mailboxes(fields, by_field))


def _codes_in(family: Field, given: Field) -> Codes:
    found = pc.index_in(family.column.values, value_set=given.column.values)
    return np.asarray(found.fill_null(-2).to_numpy(zero_copy_only=False), dtype=np.int32)
