"""E-mail addresses."""

from __future__ import annotations

from sqlglot import exp

from kinfolk.expressions.template import fill, let
from kinfolk.expressions.text import DOMAIN, USUAL_DOMAIN, clean

_USUAL = r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@" + USUAL_DOMAIN
# Inside a lambda DuckDB compiles a pattern anew for every 2,048 rows, and the Unicode classes for letters take
# milliseconds each; "none of the signs that end a word" says the same of a cleaned text at no cost.
_ATOM = r"""[^\x{0}-\x{20}"(),.:;<>@\[\]\\\x{7F}-\x{A0}]+"""
_ADDRESS = _ATOM + r"(?:\." + _ATOM + r")*@" + DOMAIN

NOT_READABLE = "not one e-mail address"


def email(value: exp.Expression) -> exp.Expression:
    """One address, lower case, without mailto:, brackets, quotes or a display name; plus tags and dots stay.

    NULL where the text is not exactly one address with a dotted domain (spaces inside, two addresses, no @).
    """
    return let(
        value,
        # $unusual stands here once: DuckDB works out what stands twice for every row, before it looks at the cases.
        """CASE WHEN strlen($it) <= 254 AND regexp_full_match($it, $usual) THEN $it
                WHEN strlen($it) <= 254 AND regexp_full_match($it, $upper) THEN lower($it)
                WHEN $it IS NOT NULL THEN $unusual END""",
        usual=_USUAL,
        upper=_USUAL.replace("a-z", "a-zA-Z"),
        unusual=_unusual,
    )


def _unusual(value: exp.Expression) -> exp.Expression:
    lower = fill("nfc_normalize(lower($value))", value=clean(value))
    bare = let(
        lower, "CASE WHEN contains($it, '<') THEN regexp_replace($it, '^.*<([^<>]+)>$', $kept) ELSE $it END", kept=r"\1"
    )
    stripped = fill(
        "regexp_replace(regexp_replace($bare, $opening, ''), $closing, '')",
        bare=bare,
        opening=_OPENING,
        closing=_CLOSING,
    )
    return let(
        stripped,
        "CASE WHEN regexp_full_match($it, $address) AND strlen($it) <= 254 THEN $it END",
        address=_ADDRESS,
    )


_OPENING = r"""^[\s<(\[“"'‘„«]*(?:mailto:)?[\s<"']*"""
_CLOSING = r"""[\s>)\]”"'’“»,;.]+$"""
