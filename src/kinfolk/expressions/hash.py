"""A number that changes whenever a row does."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from kinfolk.expressions.template import fill


def row_hash(columns: Sequence[exp.Expression]) -> exp.Expression:
    """UBIGINT over all values in order: half of an MD5, so two of a million rows collide with odds of 1 to 10^7.

    The values go in as a JSON array, so that neither NULL and empty text nor ('a', 'bc') and ('ab', 'c') can be
    mistaken for each other; one function call however many columns, because DuckDB's time to plan a query grows with
    the square of the calls in it.
    """
    return fill("md5_number_lower(json_array($values))", values=list(columns))
