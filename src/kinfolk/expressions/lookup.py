"""Words to codes: a table of words written into the expression itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from kinfolk.expressions.template import fill, literal


def lookup(value: exp.Expression, words: Mapping[str, str]) -> exp.Expression:
    """The code of a word, NULL for a word that is not listed; words are compared exactly.

    The words are made an ENUM, whose cast is one hash lookup however many there are; a constant MAP is searched from
    its beginning. Inside a lambda the ENUM would be built for each batch of rows, so let this stand outside of one.
    """
    kind = exp.DataType(this=exp.DataType.Type.ENUM, expressions=[literal(word) for word in words])
    return fill(
        "list_extract($codes, enum_code($word) + 1)",
        codes=_texts(words.values()),
        word=exp.TryCast(this=value.copy(), to=kind),
    )


def _texts(values: Iterable[str]) -> exp.Array:
    return exp.Array(expressions=[literal(value) for value in values])
