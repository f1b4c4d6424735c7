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


def variant_pairs(values: Strings) -> Ints:
    """Pairs of values that are variants of one given name, packed as smaller number * count + greater, sorted."""
    count = len(values)
    known = array(sorted(frozenset().union(*families())))
    places = pc.index_in(known, value_set=values)
    at = {name: place for name, place in zip(known.to_pylist(), places.to_pylist(), strict=True) if place is not None}
    pairs = set()
    for family in families():
        present = sorted(at[name] for name in family if name in at)
        pairs |= {x * count + y for i, x in enumerate(present) for y in present[i + 1 :]}
    return np.array(sorted(pairs), np.int64)


def family_bits(values: Strings) -> npt.NDArray[np.uint64]:
    """For each value the families it belongs to, 64 bits shared by all families: no common bit, no variants."""
    at = {name: place for place, name in enumerate(values.to_pylist())}
    bits = np.zeros(len(values), np.uint64)
    for number, family in enumerate(families()):
        present = [at[name] for name in family if name in at]
        bits[present] |= np.uint64(1) << np.uint64(number % 64)
    return bits
