"""Telephone numbers, with phonenumbers as the oracle."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata, PhoneNumberFormat

from kinfolk.expressions.phone import phone
from kinfolk.expressions.phone_plan import plan, world

COUNTRIES = (
    "DE US GB FR IT ES NL BE CH AT PL SE NO DK FI PT AU IN JP BR MX CA RU HU AR ZA CN IE GR CZ TR".split()  # noqa: SIM905
)
TYPES = [0, 0, 1, 1, 1, 3, 4, 6]


@pytest.mark.parametrize(
    ("country", "given", "expected"),
    [
        ("DE", "030 123456", "+4930123456"),
        ("DE", "(030) 12 34-56", "+4930123456"),
        ("DE", "+49 (0)30 123456", "+4930123456"),
        ("DE", "0049 30/123456", "+4930123456"),
        ("DE", "tel:+49-30-123456", "+4930123456"),
        ("DE", "030 123456 ext. 12", "+4930123456"),
        ("DE", "030\u00a0123456", "+4930123456"),
        ("DE", "٠٣٠ ١٢٣٤٥٦", "+4930123456"),
        ("DE", "+39 06 1234567", "+39061234567"),
        ("DE", "+39 (0)6 1234567", "+39061234567"),
        ("US", "(212) 555-1234", "+12125551234"),
        ("US", "1-212-555-1234", "+12125551234"),
        ("US", "2125551234.0", "+12125551234"),
        ("US", "011 49 30 123456", "+4930123456"),
        ("US", "+1 (0)212 555 1234", "+12125551234"),
        ("FR", "33123456789", "+33123456789"),
        ("GB", "+44 (0)20 7946 0958", "+442079460958"),
        ("AR", "011 15 2345-6789", "+5491123456789"),
        (None, "+49 30 123456", "+4930123456"),
        (None, "0049 30 123456", "+4930123456"),
    ],
)
def test_a_number_becomes_e164(evaluate, country, given, expected):
    assert evaluate(lambda v: phone(v, country), [given]) == [expected]


@pytest.mark.parametrize(
    ("country", "given"),
    [
        ("DE", "n/a"),
        ("DE", "call me"),
        ("DE", "030 CALL ME"),
        ("DE", "12"),
        ("DE", "4.91702E+12"),
        ("DE", "030 123456 / 030 654321 / 0170 1234567"),
        ("DE", "+999 123456"),
        ("US", "555-1234"),
        ("US", "+1 300 1234"),
        (None, "030 123456"),
        ("XX", "030 123456"),
    ],
)
def test_what_is_no_number_is_not_readable(evaluate, country, given):
    assert evaluate(lambda v: phone(v, country), [given]) == [None]


def possible_and_of_general_shape(given: str, country: str) -> str | None:
    """What this project promises, said with phonenumbers."""
    try:
        number = phonenumbers.parse(given, country)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_country_code(number.country_code)
    data = PhoneMetadata.metadata_for_region_or_calling_code(number.country_code, region)
    national = phonenumbers.national_significant_number(number)
    if not phonenumbers.is_possible_number(number) or not re.fullmatch(
        data.general_desc.national_number_pattern, national
    ):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def written(country: str, chance: random.Random) -> str:
    """A number as somebody in `country` might write it; one in three is damaged."""
    example = None
    while example is None:
        region = country if chance.random() < 0.8 else chance.choice(COUNTRIES)
        example = phonenumbers.example_number_for_type(region, chance.choice(TYPES))
    digits = phonenumbers.national_significant_number(example)
    kind = chance.random()
    if kind < 0.7:
        digits = digits[:-4] + f"{chance.randrange(10**4):04}"
    elif kind < 0.85:
        digits = "".join(chance.choice("0123456789") for _ in digits)
    else:
        digits = digits[: chance.randrange(3, len(digits) + 1)] + chance.choice(["", "9"])
    number = phonenumbers.PhoneNumber(
        country_code=example.country_code,
        national_number=int(digits) or 1,
        italian_leading_zero=True if digits.startswith("0") else None,
    )
    text = phonenumbers.format_number(number, chance.choice([0, 1, 1, 2, 2, 2]))
    damage = chance.choice(["", "", "", "", "", "00", "bare", "plus", "dots", "ext"])
    return {
        "00": text.replace("+", "00"),
        "bare": re.sub("[ -]", "", text),
        "plus": text.replace("+", ""),
        "dots": text.replace("-", "."),
        "ext": text + " ext. 12",
    }.get(damage, text)


def comparable(given: str, country: str) -> bool:
    """We read 00 as + in every country; phonenumbers only where 00 is what is dialled for abroad."""
    abroad = PhoneMetadata.metadata_for_region(country).international_prefix
    return not given.startswith("00") or bool(re.match(f"(?:{abroad})[1-9]", given))


def test_phonenumbers_agrees_on_at_least_995_of_1000_numbers(evaluate):
    chance = random.Random(20)
    compared = agreed = read = 0
    for country in COUNTRIES:
        values = [v for v in (written(country, chance) for _ in range(300)) if comparable(v, country)]
        made = evaluate(lambda v, country=country: phone(v, country), values)
        expected = [possible_and_of_general_shape(value, country) for value in values]
        compared += len(values)
        agreed += sum(a == b for a, b in zip(made, expected, strict=True))
        read += sum(value is not None for value in made)
    assert compared > 9000 and read > 0.6 * compared
    assert agreed / compared >= 0.995


def test_every_valid_example_number_of_the_world_is_read_as_phonenumbers_reads_it(evaluate):
    examples: Iterator[phonenumbers.PhoneNumber | None] = (
        phonenumbers.example_number_for_type(region, kind)
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in (0, 1, 3, 4)
    )
    numbers = sorted({phonenumbers.format_number(n, PhoneNumberFormat.E164) for n in examples if n is not None})
    spaced = [phonenumbers.format_number(phonenumbers.parse(n), PhoneNumberFormat.INTERNATIONAL) for n in numbers]
    assert len(numbers) > 700
    assert evaluate(phone, numbers) == numbers
    assert evaluate(phone, spaced) == numbers


def test_no_pattern_of_the_world_allows_an_impossible_length(evaluate):
    """The general patterns imply the possible lengths, so lengths need no check of their own."""
    chance = random.Random(3)
    digits = ["".join(chance.choice("0123456789") for _ in range(chance.randrange(3, 17))) for _ in range(40_000)]
    accepted = [number for number in digits if re.fullmatch(world().number, "+" + number)]
    assert len(accepted) > 2000
    assert all(phonenumbers.is_possible_number(phonenumbers.parse("+" + number)) for number in accepted)


def test_an_unknown_country_has_no_plan():
    assert plan("XX") is None
