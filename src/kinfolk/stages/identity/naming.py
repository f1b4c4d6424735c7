"""Stable customer ids: a group keeps the oldest id its records had; ids given up become aliases and never return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from kinfolk.stages.identity.arrays import Ints, starts_of
from kinfolk.stages.identity.arrow import ArrowArray, array, pc

PREFIX = "C-"
GONE = 0
_UNNAMED = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Named:
    """number of each group's customer; given_up: a number no longer in use -> the number that lives on, or 0."""

    numbers: Ints
    given_up: dict[int, int]


class Memory(Protocol):
    """What is remembered of customers as they were before they merged."""

    def claims(self, groups: Ints, previous: Ints, aliases: Mapping[int, int]) -> dict[int, int]:
        """Alias -> the group that holds most of what it stood for."""
        ...

    def heir(self, customer: int, groups: Ints, previous: Ints, aliases: Mapping[int, int]) -> int | None:
        """The group that is the customer itself when those it took in part from it; None where nothing tells."""
        ...


def name_groups(
    groups: Ints, previous: Ints, aliases: dict[int, int], greatest: int = 0, memory: Memory | None = None
) -> Named:
    """Numbers for the groups 0..n-1 of records in order of record_no, groups numbered by their first record.

    previous  number of the customer each record belonged to when it was last seen, 0 where it is new
    aliases   numbers given up before -> the number that lived on
    greatest  greatest number of any customer, also of those these records have nothing to do with

    A customer's heir is the group with most of its records (ties: the one with the smallest record_no).
    A group keeps the smallest number it is heir to; the others become aliases of it. A group that would need a new
    number takes up the smallest alias of which it holds most of the records it once stood for (customers that part are
    each themselves again), else the number of a customer that leaves it records and would be given up.
    Other groups count on from the greatest number ever used. A customer without any record is
    given up for nobody, and is itself again when one returns; until then its own aliases go on leading to it.
    """
    previous = living(previous, aliases)
    count = int(groups.max(initial=-1)) + 1
    shares = _shares(groups, previous)
    heirs, customers = _heirs(*shares)
    claims = memory.claims(groups, previous, aliases) if memory else {}
    if memory and claims:
        heirs = _themselves(heirs, customers, (groups, previous, aliases), claims, memory)
    numbers = np.full(count, _UNNAMED, np.int64)
    np.minimum.at(numbers, heirs, customers)
    for alias, group in sorted(claims.items()):
        if numbers[group] == _UNNAMED:
            numbers[group] = alias
    heirs = _left_behind(heirs, customers, numbers, shares)
    unnamed = np.flatnonzero(numbers == _UNNAMED)
    used = max([greatest, int(previous.max(initial=0)), *aliases, *aliases.values()])
    numbers[unnamed] = used + 1 + np.arange(len(unnamed))
    lives = {int(c): int(numbers[g]) for c, g in zip(customers.tolist(), heirs.tolist(), strict=True)}
    given_up = {old: new for old, new in lives.items() if old != new}
    named = set(numbers.tolist())
    given_up |= {
        alias: int(numbers[claims[alias]]) if alias in claims else lives.get(target, target)
        for alias, target in aliases.items()
        if alias not in named and alias not in lives
    }
    return Named(numbers, given_up)


def _themselves(
    heirs: Ints,
    customers: Ints,
    known: tuple[Ints, Ints, Mapping[int, int]],
    claims: Mapping[int, int],
    memory: Memory,
) -> Ints:
    """The heirs; where most of a customer goes with one it took in, the customer is what it was before."""
    groups, previous, aliases = known
    place = {customer: at for at, customer in enumerate(customers.tolist())}
    heirs = heirs.copy()
    for customer in sorted({aliases[alias] for alias in claims}):
        at = place[customer]
        taken_in = {group for alias, group in claims.items() if aliases[alias] == customer}
        if int(heirs[at]) in taken_in:
            itself = memory.heir(customer, groups, previous, aliases)
            heirs[at] = heirs[at] if itself is None else itself
    return heirs


def living(previous: Ints, aliases: dict[int, int]) -> Ints:
    """Numbers given up for another replaced by that one: a record that returns belongs where its customer went."""
    moved = {old: new for old, new in aliases.items() if new != GONE}
    if not moved:
        return previous
    found = np.isin(previous, np.fromiter(moved, np.int64, len(moved)))
    moved_on = previous.copy()
    moved_on[found] = [moved[number] for number in previous[found].tolist()]
    return moved_on


def vanished(before: Ints, previous: Ints) -> dict[int, int]:
    """Customers of the previous run of whom no record is left."""
    return dict.fromkeys(np.setdiff1d(before, previous).tolist(), GONE)


def numbers_of(ids: ArrowArray) -> Ints:
    """The numbers in customer ids; 0 for none."""
    digits = pc.cast(pc.utf8_slice_codeunits(ids, len(PREFIX)), pa.int64())
    return np.asarray(digits.fill_null(0).to_numpy(), dtype=np.int64)


def ids_of(numbers: Ints, prefix: str = PREFIX) -> ArrowArray:
    """Customer ids of numbers; null for 0. Households and accounts have a prefix, as long, of their own."""
    ids = pc.binary_join_element_wise(prefix, pc.cast(array(numbers), pa.string()), "")
    return pc.if_else(array(numbers > 0), ids, pa.scalar(None, pa.string()))


def _shares(groups: Ints, previous: Ints) -> tuple[Ints, Ints]:
    """Each customer with each group of its records: the most first, then the one with the smallest record_no."""
    known = np.flatnonzero(previous > 0)
    width = int(groups.max(initial=0)) + 1
    packed, first, records = np.unique(previous[known] * width + groups[known], return_index=True, return_counts=True)
    customers = packed // width
    order = np.lexsort((known[first] if len(known) else first, -records, customers))
    return customers[order], packed[order] % width


def _heirs(customers: Ints, groups: Ints) -> tuple[Ints, Ints]:
    """The heir group of each previous customer that still has records, and those customers."""
    chosen = starts_of(customers)
    return groups[chosen], customers[chosen]


def _left_behind(heirs: Ints, customers: Ints, numbers: Ints, shares: tuple[Ints, Ints]) -> Ints:
    """The heirs; a customer whose heir has another number stays with records left behind in a group that has none.

    Writes its number into `numbers`.
    """
    losing = numbers[heirs] != customers
    if not losing.any() or not (numbers == _UNNAMED).any():
        return heirs
    heirs = heirs.copy()
    of, groups = shares
    candidates = np.flatnonzero(np.isin(of, customers[losing]) & (numbers[groups] == _UNNAMED))
    for customer, group in zip(of[candidates].tolist(), groups[candidates].tolist(), strict=True):
        at = int(np.searchsorted(customers, customer))
        if numbers[group] == _UNNAMED and numbers[heirs[at]] != customer:
            heirs[at] = group
            numbers[group] = customer
    return heirs
