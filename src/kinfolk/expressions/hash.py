"""A number that changes whenever a row does."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from kinfolk.expressions.template import fill


def row_hash(columns: Sequence[exp.Expression]) -> exp.Expression:
    """UBIGINT over all values in order: half of an MD5, so two of a million rows collide with odds of 1 to 10^7.

    Each value goes in with its length in front, and NULL as a sign no length begins with, so that neither NULL and
    empty text nor ('a', 'bc') and ('ab', 'c') can be mistaken for each other.
    """
    parts = [fill("coalesce(strlen(CAST($c AS VARCHAR)) || ':' || CAST($c AS VARCHAR), '-')", c=c) for c in columns]
    return fill("md5_number_lower(concat('', $parts))", parts=parts)
