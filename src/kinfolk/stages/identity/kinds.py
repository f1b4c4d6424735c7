"""How far apart two different values are, for each kind of column: what the levels mean and how they are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kinfolk.stages.identity import nicknames
from kinfolk.stages.identity.arrays import Flags, Ints, Levels, Texts, distinct
from kinfolk.stages.identity.arrow import Strings, array, pc
from kinfolk.stages.identity.dates import date_distance
from kinfolk.stages.identity.forms import house_and_street
from kinfolk.stages.identity.similarity import LETTERS, Spelled, jaro_winkler, jaro_winkler_bound, one_slip, spell

Distance = Callable[[Ints, Ints], Levels]
SAME_MAILBOX, ALIKE_MAILBOX = 3, 4  # levels of e-mail addresses at different domains
_SIGNS = "._-"  # that most providers ignore in a mailbox's name


@dataclass(frozen=True)
class Kind:
    """One kind of comparison.

    levels   what each level means, from the same (level 1) to different (the last)
    m, u     what is assumed of customers' and strangers' pairs before anything is learned, per level
    prepare  distinct values -> a function that tells the level of pairs of different values
    """

    levels: tuple[str, ...]
    m: tuple[float, ...]
    u: tuple[float, ...]
    prepare: Callable[[Strings], Distance]


def once(worth: Callable[[Ints, Ints], Flags], exactly: Distance, count: int, otherwise: int) -> Distance:
    """A distance that looks closely only where a cheap test cannot rule out, and once at each pair of values."""

    def distance(a: Ints, b: Ints) -> Levels:
        out = np.full(len(a), otherwise, np.uint8)
        close = np.flatnonzero(worth(a, b))
        if len(close):
            x, y = a[close].astype(np.int64), b[close].astype(np.int64)
            pairs, which = distinct(np.minimum(x, y) * count + np.maximum(x, y))
            out[close] = exactly(pairs // count, pairs % count)[which]
        return out

    return distance


def _exact(values: Strings) -> Distance:
    return lambda a, b: np.full(len(a), 2, np.uint8)


def _name(values: Strings) -> Distance:
    spelled, several, count = spell(values), _several(values), len(values)
    variants = nicknames.variant_pairs(values)
    families = nicknames.family_bits(values)

    def worth(a: Ints, b: Ints) -> Flags:
        short = (families[a] & families[b]) != 0
        near: Flags = jaro_winkler_bound(spelled, a, b) >= 0.8
        return np.asarray(near | short | _initial(spelled, a, b) | several[a] | several[b])

    def exactly(a: Ints, b: Ints) -> Levels:
        out = _graded(jaro_winkler(spelled, a, b, 0.8), ((0.92, 2), (0.8, 4)), 5)
        short = np.isin(a * count + b, variants) | _initial(spelled, a, b) | _part(values, several, a, b)
        out[short & (out > 2)] = 3
        return out

    return once(worth, exactly, count, 5)


def _several(values: Strings) -> Flags:
    """Whether a value has several words."""
    return np.asarray(pc.match_substring(values, " ").to_numpy(zero_copy_only=False), dtype=bool)


def _initial(spelled: Spelled, a: Ints, b: Ints) -> Flags:
    """Whether one of the two is the other's first letter."""
    single = (spelled.sizes.take(a) == 1) | (spelled.sizes.take(b) == 1)
    single[single] = spelled.first[a[single]] == spelled.first[b[single]]
    return np.asarray(single)


def _part(values: Strings, several: Flags, a: Ints, b: Ints) -> Flags:
    """Whether all words of one name stand in the other (anna, anna maria; smith, smith jones)."""
    out = np.zeros(len(a), bool)
    at = np.flatnonzero(several[a] | several[b])
    left, right = (values.take(array(side[at])).to_pylist() for side in (a, b))
    for place, x, y in zip(at.tolist(), left, right, strict=True):
        ours, theirs = set(x.split()), set(y.split())
        out[place] = ours <= theirs or theirs <= ours
    return out


def _text(values: Strings) -> Distance:
    spelled = spell(values)
    return once(
        lambda a, b: jaro_winkler_bound(spelled, a, b) >= 0.8,
        lambda a, b: _graded(jaro_winkler(spelled, a, b, 0.8), ((0.92, 2), (0.8, 3)), 4),
        len(values),
        4,
    )


def _company(values: Strings) -> Distance:
    spelled, several = spell(values), _several(values)

    def worth(a: Ints, b: Ints) -> Flags:
        return (jaro_winkler_bound(spelled, a, b) >= 0.85) | several[a] | several[b]

    def exactly(a: Ints, b: Ints) -> Levels:
        out = _graded(jaro_winkler(spelled, a, b, 0.85), ((0.93, 2), (0.85, 4)), 5)
        out[_part(values, several, a, b) & (out > 2)] = 3
        return out

    return once(worth, exactly, len(values), 5)


def _graded(similarity: npt.NDArray[np.float32], steps: tuple[tuple[float, int], ...], otherwise: int) -> Levels:
    out = np.full(len(similarity), otherwise, np.uint8)
    for least, level in reversed(steps):
        out[similarity >= least] = level
    return out


