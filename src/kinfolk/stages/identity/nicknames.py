"""Common variants of given names in English, German, French and Spanish (nicknames.csv), in compared form."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from kinfolk.stages.identity.arrays import Ints
from kinfolk.stages.identity.arrow import Strings, array, pc
from kinfolk.stages.identity.forms import words


@lru_cache(maxsize=1)
def families() -> tuple[frozenset[str], ...]:
    """A given name and its variants, one set for each name of each language."""
    text = resources.files(__package__).joinpath("nicknames.csv").read_text(encoding="utf-8")
    listed = [[row["name"], *row["variants"].split()] for row in csv.DictReader(text.splitlines())]
    formed = iter(words(array([name for names in listed for name in names])).to_pylist())
    return tuple(frozenset(next(formed) for _ in names) for names in listed)


@lru_cache(maxsize=1)
def _known() -> tuple[Strings, tuple[tuple[int, ...], ...]]:
    """Every name there is a variant of, and the numbers of its families."""
    of: dict[str, list[int]] = {}
    for number, family in enumerate(families()):
        for name in sorted(family):
            of.setdefault(name, []).append(number)
    names = sorted(of)
    return array(names), tuple(tuple(of[name]) for name in names)


def _present(values: Strings) -> list[tuple[int, tuple[int, ...]]]:
    """Those of the values that are in a family, ascending, with the numbers of their families."""
    names, numbers = _known()
    found = pc.index_in(values, value_set=names).fill_null(-1).to_numpy(zero_copy_only=False)
    return [(value, numbers[found[value]]) for value in np.flatnonzero(found >= 0).tolist()]


def variant_pairs(values: Strings) -> Ints:
    """Pairs of values that are variants of one given name, packed as smaller number * count + greater, sorted."""
    count = len(values)
    members: dict[int, list[int]] = {}
    for value, numbers in _present(values):
        for number in numbers:
            members.setdefault(number, []).append(value)
    pairs = {x * count + y for family in members.values() for i, x in enumerate(family) for y in family[i + 1 :]}
    return np.array(sorted(pairs), np.int64)


def family_bits(values: Strings) -> npt.NDArray[np.uint64]:
    """For each value the families it belongs to, 64 bits shared by all families: no common bit, no variants."""
    bits = np.zeros(len(values), np.uint64)
    for value, numbers in _present(values):
        for number in numbers:
            bits[value] |= np.uint64(1) << np.uint64(number % 64)
    return bits
