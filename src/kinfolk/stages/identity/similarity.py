"""Similarity of texts, worked out only for pairs that a cheap bound cannot rule out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from kinfolk.stages.identity.arrays import Flags, Ints, Texts
from kinfolk.stages.identity.arrow import Strings, array, pc

LETTERS = np.uint64(1) << (np.arange(256) & 63).astype(np.uint64)  # the bit that stands for each byte
_ROUNDING = np.float32(1e-6)  # more than what is lost in numbers of seven digits
_PREFIX_GAIN = np.float32(0.4)  # at most what four equal first letters add to the distance from 1 in Jaro-Winkler


@dataclass(frozen=True)
class Spelled:
    """Distinct texts made ready to be compared.

    values   the texts themselves
    lengths  their lengths in bytes
    letters  which bytes occur in each, as 64 bits
    first    their first byte
    foreign  whether some character takes several bytes, so that the bounds do not hold
    """

    values: Strings
    lengths: Ints
    letters: npt.NDArray[np.uint64]
    first: npt.NDArray[np.uint8]
    foreign: Flags

    @cached_property
    def sizes(self) -> npt.NDArray[np.float32]:
        """The lengths, to reckon with."""
        return self.lengths.astype(np.float32)

    @cached_property
    def any_foreign(self) -> bool:
        """Whether any of the texts is."""
        return bool(self.foreign.any())

    def at(self, codes: Ints) -> Texts:
        """The texts of these codes."""
        return np.asarray(self.values.take(array(codes)).to_numpy(zero_copy_only=False))


def spell(values: Strings) -> Spelled:
    """The texts with what the bounds need."""
    offsets, data = bytes_of(values)
    starts, lengths = offsets[:-1], np.diff(offsets)
    bits = LETTERS[data]
    letters = np.zeros(len(values), np.uint64)
    first = np.zeros(len(values), np.uint8)
    filled = lengths > 0
    if filled.any():
        letters[filled] = np.bitwise_or.reduceat(bits, starts[filled])
        first[filled] = data[starts[filled]]
    foreign = np.zeros(len(values), bool)
    if len(data) and data.max() >= 128:
        foreign = ~pc.string_is_ascii(values).to_numpy(zero_copy_only=False).astype(bool)
    return Spelled(values, lengths, letters, first, foreign)


def bytes_of(values: Strings) -> tuple[Ints, npt.NDArray[np.uint8]]:
    """Where each text begins (and, last, where all end) and the bytes of all texts."""
    _, offsets, data = values.buffers()
    if offsets is None or not len(values):
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    at = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1].astype(np.int64)
    whole = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return at - at[0], whole[at[0] : at[-1]]


def jaro_winkler(spelled: Spelled, a: Ints, b: Ints, least: float) -> npt.NDArray[np.float32]:
    """Jaro-Winkler similarity of each pair of texts; 0 where it is below `least`."""
    found = np.zeros(len(a), np.float32)
    worth = np.flatnonzero(jaro_winkler_bound(spelled, a, b) >= least)
    if len(worth):
        left, right = spelled.at(a[worth]), spelled.at(b[worth])
        found[worth] = process.cpdist(
            left,
            right,
            scorer=JaroWinkler.normalized_similarity,
            score_cutoff=least,
            dtype=np.float32,
        )
    return found


def one_slip(spelled: Spelled, a: Ints, b: Ints) -> Flags:
    """Whether one character put in, left out, replaced or swapped with the next turns one text into the other."""
    slip = np.zeros(len(a), bool)
    left, right = spelled.letters[a], spelled.letters[b]
    apart = np.maximum(np.bitwise_count(left & ~right), np.bitwise_count(right & ~left))
    near = (apart <= 1) & (np.abs(spelled.lengths[a] - spelled.lengths[b]) <= 1)
    worth = np.flatnonzero(near | spelled.foreign[a] | spelled.foreign[b])
    if len(worth):
        distance = process.cpdist(
            spelled.at(a[worth]),
            spelled.at(b[worth]),
            scorer=OSA.distance,
            score_cutoff=1,
            dtype=np.uint8,
        )
        slip[worth] = distance <= 1
    return slip


def jaro_winkler_bound(spelled: Spelled, a: Ints, b: Ints) -> npt.NDArray[np.float32]:
    """Never below the similarity: counts the characters of one text that cannot have a partner in the other."""
    left, right = spelled.letters.take(a), spelled.letters.take(b)
    la, lb = spelled.sizes.take(a), spelled.sizes.take(b)
    partners = np.minimum(la - np.bitwise_count(left & ~right), lb - np.bitwise_count(right & ~left))
    jaro = (partners / np.maximum(la, 1) + partners / np.maximum(lb, 1) + 1) / 3
    gain = _PREFIX_GAIN * (spelled.first.take(a) == spelled.first.take(b))
    bound: npt.NDArray[np.float32] = jaro + gain * (1 - jaro) + _ROUNDING
    if spelled.any_foreign:
        bound[spelled.foreign[a] | spelled.foreign[b]] = 1.0
    return bound
