"""Numbering plans of the world, as regular expressions, made from the metadata phonenumbers ships."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from re import fullmatch, sub

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, country_code_for_region


@dataclass(frozen=True)
class Plan:
    """How numbers are written inside one country.

    calling_code   without +
    number         pattern of a national number, as it follows the calling code
    trunk          pattern of what is dialled before it inside the country; None = nothing
    trunk_becomes  what replaces it when its last group took part; None = it is dropped
    abroad         pattern of what is dialled before a calling code
    """

    calling_code: str
    number: str
    trunk: str | None
    trunk_becomes: str | None
    abroad: str


@dataclass(frozen=True)
class World:
    """Numbers written with + and a calling code.

    number      pattern of calling code and national number
    trunked     the same with a superfluous trunk digit in between: +49 (0)30
    trunk       pattern of the calling code and that digit
    trunk_kept  what replaces `trunk`: the calling code alone
    """

    number: str
    trunked: str
    trunk: str
    trunk_kept: str


@cache
def plan(country: str) -> Plan | None:
    """The plan of an ISO alpha-2 country; None when it is unknown."""
    code = country_code_for_region(country)
    data = PhoneMetadata.metadata_for_region(country) if code else None
    main = _main(code) if code else None
    if data is None or main is None:
        return None
    return Plan(
        calling_code=str(code),
        number=_national(main),
        trunk=data.national_prefix_for_parsing,
        trunk_becomes=data.national_prefix_transform_rule,
        abroad=data.international_prefix or "00",
    )


@cache
def world() -> World:
    """The plans of every calling code in one pattern: an automaton reads it as fast as a single plan."""
    numbers, trunked = [], []
    by_trunk: dict[str, list[str]] = defaultdict(list)
    for code in sorted(COUNTRY_CODE_TO_REGION_CODE):
        data = _main(code)
        if data is None or not _national(data):
            continue
        national = f"(?:{_national(data)})"
        trunk = _trunk_digit(data)
        numbers.append(f"{code}{national}")
        trunked.append(f"{code}{trunk}{national}")
        by_trunk[trunk].append(str(code))
    return World(
        number=r"\+(?:" + "|".join(numbers) + ")",
        trunked=r"\+(?:" + "|".join(trunked) + ")",
        trunk=r"^\+(?:" + "|".join(f"({'|'.join(codes)}){trunk}" for trunk, codes in by_trunk.items()) + ")",
        trunk_kept="+" + "".join(rf"\{n}" for n in range(1, len(by_trunk) + 1)),
    )


def _trunk_digit(data: PhoneMetadata) -> str:
    """The national prefix; 0 where the country has none, because people write (0) for those too."""
    prefix = data.national_prefix or "0"
    return prefix if prefix.isdigit() else "0"


def _main(code: int) -> PhoneMetadata | None:
    """The plan of a calling code that several countries share is kept with the first of them."""
    return PhoneMetadata.metadata_for_region_or_calling_code(code, COUNTRY_CODE_TO_REGION_CODE[code][0])


def _national(data: PhoneMetadata) -> str:
    """The national pattern without alternatives of an impossible length (only North America's has one)."""
    description = data.general_desc
    pattern = (description and description.national_number_pattern) or ""
    lengths = description.possible_length if description else ()
    if "(" in pattern:
        return pattern
    return "|".join(a for a in pattern.split("|") if (n := _length(a)) is None or n in lengths)


def _length(pattern: str) -> int | None:
    """How many digits a pattern of fixed length matches; None when it is of any other form."""
    plain = sub(r"\[[^\]]*\]|\\d", "0", pattern)
    if not fullmatch(r"(?:\d(?:\{\d+\})?)+", plain):
        return None
    return len(sub(r"\d\{(\d+)\}", lambda m: "0" * int(m[1]), plain))
