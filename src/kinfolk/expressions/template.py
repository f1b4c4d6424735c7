"""SQL written as text with named holes, parsed once, its holes filled with values or trees, never with text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import count
from typing import Any, cast

import sqlglot
from sqlglot import exp

DIALECT = "duckdb"


def fill(text: str, /, **holes: Any) -> exp.Expression:
    """The tree of `text`, each `$name` replaced by its hole.

    A hole is a syntax tree, a plain value (bound as a literal), or a list of either (spread where a list may
    stand: select items, function arguments, IN lists). A table named like a hole is replaced by that hole's tree
    and keeps the hole's name as its alias.

    Errors  KeyError names a hole that was not filled; ValueError names one the text does not have
    """
    tree = _parse(text).copy()
    used: set[str] = set()
    for placeholder in list(tree.find_all(exp.Placeholder)):
        name = placeholder.name
        nodes = [_guarded(node, placeholder.parent) for node in _nodes(holes[name])]
        used.add(name)
        if placeholder is tree:
            return nodes[0]
        if len(nodes) != 1 and placeholder.index is None:
            raise ValueError(f"No list can stand where ${name} stands in: {text}")
        placeholder.replace(nodes[0] if len(nodes) == 1 else nodes)
    for table in list(tree.find_all(exp.Table)):
        if not table.db and table.name in holes and isinstance(holes[table.name], exp.Expression):
            used.add(table.name)
            [replacement] = _nodes(holes[table.name])
            if not replacement.alias:
                replacement.set("alias", exp.TableAlias(this=exp.to_identifier(table.alias or table.name)))
            table.replace(replacement)
    unused = set(holes) - used
    if unused:
        raise ValueError(f"No hole named {sorted(unused)} in: {text}")
    return tree


def let(value: exp.Expression, text: str, /, **holes: Any) -> exp.Expression:
    """The tree of `text`, in which `$it` stands for `value`, worked out once per row however often it is named.

    A hole that is a function is given the node `$it` stands for and returns the tree to put there.
    """
    simple = isinstance(value, (exp.Column, exp.Identifier, exp.Literal))
    it = value if simple else exp.to_identifier(_unused_name(holes.values()))
    filled = {name: hole(it) if callable(hole) else hole for name, hole in holes.items()}
    if "$it" in text:
        filled["it"] = it
    body = fill(text, **filled)
    if simple:
        return body
    function = exp.Lambda(this=body, expressions=[it.copy()])
    return fill("list_transform([$value], $function)[1]", value=value, function=function)


def _unused_name(holes: Iterable[Any]) -> str:
    """A variable's name that would not hide one that trees to be put beside it already use."""
    trees = [hole for hole in holes if isinstance(hole, exp.Expression)]
    used = {identifier.name for tree in trees for identifier in tree.find_all(exp.Identifier)}
    return next(name for n in count(1) if (name := "it" if n == 1 else f"it{n}") not in used)


def column(name: str, table: str | None = None) -> exp.Column:
    """A quoted column, whatever characters its name has."""
    return exp.column(exp.to_identifier(name, quoted=True), table=table, copy=False)


def literal(value: Any) -> exp.Expression:
    """A plain value as a literal node: text, number, boolean, date, moment or None."""
    if isinstance(value, datetime):
        return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), "timestamptz" if value.tzinfo else "timestamp")
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "date")
    return cast(exp.Expression, exp.convert(value))


@lru_cache(maxsize=2048)
def _parse(text: str) -> exp.Expression:
    tree = sqlglot.parse_one(text, dialect=DIALECT)
    for node in tree.walk():
        node._meta = (
            None  # where in the text it stood: nobody asks, and it makes each of many copies five times as slow
        )
    return cast(exp.Expression, tree)


def _guarded(node: exp.Expression, parent: exp.Expr | None) -> exp.Expression:
    """The node in parentheses where the text around it could otherwise tear it apart."""
    loose = isinstance(node, (exp.Binary, exp.Unary, exp.Between, exp.In, exp.Lambda)) and not isinstance(
        node, exp.Paren
    )
    tight = isinstance(parent, (exp.Binary, exp.Unary, exp.Between, exp.In, exp.Bracket, exp.Cast))
    return exp.Paren(this=node) if loose and tight else node


def _nodes(hole: Any) -> list[exp.Expression]:
    if isinstance(hole, exp.Expression):
        # A tree that stands nowhere yet is taken as it is; copying at every level would cost time squared.
        return [hole if hole.parent is None else hole.copy()]
    if isinstance(hole, Sequence) and not isinstance(hole, str):
        return [node for item in hole for node in _nodes(item)]
    return [literal(hole)]