def _email(values: Strings) -> Distance:
    parts = pc.split_pattern(values, "@", max_splits=1)
    local = pc.list_element(parts, 0)
    domain = pc.replace_substring_regex(values, "^[^@]*@?", "").dictionary_encode().indices.to_numpy()
    spelled, whole = spell(local), spell(values)
    signs = np.bitwise_or.reduce(LETTERS[np.frombuffer(_SIGNS.encode(), np.uint8)])
    tagged = np.asarray(pc.match_substring(local, "+").to_numpy(zero_copy_only=False), dtype=bool)

    def worth(a: Ints, b: Ints) -> Flags:
        near: Flags = jaro_winkler_bound(spelled, a, b) >= 0.88
        return np.asarray(near | tagged[a] | tagged[b])

    def exactly(a: Ints, b: Ints) -> Levels:
        out = np.full(len(a), 5, np.uint8)
        out[jaro_winkler(spelled, a, b, 0.88) >= 0.88] = ALIKE_MAILBOX
        close = np.flatnonzero((out == ALIKE_MAILBOX) | tagged[a] | tagged[b])
        a, b = a[close], b[close]
        same_domain = domain[a] == domain[b]
        other_letters = (spelled.letters[a] ^ spelled.letters[b]) & ~signs
        same_box = tagged[a] | tagged[b] | (other_letters == 0)
        same_box[same_box] = _mailboxes(spelled.at(a[same_box])) == _mailboxes(spelled.at(b[same_box]))
        out[close[same_box]] = SAME_MAILBOX
        out[close[same_domain & (same_box | one_slip(whole, a, b))]] = 2
        return out

    return once(worth, exactly, len(values), 5)


def _mailboxes(local: Texts) -> Texts:
    """What stands before the @ without a tag and without signs that most providers ignore."""
    bare = pc.replace_substring_regex(array(local, pa.string()), rf"\+.*$|[{_SIGNS}]", "")
    return np.asarray(bare.to_numpy(zero_copy_only=False))


def _phone(values: Strings) -> Distance:
    tail = pc.utf8_slice_codeunits(values, -8).dictionary_encode().indices.to_numpy()
    spelled = spell(values)

    def distance(a: Ints, b: Ints) -> Levels:
        out = np.full(len(a), 4, np.uint8)
        out[one_slip(spelled, a, b)] = 3
        out[(tail[a] == tail[b]) & (spelled.lengths[a] >= 8) & (spelled.lengths[b] >= 8)] = 2
        return out

    return distance


def _address(values: Strings) -> Distance:
    house, street = house_and_street(values)
    number = house.dictionary_encode().indices.to_numpy()
    known = np.asarray(pc.not_equal(house, "").to_numpy(zero_copy_only=False), dtype=bool)
    streets = street.dictionary_encode()
    way, spelled = streets.indices.to_numpy(), spell(streets.dictionary)
    street_distance = once(
        lambda a, b: jaro_winkler_bound(spelled, a, b) >= 0.88,
        lambda a, b: _graded(jaro_winkler(spelled, a, b, 0.88), ((0.88, 1),), 2),
        len(spelled.values),
        2,
    )

    def distance(a: Ints, b: Ints) -> Levels:
        alike = way[a] == way[b]
        other = np.flatnonzero(~alike)
        alike[other] = street_distance(way[a[other]], way[b[other]]) == 1
        out = np.full(len(a), 5, np.uint8)
        out[alike] = 4
        out[alike & ~(known[a] & known[b])] = 3
        out[alike & (number[a] == number[b]) & known[a] & known[b]] = 2
        return out

    return distance


KINDS: Mapping[str, Kind] = {
    "name": Kind(
        ("the same", "nearly the same", "a short form, an initial or a part", "alike", "different"),
        (0.80, 0.08, 0.06, 0.02, 0.04),
        (0.005, 0.003, 0.004, 0.02, 0.968),
        _name,
    ),
    "company": Kind(
        ("the same", "nearly the same", "one holds the other's words", "alike", "different"),
        (0.75, 0.10, 0.08, 0.03, 0.04),
        (0.001, 0.001, 0.002, 0.01, 0.986),
        _company,
    ),
    "date": Kind(
        ("the same", "one digit wrong, or day and month swapped", "two of three parts the same",
         "the same year, or within a month", "different"),
        (0.88, 0.06, 0.02, 0.01, 0.03),
        (0.0002, 0.0005, 0.003, 0.012, 0.9843),
        date_distance,
    ),
    "email": Kind(
        ("the same", "the same but for dots, a tag or one character", "the same before the @", "alike before the @",
         "different"),
        (0.75, 0.05, 0.05, 0.05, 0.10),
        (0.00002, 0.00001, 0.0002, 0.005, 0.99477),
        _email,
    ),
    "phone": Kind(
        ("the same", "the same last eight digits", "one digit wrong", "different"),
        (0.70, 0.05, 0.05, 0.20),
        (0.00005, 0.00001, 0.0001, 0.99984),
        _phone,
    ),
    "address": Kind(
        ("the same", "the same number, the street nearly the same", "the street nearly the same, one number missing",
         "the street nearly the same, another number", "different"),
        (0.70, 0.08, 0.03, 0.04, 0.15),
        (0.0003, 0.0001, 0.0003, 0.005, 0.9943),
        _address,
    ),
    "exact": Kind(("the same", "different"), (0.90, 0.10), (0.01, 0.99), _exact),
    "text": Kind(
        ("the same", "nearly the same", "alike", "different"),
        (0.75, 0.10, 0.05, 0.10),
        (0.01, 0.005, 0.03, 0.955),
        _text,
    ),
}  # fmt: skip
