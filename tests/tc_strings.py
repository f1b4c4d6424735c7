"""IAB TCF strings (version 2), written bit by bit for tests."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from datetime import UTC, datetime


def number(value: int, bits: int) -> str:
    """A number in so many bits."""
    return f"{value:0{bits}b}"


def ranges(*found: tuple[int, int]) -> str:
    """Vendors as ranges, each from its first to its last."""
    return number(900, 16) + "1" + _listed(found)


def written(
    consents: Collection[int] = (),
    interests: Collection[int] = (),
    vendors: str = number(0, 17),
    interested: str = number(0, 17),
    restricted: Mapping[tuple[int, int], tuple[int, int]] | None = None,
    updated: datetime = datetime(2026, 3, 1, tzinfo=UTC),
) -> str:
    """A string. restricted: (purpose, kind) -> first and last of the vendors"""
    moment = number(round(updated.timestamp() * 10), 36)
    purposes = ["".join(str(int(n in given)) for n in range(1, 25)) for given in (consents, interests)]
    found = restricted or {}
    entries = [number(purpose, 6) + number(kind, 2) + _listed([vendor]) for (purpose, kind), vendor in found.items()]
    bits = "".join(
        [number(2, 6), moment, moment, number(0, 74), *purposes, number(0, 13), vendors, interested]
        + [number(len(entries), 12), *entries]
    )
    bits += "0" * (-len(bits) % 8)
    return base64.urlsafe_b64encode(int(bits, 2).to_bytes(len(bits) // 8)).decode().rstrip("=")


def _listed(found: Collection[tuple[int, int]]) -> str:
    several = ["1" + number(first, 16) + number(last, 16) for first, last in found]
    return number(len(several), 12) + "".join(several)
