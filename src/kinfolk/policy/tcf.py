"""What a string of the IAB Transparency and Consent Framework says (version 2): its core segment, bit by bit.

A string that breaks off, or that is not whole, is not read at all: no missing bit is ever taken for a yes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

MOST_CHARACTERS = 16_384  # enough for every number a vendor can have
_VERSION = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEFORE_FLAGS = 12 + 12 + 6 + 12 + 12 + 6 + 1 + 1 + 12  # CMP, screen, language, list, policy, scope, special features
_BEFORE_VENDORS = 1 + 12  # whether purpose one was told otherwise, country of the publisher
_PURPOSES = 24

Ranges = tuple[tuple[int, int], ...]


class _UnreadableError(Exception):
    """The string is none, or breaks off."""


@dataclass(frozen=True)
class TcString:
    """What was agreed to. Purposes and vendors are numbers of the framework.

    consents, interests    purposes agreed to; purposes whose legitimate interest was told of and not objected to
    vendors, interested    first and last of each range of vendors, for the same two
    restrictions           (purpose, kind) -> vendors the publisher restricts: 0 not at all, 1 consent, 2 interest only
    """

    updated: datetime
    consents: frozenset[int]
    interests: frozenset[int]
    vendors: Ranges
    interested: Ranges
    restrictions: Mapping[tuple[int, int], Ranges]

    def consented(self, purpose: int, vendor: int | None) -> bool:
        """Whether there is consent for the purpose, and for the vendor where there is one."""
        restricted = self._restricted(purpose, vendor, 0) or self._restricted(purpose, vendor, 2)
        return purpose in self.consents and _has(self.vendors, vendor) and not restricted

    def unobjected(self, purpose: int, vendor: int | None) -> bool:
        """Whether legitimate interest was told of, and not objected to."""
        restricted = self._restricted(purpose, vendor, 0) or self._restricted(purpose, vendor, 1)
        return purpose in self.interests and _has(self.interested, vendor) and not restricted

    def _restricted(self, purpose: int, vendor: int | None, kind: int) -> bool:
        return vendor is not None and _has(self.restrictions.get((purpose, kind), ()), vendor)


@lru_cache(maxsize=4096)  # a visitor sends the same string with every event
def tc_string(text: str) -> TcString | None:
    """What the string says; None if it cannot be read."""
    try:
        return _core(_Bits(text.partition(".")[0]))
    except _UnreadableError:
        return None


def _core(bits: _Bits) -> TcString:
    if bits.number(6) != _VERSION:
        raise _UnreadableError
    bits.number(36)  # when it was made first
    updated = _EPOCH + timedelta(seconds=bits.number(36) / 10)
    bits.number(_BEFORE_FLAGS)
    consents, interests = _flags(bits, _PURPOSES), _flags(bits, _PURPOSES)
    bits.number(_BEFORE_VENDORS)
    vendors, interested = _vendors(bits), _vendors(bits)
    restrictions = dict[tuple[int, int], Ranges]()
    for _ in range(bits.number(12)):
        restricted = bits.number(6), bits.number(2)
        restrictions[restricted] = restrictions.get(restricted, ()) + _ranges(bits)
    return TcString(updated, consents, interests, vendors, interested, restrictions)


def _vendors(bits: _Bits) -> Ranges:
    most, ranged = bits.number(16), bits.number(1)
    return _ranges(bits) if ranged else tuple((vendor, vendor) for vendor in sorted(_flags(bits, most)))


def _ranges(bits: _Bits) -> Ranges:
    found = []
    for _ in range(bits.number(12)):
        several, first = bits.number(1), bits.number(16)
        found.append((first, bits.number(16) if several else first))
    return tuple(found)


def _flags(bits: _Bits, count: int) -> frozenset[int]:
    """Numbers, from 1 on, whose bit is set."""
    written = f"{bits.number(count):0{count}b}" if count else ""
    return frozenset(number for number, bit in enumerate(written, start=1) if bit == "1")


def _has(ranges: Ranges, vendor: int | None) -> bool:
    return vendor is None or any(first <= vendor <= last for first, last in ranges)


class _Bits:
    """The bits of a segment, from the first on."""

    def __init__(self, segment: str) -> None:
        if len(segment) > MOST_CHARACTERS:
            raise _UnreadableError
        try:
            data = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise _UnreadableError from error
        self._value, self._left = int.from_bytes(data), 8 * len(data)

    def number(self, bits: int) -> int:
        """The next so many bits, as a number. Errors: _UnreadableError where they are not there"""
        if bits > self._left:
            raise _UnreadableError
        self._left -= bits
        return (self._value >> self._left) & ((1 << bits) - 1)
