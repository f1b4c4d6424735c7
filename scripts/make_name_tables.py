"""Write countries.csv and languages.csv from the Unicode CLDR as Babel packages it. A tool for maintainers.

pip install babel==2.18.0 && python scripts/make_name_tables.py
"""

from __future__ import annotations

import csv
import unicodedata
from collections import defaultdict
from pathlib import Path

from babel import Locale
from babel.core import get_global
from babel.languages import get_official_languages

READ = ("en", "de", "fr", "es", "it", "pt", "nl")
NOTICE = (
    "# Names from the Unicode CLDR, by way of Babel 2.18. Copyright 1991-2025 Unicode, Inc. Unicode License v3,",
    "# https://www.unicode.org/license.txt. Columns: code; names with | between. Made by scripts/make_name_tables.py.",
)
MORE_COUNTRIES = {
    "US": "usa|us|u.s.|u.s.a.|america|united states of america|états-unis d'amérique|vereinigte staaten von amerika"
    "|ee.uu.|eeuu",
    "GB": "uk|u.k.|great britain|britain|england|scotland|wales|northern ireland|großbritannien|grande-bretagne"
    "|gran bretaña",
    "NL": "holland|the netherlands",
    "CZ": "czech republic|tschechische republik|česká republika",
    "KR": "korea|republic of korea|south korea|corea del sur",
    "KP": "north korea",
    "RU": "russian federation",
    "DE": "brd|federal republic of germany|bundesrepublik deutschland",
    "CN": "people's republic of china|pr china|prc",
    "TR": "turkey|türkei",
    "VN": "viet nam",
    "IE": "republic of ireland|eire",
    "MK": "macedonia|north macedonia",
    "SZ": "swaziland",
    "CI": "ivory coast",
    "CV": "cape verde",
    "MM": "burma",
    "TL": "east timor",
    "HK": "hong kong",
    "MO": "macau|macao",
    "AE": "uae|u.a.e.|emirates",
    "CD": "dr congo|drc|congo-kinshasa",
    "CG": "congo-brazzaville|republic of the congo",
    "BA": "bosnia",
    "TW": "taiwan",
    "VA": "vatican|holy see",
    "SK": "slovak republic",
    "MD": "republic of moldova",
    "IR": "islamic republic of iran",
    "SY": "syrian arab republic",
    "LA": "lao pdr",
    "CH": "helvetia|confoederatio helvetica",
}
MORE_LANGUAGES = {
    "zh": "mandarin|simplified chinese|traditional chinese",
    "no": "nb|nn|bokmål|nynorsk|norwegian bokmål",
    "es": "castilian|castellano",
    "nl": "flemish",
    "fa": "farsi",
    "el": "modern greek",
    "tl": "fil|filipino|tagalog",
    "he": "iw",
    "id": "in",
}


def usable(name: str) -> str:
    """Lower case, straight apostrophes, NFC, as cells are read."""
    return unicodedata.normalize("NFC", name.lower().replace("’", "'").replace("\u00a0", " ").strip())


def collect(codes: dict[str, list[str]], own: dict[str, list[str]], kind: str) -> dict[str, list[str]]:
    """Code -> names; a name that two codes share is kept by none but its first, English, owner."""
    owner: dict[str, str] = {}
    shared: set[str] = set()
    names: dict[str, list[str]] = defaultdict(list)
    for code, more in codes.items():
        for name in more:
            owner.setdefault(usable(name), code)
            names[code].append(usable(name))
    for language in READ:
        table = getattr(Locale(language), kind)
        for code in codes:
            if code in table:
                _offer(usable(table[code]), code, owner, shared, names)
    for code, languages in own.items():
        for language in languages:
            try:
                table = getattr(Locale.parse(language), kind)
            except Exception:
                continue
            if code in table:
                _offer(usable(table[code]), code, owner, shared, names)
    if shared:
        print("shared, first owner kept:", sorted(shared))
    return names


def _offer(name: str, code: str, owner: dict[str, str], shared: set[str], names: dict[str, list[str]]) -> None:
    if owner.setdefault(name, code) != code:
        shared.add(name)
    elif name not in names[code]:
        names[code].append(name)


def _write(file: str, names: dict[str, list[str]], *extra: dict[str, str]) -> None:
    path = Path(__file__).parents[1] / "src/kinfolk/expressions/data" / file
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write("\n".join(NOTICE) + "\n")
        writer = csv.writer(out, delimiter=";", lineterminator="\n")
        for code in sorted(names):
            writer.writerow([code, *(table[code] for table in extra), "|".join(names[code])])
    print(path.name, path.stat().st_size)


def main() -> None:
    """Write both tables."""
    alpha3 = iso_alpha3()
    territories = {c: MORE_COUNTRIES.get(c, "").split("|") if c in MORE_COUNTRIES else [] for c in sorted(alpha3)}
    own = {c: list(get_official_languages(c, regional=False, de_facto=True))[:4] for c in territories}
    _write("countries.csv", collect(territories, own, "territories"), alpha3)
    merged = ("nb", "nn", "sh", "mo", "iw", "in", "ji", "jw", "tw")
    codes = [c for c in Locale("en").languages if len(c) == 2 and c not in merged]
    languages = {c: MORE_LANGUAGES[c].split("|") if c in MORE_LANGUAGES else [] for c in sorted({*codes, "no"})}
    _write("languages.csv", collect(languages, {c: [c] for c in languages}, "languages"))


NOT_ISO = {"AA", "AC", "CP", "DG", "EU", "TA", "ZZ"}
SEVERAL = {"CD": "COD", "DE": "DEU", "FR": "FRA", "MM": "MMR", "TL": "TLS", "YE": "YEM"}


def iso_alpha3() -> dict[str, str]:
    """ISO 3166 alpha-2 -> alpha-3, from the aliases CLDR lists for territories; Kosovo's XK is in general use."""
    found = {
        aliases[0]: three
        for three, aliases in get_global("territory_aliases").items()
        if len(three) == 3 and three.isalpha() and len(aliases) == 1
    }
    private = {code for code in found if code[0] in "QX" and code not in ("QA", "XK")}
    return {code: SEVERAL.get(code, three) for code, three in found.items() if code not in NOT_ISO | private}


if __name__ == "__main__":
    main()
