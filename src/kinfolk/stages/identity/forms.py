"""One form per value for comparing: lower case, no accents, abbreviations and legal forms written one way."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa

from kinfolk.stages.identity.arrow import Strings, array, pc
from kinfolk.stages.identity.transliteration import latin

_SEPARATORS = r"[^\pL\pN]+"
_STREET_WORDS = {
    "street": "st", "str": "st", "strasse": "st", "road": "rd", "avenue": "ave", "av": "ave", "lane": "ln",
    "close": "cl", "drive": "dr", "court": "ct", "place": "pl", "square": "sq", "crescent": "cres", "gardens": "gdns",
    "terrace": "tce", "ter": "tce", "parade": "pde", "circuit": "cct", "boulevard": "blvd", "highway": "hwy",
    "mount": "mt", "saint": "st", "north": "n", "south": "s", "east": "e", "west": "w", "apartment": "apt",
    "platz": "pl", "allee": "al", "rue": "r", "calle": "c", "avenida": "ave", "plaza": "pl",
}  # fmt: skip
_LONG = pa.array(_STREET_WORDS, pa.string())
_STREET_ENDING = re.compile(r"(\w{3,}?)(strasse|straße|str)$")
_LEGAL_FORMS = frozenset(
    [
        "inc",
        "incorporated",
        "corp",
        "corporation",
        "co",
        "company",
        "ltd",
        "limited",
        "llc",
        "llp",
        "lp",
        "plc",
        "gmbh",
        "mbh",
        "ag",
        "kg",
        "kgaa",
        "ohg",
        "ug",
        "se",
        "ev",
        "sa",
        "sas",
        "sarl",
        "sasu",
        "eurl",
        "sl",
        "slu",
        "srl",
        "spa",
        "bv",
        "nv",
        "oy",
        "ab",
        "as",
        "aps",
        "pty",
        "the",
        "and",
        "und",
        "et",
        "y",
    ]
)


def plain(values: Strings) -> Strings:
    """Lower case without accents, in Latin letters; letters of scripts other than Cyrillic and Greek stay."""
    lower = pc.utf8_lower(pc.utf8_trim_whitespace(values))
    foreign = pc.invert(pc.string_is_ascii(lower))
    if not pc.any(foreign).as_py():
        return lower
    stripped = array([latin(value) for value in lower.filter(foreign).to_pylist()], pa.string())
    return pc.replace_with_mask(lower, foreign, stripped)


def words(values: Strings) -> Strings:
    """Plain words, one space between."""
    lower = plain(values)
    odd = pc.match_substring_regex(lower, r"[^a-z0-9 ]|  ")
    if not pc.any(odd).as_py():
        return lower
    spelled = pc.replace_substring_regex(lower.filter(odd), r"['’`]", "")
    spelled = pc.utf8_trim_whitespace(pc.replace_substring_regex(spelled, _SEPARATORS, " "))
    return pc.replace_with_mask(lower, odd, spelled)


def company(values: Strings) -> Strings:
    """Words of a company's name without its legal form; a name made of nothing else stays."""
    return array([_company(value) for value in words(values).to_pylist()], pa.string())


def digits(values: Strings) -> Strings:
    """A telephone number without anything but its digits and a + before the country."""
    odd = pc.match_substring_regex(values, r"[^0-9+]|^00|.\+")
    if not pc.any(odd).as_py():
        return values
    bare = pc.replace_substring_regex(values.filter(odd), r"[^0-9+]", "")
    cleaned = pc.replace_substring_regex(pc.replace_substring_regex(bare, r"^00", "+"), r"(.)\++", r"\1")
    return pc.replace_with_mask(values, odd, cleaned)


def street(values: Strings) -> Strings:
    """Words of a street with the usual abbreviations."""
    split = pc.split_pattern(words(values), " ")
    each = split.values.dictionary_encode()
    written = each.dictionary
    long = pc.or_(pc.is_in(written, value_set=_LONG), pc.match_substring_regex(written, _STREET_ENDING.pattern))
    short = array([_street_word(word) for word in written.filter(long).to_pylist()], pa.string())
    short = pc.replace_with_mask(written, long, short)
    return pc.binary_join(pa.ListArray.from_arrays(split.offsets, short.take(each.indices)), " ")


def house_and_street(values: Strings) -> tuple[Strings, Strings]:
    """The house number ("" where there is none) and the street, wherever the number stands."""
    lower = plain(values)
    house, name = array([""] * len(lower), pa.string()), lower
    leads = pc.match_substring_regex(lower, r"^\d+[a-z]?,? +\D")
    if pc.any(leads).as_py():
        parts = pc.split_pattern(lower.filter(leads), " ", max_splits=1)
        house = pc.replace_with_mask(house, leads, pc.replace_substring(pc.list_element(parts, 0), ",", ""))
        name = pc.replace_with_mask(name, leads, pc.list_element(parts, 1))
    ends = pc.and_not(pc.match_substring_regex(lower, r"\D[, ]+\d+ ?[a-z]?$"), leads)
    if pc.any(ends).as_py():
        parts = pc.extract_regex(lower.filter(ends), r"^(?P<street>.*\D)[, ]+(?P<house>\d+ ?[a-z]?)$")
        house = pc.replace_with_mask(house, ends, pc.replace_substring(pc.struct_field(parts, "house"), " ", ""))
        name = pc.replace_with_mask(name, ends, pc.struct_field(parts, "street"))
    encoded = name.dictionary_encode()
    return house, street(encoded.dictionary).take(encoded.indices)


def address(values: Strings) -> Strings:
    """House number and street in one order."""
    house, name = house_and_street(values)
    return pc.utf8_trim_whitespace(pc.binary_join_element_wise(house, name, " "))


def _company(value: str) -> str:
    kept = [word for word in value.split() if word not in _LEGAL_FORMS]
    return " ".join(kept) or value


def _street_word(word: str) -> str:
    return " ".join(_STREET_WORDS.get(part, part) for part in _STREET_ENDING.sub(r"\1 st", word).split())


FORMS: dict[str, Callable[[Strings], Strings]] = {
    "name": words,
    "company": company,
    "date": pc.utf8_trim_whitespace,
    "email": plain,
    "phone": digits,
    "address": address,
    "exact": plain,
    "text": words,
}
