"""What the columns of a load are like, measured in one pass: from this a contract is drafted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from kinfolk.engine.sql import column, query, sql, table
from kinfolk.engine.step import Query
from kinfolk.expressions import email
from kinfolk.model.contract import Property
from kinfolk.model.place import Place
from kinfolk.model.source import Conventions
from kinfolk.stages.contracts import reading

FEW = 12  # values at most that are taken for a closed list
_KINDS = ("integer", "number", "date", "timestamp", "boolean")
# Digits that are a name rather than a number: a leading zero or plus, or more of them than a number needs.
_CODE = r"[+0][0-9]+|[0-9]{16,}"


@dataclass(frozen=True)
class Measured:
    """One column of a load.

    filled     cells that are not empty
    distinct   different values among them
    readable   logical type -> how many can be read so
    codes, clocks, mailboxes  how many are codes made of digits, name a time of day, are e-mail addresses
    shapes     different shapes of values, runs of letters and digits taken as one (A a 9); shape: one of them
    values     all of them where they are few, in order
    """

    name: str
    rows: int
    filled: int
    distinct: int
    longest: int
    readable: dict[str, int]
    lowest: float | None
    highest: float | None
    first_day: Any
    codes: int
    clocks: int
    mailboxes: int
    shapes: int
    shape: str | None
    exact_shapes: int
    exact_shape: str | None
    values: tuple[str, ...]


def profile_step(source: str, columns: tuple[str, ...], conventions: Conventions) -> Query:
    """One row with one struct for each column of `incoming.<source>`, called c0, c1 …"""
    made = [exp.alias_(_profile(name, conventions), f"c{at}") for at, name in enumerate(columns)]
    tree = query("select $made from incoming", made=made, incoming=table(f"incoming.{source}"))
    return Query(f"profile.{source}", tree, f"Looking at {source}")


def values_query(source: str, name: str) -> exp.Query:
    """The different values of a column."""
    text = "select distinct $c from incoming where '' <> trim($c) order by 1"
    return query(text, c=column(name), incoming=table(f"incoming.{source}"))


def measured(columns: tuple[str, ...], row: tuple[Any, ...], values: Callable[[str], Iterable[str]]) -> list[Measured]:
    """What `profile_step` found, column by column. values: asked for those of columns that have few."""
    return [
        Measured(
            name=name,
            readable={kind: found[kind] for kind in _KINDS},
            values=tuple(values(name)) if found["distinct"] <= FEW else (),
            **{key: value for key, value in found.items() if key not in _KINDS},
        )
        for name, found in zip(columns, row, strict=True)
    ]


def _profile(name: str, conventions: Conventions) -> exp.Expression:
    c = column(name)
    values = {kind: reading.value(c, Property(name, Place(""), kind), conventions) for kind in _KINDS}
    shape = sql(
        "regexp_replace(regexp_replace(regexp_replace($c , '[0-9]', '9', 'g'), '[A-Z]', 'A', 'g'), '[a-z]', 'a', 'g')",
        c=c,
    )
    runs = sql(
        "regexp_replace(regexp_replace(regexp_replace($s, '9+', '9', 'g'), 'A+', 'A', 'g'), 'a+', 'a', 'g')", s=shape
    )
    filled = sql("'' <> trim($c)", c=c)
    found: dict[str, exp.Expression] = {
        "rows": sql("count(*)"),
        "filled": sql("count(*) filter (where $filled)", filled=filled),
        "distinct": sql("count(distinct $c) filter (where $filled)", c=c, filled=filled),
        "longest": sql("coalesce(max(length($c)), 0)", c=c),
        "lowest": sql("min($v)", v=values["number"]),
        "highest": sql("max($v)", v=values["number"]),
        "first_day": sql("min($v)", v=values["date"]),
        "codes": sql("count(*) filter (where regexp_full_match($c, $code))", c=c, code=_CODE),
        "clocks": sql("count(*) filter (where $filled and contains($c , ':'))", c=c, filled=filled),
        "mailboxes": sql("count(*) filter (where $filled and $v is not null)", filled=filled, v=email.email(c)),
        "shapes": sql("count(distinct $s) filter (where $filled)", s=runs, filled=filled),
        "shape": sql("any_value($s) filter (where $filled)", s=runs, filled=filled),
        "exact_shapes": sql("count(distinct $s) filter (where $filled)", s=shape, filled=filled),
        "exact_shape": sql("any_value($s) filter (where $filled)", s=shape, filled=filled),
    }
    for kind, value in values.items():
        read = sql("count(*) filter (where $filled and $v is not null)", filled=filled, v=value)
        found[kind] = read
    parts = [exp.PropertyEQ(this=exp.Literal.string(key), expression=value) for key, value in found.items()]
    return exp.Struct(expressions=parts)
