"""Telephone numbers."""

from __future__ import annotations

from re import compile as regex

from sqlglot import exp

from kinfolk.expressions.phone_plan import Plan, plan, world
from kinfolk.expressions.template import fill, let
from kinfolk.expressions.text import clean

_MARKS = " ()./-"
# Leaves out (0), which may not be dialled, and a last .0, which is a spreadsheet's.
_USUAL = r"[+]?[0-9 /-]*(?:\([0-9]{2,}\))?(?:[0-9 /-]|[.][0-9]{2})+"
_TYPOGRAPHIC = "＋‐‑‒–—−０１２３４５６７８９٠١٢٣٤٥٦٧٨٩"
_PLAINLY = "+------01234567890123456789"
_LABEL = r"(?i)^(?:(?:tele(?:ph|f)on[eo]?|tel|t[eé]l|phone|mobile?|mobil|handy|cell|fon|fax|t|m)\b[.:]?\s*)+"
_EXTENSION = r"(?i)[\s,;]*(?:extension|ext|durchwahl|dw|poste|anexo|int|x|#)[.:=\s]*\d{1,7}$"


def phone(value: exp.Expression, country: str | None = None) -> exp.Expression:
    """The number in E.164 (+4930123456), extensions dropped.

    `country` (alpha-2) is where numbers without + are dialled.

    Promised is that the number is possible and fits its country's general pattern, not that it is in service.
    NULL for letters, impossible numbers, and numbers without + or 00 when there is no country.
    """
    home = plan(country.upper()) if country else None
    dialled = let(
        value,
        """CASE WHEN regexp_full_match($it, '[+]?[0-9]+') THEN $it
                WHEN regexp_full_match($it, $usual) THEN translate($it, $marks, '') ELSE $messy END""",
        usual=_USUAL,
        marks=_MARKS,
        messy=_messy,
    )
    return _checked(_with_plus(dialled, home))


def not_readable(country: str | None) -> str:
    """Why a value is no number, for people."""
    if country:
        return f"not a telephone number of {country.upper()} nor an international one"
    return "not a number with country code (+49 …), and the source declares no country"


def _messy(value: exp.Expression) -> exp.Expression:
    plain = fill(
        """regexp_replace(regexp_replace(regexp_replace(translate($text, $typographic, $plainly), $label, ''),
                                         $extension, ''), '^([0-9]{6,})[.]0$', $whole)""",
        text=clean(value),
        typographic=_TYPOGRAPHIC,
        plainly=_PLAINLY,
        label=_LABEL,
        extension=_EXTENSION,
        whole=r"\1",
    )
    # Italy keeps the 0 of its area codes; everywhere else (0) is what is not dialled from abroad.
    without_trunk = let(
        plain,
        r"""CASE WHEN regexp_matches($it, '^(?:[+]|00)') AND NOT regexp_matches($it, '^(?:[+]|00) ?39')
                 THEN regexp_replace($it, '\( ?0 ?\)', '') ELSE $it END""",
    )
    return fill("translate($number, $marks, '')", number=without_trunk, marks=_MARKS)


def _with_plus(dialled: exp.Expression, home: Plan | None) -> exp.Expression:
    """The number beginning with + and a calling code, whether it was dialled from abroad or at home."""
    abroad = f"^(?:{home.abroad})([1-9])" if home else "^00([1-9])"
    return let(
        dialled,
        """CASE WHEN starts_with($it, '+') THEN $it
                WHEN regexp_matches($it, $abroad) THEN regexp_replace($it, $abroad, $kept)
                WHEN starts_with($it, '00') THEN '+' || substring($it, 3) ELSE $at_home END""",
        abroad=abroad,
        kept="+\\" + str(regex(abroad).groups),
        at_home=lambda it: _national(it, home) if home else exp.null(),
    )


def _checked(number: exp.Expression) -> exp.Expression:
    """The number where it fits a plan of the world.

    The world's patterns stand outside every lambda: inside one they would be compiled anew for each batch of rows.
    """
    number, trunked = (
        fill("regexp_extract($number, $pattern)", number=number, pattern=f"^(?:{pattern})$")
        for pattern in (world().number, world().trunked)
    )
    return fill(
        "coalesce($as_it_is, $trunk_dropped)",
        as_it_is=let(number, "CASE WHEN $it <> '' THEN $it END"),
        trunk_dropped=let(
            trunked,
            "CASE WHEN $it <> '' THEN regexp_replace($it, $trunk, $kept) END",
            trunk=world().trunk,
            kept=world().trunk_kept,
        ),
    )


def _national(number: exp.Expression, home: Plan) -> exp.Expression:
    """Without the trunk prefix if that leaves a number, else as it is, else as one whose + was lost."""
    return let(
        number,
        """coalesce($rest, CASE WHEN regexp_full_match($it, $pattern) THEN $code || $it END,
                    CASE WHEN starts_with($it, $digits) THEN '+' || $it END)""",
        rest=lambda it: _without_trunk(it, home),
        pattern=home.number,
        code="+" + home.calling_code,
        digits=home.calling_code,
    )


def _without_trunk(number: exp.Expression, home: Plan) -> exp.Expression:
    if home.trunk is None:
        return exp.null()
    code = "+" + home.calling_code
    if home.trunk.isdigit():
        return fill(
            "CASE WHEN regexp_full_match($number, $pattern) THEN $code || substring($number, $start) END",
            number=number,
            pattern=f"{home.trunk}(?:{home.number})",
            code=code,
            start=len(home.trunk) + 1,
        )
    return let(
        _stripped(number, home.trunk, home.trunk_becomes),
        "CASE WHEN regexp_full_match($it, $pattern) THEN $code || $it END",
        pattern=home.number,
        code=code,
    )


def _stripped(number: exp.Expression, trunk: str, becomes: str | None) -> exp.Expression:
    """NULL when there is no trunk prefix. `becomes` counts only where the pattern's last group took part."""
    start = f"^(?:{trunk})"
    dropped = fill(
        "CASE WHEN regexp_matches($number, $start) THEN regexp_replace($number, $start, '') END",
        number=number,
        start=start,
    )
    if becomes is None:
        return dropped
    return fill(
        """CASE WHEN regexp_extract($number, $start, $last) <> '' THEN regexp_replace($number, $start, $to)
                ELSE $dropped END""",
        number=number,
        start=start,
        last=regex(start).groups,
        to=becomes,
        dropped=dropped,
    )
