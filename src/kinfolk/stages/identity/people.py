"""How many people are behind a value that several records share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinfolk.stages.identity.arrays import Codes, Flags, Floats, Ints, ranges, run_lengths, stable_order, starts_of
from kinfolk.stages.identity.arrow import array
from kinfolk.stages.identity.coding import Column
from kinfolk.stages.identity.comparison import UNKNOWN, Field
from kinfolk.stages.identity.graded import kind_of

SHARED_FROM = 3.0  # people from which a value is nobody's own
FEWEST = 3  # records below which nothing can be said
_SPEAKING = 40  # values of a group that are held against each other, its most frequent ones
# The level up to which two dates may be one person's; of other kinds any but the last, `different`: slips, short forms
# and married names are not more people.
_ALIKE_DATES = 3


@dataclass(frozen=True)
class Witness:
    """A column in which people differ; kind is how its values are compared."""

    name: str
    kind: str
    column: Column


def people_behind(order: Ints, starts: Ints, witnesses: Sequence[Witness]) -> Floats:
    """The effective number of people behind each group of records, by the witness with the second greatest number.

    order   records, group by group
    starts  where each group begins in it

    Of a witness it is n² / Σc²: n records that know it, c of them with each value, where values that may be one
    person's are one. One noisy column alone makes nobody two, so a single witness says nothing. 1 where none does.
    """
    people = np.ones(len(starts))
    sizes = run_lengths(starts, len(order))
    several = np.flatnonzero(sizes >= FEWEST)
    if len(witnesses) < 2 or not len(several):
        return people
    inside, begins = _of(order, starts[several], sizes[several])
    varied = np.stack([_varied(witness.column.codes[inside], begins) for witness in witnesses])
    several = several[varied.sum(axis=0) >= 2]
    if not len(several):
        return people
    inside, begins = _of(order, starts[several], sizes[several])
    group = np.repeat(np.arange(len(several)), run_lengths(begins, len(inside)))
    written = np.stack([_as_written(witness, group, inside, len(several)) for witness in witnesses])
    # What is meant is never more than what is written, so the others need no closer look.
    enough = np.sort(written, axis=0)[-2] >= SHARED_FROM
    several, written = several[enough], written[:, enough]
    meant = np.zeros(written.shape)
    for place, witness in enumerate(witnesses):
        worth = np.flatnonzero(written[place] >= SHARED_FROM)
        meant[place, worth] = behind(witness, order, starts[several[worth]], sizes[several[worth]])
    people[several] = np.maximum(np.sort(meant, axis=0)[-2], 1.0)
    return people


def behind(witness: Witness, order: Ints, starts: Ints, sizes: Ints) -> Floats:
    """The effective number of people behind each group by one witness alone; 0 where it knows nothing."""
    inside, begins = _of(order, starts, sizes)
    group = np.repeat(np.arange(len(starts)), run_lengths(begins, len(inside)))
    return _as_meant(witness, group, inside, len(starts))


def _of(order: Ints, starts: Ints, sizes: Ints) -> tuple[Ints, Ints]:
    """The records of some groups, and where each of these begins among them."""
    return order[np.repeat(starts, sizes) + ranges(sizes)], np.cumsum(sizes) - sizes


def _varied(codes: Codes, begins: Ints) -> Flags:
    """Which groups have more than one known value."""
    unknown = np.where(codes < 0, np.iinfo(np.int32).max, codes)
    return np.asarray(np.maximum.reduceat(codes, begins) > np.minimum.reduceat(unknown, begins))


@dataclass(frozen=True)
class _Values:
    """Distinct values of groups, group by group: the records that have each, and the first of them."""

    group: Ints
    code: Ints
    records: Ints
    first: Ints

    def at(self, places: Ints) -> _Values:
        """Some of them."""
        return _Values(*(column[places] for column in (self.group, self.code, self.records, self.first)))


def _distinct(codes: Codes, group: Ints) -> _Values:
    known = np.flatnonzero(codes >= 0)
    width = int(codes.max(initial=0)) + 1
    packed = group[known] * width + codes[known]
    order = stable_order(packed)
    starts = starts_of(packed[order])
    records, first = run_lengths(starts, len(order)), order[starts]
    of, code = packed[first] // width, packed[first] % width
    return _Values(of, code, records, first)


def _as_written(witness: Witness, group: Ints, inside: Ints, count: int) -> Floats:
    found = _distinct(witness.column.codes[inside], group)
    return _effective(found.group, found.records, count)


def _as_meant(witness: Witness, group: Ints, inside: Ints, count: int) -> Floats:
    """The same, values that may be one person's taken together: the rarer goes with the first more frequent one."""
    found = _distinct(witness.column.codes[inside], group)
    whole = _effective(found.group, found.records, count)
    # The most frequent value of a group leads, then the one met first.
    found = found.at(np.lexsort((found.first, -found.records, found.group)))
    place = ranges(run_lengths(starts_of(found.group), len(found.group)))
    speaks = np.flatnonzero(place < _SPEAKING)
    found, place = found.at(speaks), place[speaks]
    of_speakers = _effective(found.group, found.records, count)
    leader = _leaders(witness, found, place)
    merged = np.zeros(len(found.group), np.int64)
    np.add.at(merged, leader, found.records)
    own = merged > 0
    meant = _effective(found.group[own], merged[own], count)
    return np.asarray(meant * whole / np.maximum(of_speakers, 1.0))


def _leaders(witness: Witness, found: _Values, place: Ints) -> Ints:
    """For each value the place among all of the value it goes with, itself where there is none."""
    if not len(place):
        return np.zeros(0, np.int64)
    j = np.repeat(np.arange(len(place)), place)
    i = j - 1 - ranges(place)
    used, which = np.unique(found.code, return_inverse=True)
    codes: Codes = which.astype(np.int32)
    kind = kind_of(witness.kind)
    field = Field(witness.name, kind, Column(codes, witness.column.values.take(array(used))))
    levels = field.levels(codes[i], codes[j])
    most = _ALIKE_DATES if witness.kind == "date" else len(kind.levels) - 1
    alike = np.flatnonzero((levels <= most) & (levels > UNKNOWN))
    leader = np.arange(len(place))
    for x, y in sorted(zip(i[alike].tolist(), j[alike].tolist(), strict=True)):
        if leader[x] == x and leader[y] == y:
            leader[y] = x
    return leader


def _effective(group: Ints, records: Ints, count: int) -> Floats:
    """n² / Σc² of each group; 0 where nothing is known."""
    weights = records.astype(np.float64)
    total = np.bincount(group, weights, count)
    squares = np.bincount(group, weights * weights, count)
    return np.asarray(total * total / np.maximum(squares, 1.0))
