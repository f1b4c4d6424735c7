"""Postal addresses: tidied, never rewritten, for a street's own spelling is what the post office knows."""

from __future__ import annotations

from re import findall

from sqlglot import exp

from kinfolk.expressions.casing import Casing, capitalised, repaired
from kinfolk.expressions.template import fill, let
from kinfolk.expressions.text import blank, clean

_SMALL_WORDS = (
    "am an auf bei der den dem des die im in ob und von vom zu zum zur du de la le les sur sous et aux del "
    "dei degli della di da do dos das y e el los las on upon of the and van ten ter op aan i na"
)
_SMALL = frozenset(_SMALL_WORDS.split())
_CAPITALS = frozenset({"po", "nw", "ne", "sw", "se", "ny", "us", "usa", "uk", "dc", "apo", "fpo"})

_CASING = Casing(_SMALL, _CAPITALS, starts_up=True)

# Country -> (pattern, how its groups are joined, digits that a spreadsheet may have shortened by its leading zero).
_POSTCODES: dict[str, tuple[str, str, int | None]] = {
    "DE": (r"(?:D[E]?[- ]?)?([0-9]{5})", r"\1", 5),
    "FR": (r"(?:F[R]?[- ]?)?([0-9]{2}) ?([0-9]{3})", r"\1\2", 5),
    "ES": (r"(?:E[S]?[- ]?)?([0-9]{5})", r"\1", 5),
    "IT": (r"(?:I[T]?[- ]?)?([0-9]{5})", r"\1", 5),
    "US": (r"([0-9]{5})(?:[- ]?([0-9]{4}))?", r"\1-\2", 5),
    "GB": (r"(GIR|[A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})", r"\1 \2", None),
    "NL": (r"(?:NL[- ]?)?([1-9][0-9]{3}) ?([A-Z]{2})", r"\1 \2", None),
    "CA": (r"([A-Z][0-9][A-Z])[ -]?([0-9][A-Z][0-9])", r"\1 \2", None),
    "SE": (r"(?:S[E]?[- ]?)?([0-9]{3}) ?([0-9]{2})", r"\1 \2", None),
    "PL": (r"(?:PL[- ]?)?([0-9]{2})[- ]?([0-9]{3})", r"\1-\2", None),
    "PT": (r"(?:P[T]?[- ]?)?([0-9]{4})(?:[- ]?([0-9]{3}))?", r"\1-\2", None),
    "AT": (r"(?:A[T]?[- ]?)?([0-9]{4})", r"\1", None),
    "CH": (r"(?:CH[- ]?)?([0-9]{4})", r"\1", None),
    "BE": (r"(?:B[E]?[- ]?)?([0-9]{4})", r"\1", None),
    "DK": (r"(?:DK[- ]?)?([0-9]{4})", r"\1", None),
    "NO": (r"(?:N[O]?[- ]?)?([0-9]{4})", r"\1", 4),
    "AU": (r"([0-9]{4})", r"\1", 4),
}


def street(value: exp.Expression) -> exp.Expression:
    """Street and house number: spaces and commas tidied, case repaired where it was lost; abbreviations stay."""
    return _line(value)


def city(value: exp.Expression) -> exp.Expression:
    """A city, region or county: spaces and commas tidied, case repaired where it was lost."""
    return _line(value)


def _line(value: exp.Expression) -> exp.Expression:
    return let(
        value,
        """CASE WHEN regexp_full_match($it, $usual) THEN $it
                WHEN regexp_full_match($it, $upper_only) THEN $capitalised ELSE $unusual END""",
        usual=_USUAL,
        upper_only=_UPPER_ONLY,
        capitalised=lambda it: capitalised(it, _CASING),
        unusual=_unusual,
    )


def _unusual(value: exp.Expression) -> exp.Expression:
    tidy = fill(
        """regexp_replace(regexp_replace(regexp_replace($text, '^[,; ]*"([^"]*)"[,; ]*$', $inside),
                                         ' *([,;])(?: *[,;])* *', $comma, 'g'), '^[,; ]+|[,; ]+$', '', 'g')""",
        text=clean(value),
        comma=r"\1 ",
        inside=r"\1",
    )
    return let(
        tidy,
        "CASE WHEN NOT $blank THEN $repaired END",
        blank=blank,
        repaired=lambda it: repaired(it, _CASING),
    )


_UPPER = r"[A-Z\x{C0}-\x{D6}\x{D8}-\x{DE}]"
_LOWER = r"[a-z\x{DF}-\x{F6}\x{F8}-\x{FF}]"
# Begins with a word of mixed case or a number before one, so it is neither a placeholder nor without its case.
_USUAL = rf"(?:[0-9]+[A-Za-z]? )?{_UPPER}{_LOWER}{{2,}}(?:(?:, |[ .'/-]|\. )?[A-Za-z0-9\x{{C0}}-\x{{FF}}]+)*[.]?"
_UPPER_ONLY = rf"(?:[0-9]+ )?{_UPPER}{{3,}}(?: (?:{_UPPER}+|[0-9]+))*"


def postcode(value: exp.Expression, country: str | None = None) -> exp.Expression:
    """A postal code, upper case, in the shape of `country` where it has that shape, else as it is written.

    Where all codes of the country have the same number of digits, one lost leading zero is restored (1067 -> 01067
    in Germany). Never NULL but for a blank cell: an odd code may belong to another country.
    """
    shape = _POSTCODES.get(country.upper()) if country else None
    return let(
        value,
        "CASE WHEN regexp_full_match($it, $usual) THEN $it WHEN $it IS NOT NULL THEN $unusual END",
        usual=_as_it_becomes(*shape[:2]) if shape else "[A-Z0-9]*[0-9][A-Z0-9]*",
        unusual=lambda it: _unusual_postcode(it, shape),
    )


def _as_it_becomes(pattern: str, joined: str) -> str:
    """The pattern of a code that already has its country's shape."""
    first, *rest = findall(r"\(([^?()][^()]*)\)", pattern)
    between = joined.removeprefix(r"\1").removesuffix(r"\2")
    last = f"(?:{between}{rest[0]}){'?' if pattern.endswith('?') else ''}" if rest else ""
    return f"(?:{first}){last}"


def _unusual_postcode(value: exp.Expression, shape: tuple[str, str, int | None] | None) -> exp.Expression:
    code = let(
        value,
        """CASE WHEN regexp_full_match($it, '[A-Z0-9]+') THEN $it
                ELSE regexp_replace(nfc_normalize(upper($text)), '^([0-9]{3,9})[.]0$', $whole) END""",
        text=clean,
        whole=r"\1",
    )
    return let(
        code,
        "CASE WHEN NOT $blank THEN $shaped END",
        blank=blank,
        shaped=lambda it: _shaped(it, *shape) if shape else it,
    )


def _shaped(code: exp.Expression, pattern: str, joined: str, digits: int | None) -> exp.Expression:
    whole = f"^{pattern}$"
    shaped = let(
        code,
        "CASE WHEN regexp_matches($it, $whole) THEN rtrim(regexp_replace($it, $whole, $joined), '-') ELSE $it END",
        whole=whole,
        joined=joined,
    )
    if digits is None:
        return shaped
    return let(
        code,
        "CASE WHEN regexp_full_match($it, $short) THEN '0' || $it ELSE $shaped END",
        short=f"[1-9][0-9]{{{digits - 2}}}",
        shaped=shaped,
    )
