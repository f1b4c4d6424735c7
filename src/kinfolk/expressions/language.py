"""Languages."""

from __future__ import annotations

from sqlglot import exp

from kinfolk.expressions.code_table import names
from kinfolk.expressions.lookup import lookup
from kinfolk.expressions.template import fill
from kinfolk.expressions.text import word

_TABLE = "languages.csv"

NOT_READABLE = "no language's name, locale or ISO 639-1 code"


def language(value: exp.Expression) -> exp.Expression:
    """ISO 639-1 from a code, a locale (pt_BR, zh-Hans-CN) or a name in seven languages or its own."""
    return lookup(_tag(word(value)), names(_TABLE))


def _tag(value: exp.Expression) -> exp.Expression:
    """A locale's language; several alternatives, as browsers send them, count by their first."""
    return fill(
        r"regexp_replace($value, '^([a-z]{2,3})(?:[_-][a-z0-9]{2,8})*(?:[.@,;].*)?$', $kept)", value=value, kept=r"\1"
    )
