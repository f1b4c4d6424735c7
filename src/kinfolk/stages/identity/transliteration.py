"""Cyrillic and Greek letters, and Latin ones without an accent to lose, in plain Latin letters.

A name is written in one script here and in another there: Ольга and Olga are one name. The letters are mostly those
that passports show (ICAO Doc 9303), since that is how the same people spell themselves in Latin letters.
"""

from __future__ import annotations

import re
import unicodedata

_CYRILLIC = dict(
    zip(
        "абвгдезийклмнопрстуфхцчшщыэюяёъьєіїґўђјљњћџѓќѕ",
        [*"abvgdeziiklmnoprstuf", "kh", "ts", "ch", "sh", "shch", *"ye", "iu", "ia", "e", "ie", "", "ie"]
        + ["i", "i", "g", "u", "d", "j", "lj", "nj", "c", "dz", "g", "k", "dz"],
        strict=True,
    )
) | {"ж": "zh"}
_LATIN = {"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
_GREEK = dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", [*"avgdezi", "th", *"iklmnxoprsstyf", "ch", "ps", "o"], strict=True))
_GREEK_TOGETHER = {
    "ου": "ou",
    "αυ": "av",
    "ευ": "ev",
    "μπ": "b",
    "ντ": "nt",
    "γκ": "gk",
    "γγ": "ng",
    "γξ": "nx",
    "γχ": "nch",
}
_AT_ONCE = str.maketrans(_CYRILLIC | _LATIN)
_BARE = str.maketrans(_GREEK)
_TOGETHER = re.compile("|".join(_GREEK_TOGETHER))


def latin(value: str) -> str:
    """A text in lower case with Latin letters and no accents; letters of other scripts stay."""
    spelled = unicodedata.normalize("NFC", value).translate(_AT_ONCE)
    bare = "".join(c for c in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(c))
    return _TOGETHER.sub(lambda pair: _GREEK_TOGETHER[pair[0]], bare).translate(_BARE)
