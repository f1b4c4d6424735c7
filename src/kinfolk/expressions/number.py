"""Amounts and whole numbers."""

from __future__ import annotations

from sqlglot import exp

from kinfolk.expressions.template import fill, let
from kinfolk.expressions.text import clean

_SIGN = r"(?:[A-Z]{3}|(?:[A-Z]{1,3})?\p{Sc}|kr\.?|Kr\.?|zł|Kč|Ft|Fr\.?|lei|лв|р\.|руб\.?)"


def decimal(value: exp.Expression, mark: str = ".") -> exp.Expression:
    """DECIMAL(18,4), read with the declared decimal mark (. or ,); currencies and thousands marks are dropped.

    Accounting brackets and a trailing minus are negative. NULL where the text contradicts the mark (12,50 under .).
    """
    return _number(value, mark, "DECIMAL(18, 4)")


def double(value: exp.Expression, mark: str = ".") -> exp.Expression:
    """As `decimal`, but DOUBLE: for measurements and scores, which need digits rather than cents."""
    return _number(value, mark, "DOUBLE")


def _number(value: exp.Expression, mark: str, kind: str) -> exp.Expression:
    point, thousands = (r"\.", ",") if mark == "." else (",", r"\.")
    whole = rf"(?:[0-9]{{1,14}}|[0-9]{{1,3}}(?:{thousands}[0-9]{{3}}){{1,4}})"
    written = let(
        value,
        """CASE WHEN regexp_full_match($it, $plain) THEN $it
                WHEN regexp_full_match($it, $usual) THEN translate($it, $from, '.') ELSE $unusual END""",
        plain="-?[0-9]{1,14}" + (r"(?:\.[0-9]+)?" if mark == "." else ""),
        usual=rf"-?[$€£¥]? ?{whole}(?:{point}[0-9]+)?(?: ?[$€£¥])?",
        unusual=lambda it: _canonical(it, mark),
        **{"from": _translated(mark)},
    )
    return exp.TryCast(this=written, to=exp.DataType.build(kind))


def _translated(mark: str) -> str:
    """Marks to translate to the one character '.': the first becomes it, the others go."""
    return (mark if mark == "," else ".") + ("," if mark == "." else ".") + " '’\u00a0\u202f$€£¥"


def _canonical(value: exp.Expression, mark: str) -> exp.Expression:
    """The amount as digits, a point and a sign; NULL where it has another shape."""
    point, group = (r"\.", r"[,' ’\x{A0}\x{202F}]") if mark == "." else (",", r"[.' ’\x{A0}\x{202F}]")
    grouped = rf"[0-9]{{1,3}}(?:{group}[0-9]{{2,3}})*{group}[0-9]{{3}}"
    bare = let(
        _unsigned(clean(value)),
        """CASE WHEN regexp_full_match($it, '[(].*[)]') THEN '-' || trim($it[2:-2])
                WHEN regexp_full_match($it, '[0-9].*-') THEN '-' || trim($it[1:-2]) ELSE $it END""",
    )
    return let(
        _unsigned(bare),
        """CASE WHEN regexp_full_match($it, $shape) AND regexp_matches($it, '[0-9]')
                THEN translate($it, $from, '.') END""",
        shape=rf"[+-]?(?:[0-9]+|{grouped})?(?:{point}[0-9]+)?(?:[eE][+-]?[0-9]{{1,2}})?",
        **{"from": _translated(mark)},
    )


def _unsigned(value: exp.Expression) -> exp.Expression:
    """Without a currency before or after, and without the dash that stands for no cents (12.-)."""
    return fill(
        r"regexp_replace(regexp_replace(replace($value, '−', '-'), $before, $sign), $after, $last)",
        value=value,
        before=rf"^([(+-]?) ?{_SIGN} ?",
        sign=r"\1",
        after=rf"(?:[.,][-–—]+)? ?{_SIGN}?([)-]?)$",
        last=r"\1",
    )


def integer(value: exp.Expression, mark: str = ".") -> exp.Expression:
    """BIGINT; thousands marks and a fraction of zeros (12.0) are dropped. NULL for 12.5: nothing is rounded away."""
    return let(
        value,
        "CASE WHEN regexp_full_match($it, '-?[0-9]{1,18}') THEN try_cast($it AS BIGINT) ELSE $written END",
        written=lambda it: let(decimal(it, mark), "CASE WHEN $it = trunc($it) THEN CAST(trunc($it) AS BIGINT) END"),
    )


def not_readable(mark: str) -> str:
    """Why a value is no amount, for people."""
    return f"not a number whose decimal mark is {'a point' if mark == '.' else 'a comma'}"
