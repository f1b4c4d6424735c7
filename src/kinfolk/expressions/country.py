"""Countries."""

from __future__ import annotations

from sqlglot import exp

from kinfolk.expressions import text
from kinfolk.expressions.code_table import names
from kinfolk.expressions.lookup import lookup
from kinfolk.expressions.template import fill, let
from kinfolk.expressions.text import word

_TABLE = "countries.csv"

NOT_READABLE = "no country's name or ISO 3166 code (NA is not taken for Namibia: write NAM)"


def blank(value: exp.Expression) -> exp.Expression:
    """Whether a cell holds no value; NA is one, though not one that can be read."""
    return let(value, "$blank AND NOT coalesce(upper(trim($it)) = 'NA', FALSE)", blank=text.blank)


def country(value: exp.Expression) -> exp.Expression:
    """ISO 3166 alpha-2 from alpha-2, alpha-3, or a name in seven languages or the country's own.

    NA is NULL: in exports it stands for "not available" as often as for Namibia.
    """
    words = {name.rstrip("."): code for name, code in names(_TABLE).items() if name != "na"}
    return lookup(fill("translate(rtrim($word, '.'), '’', $apostrophe)", word=word(value), apostrophe="'"), words)
