"""Which columns a query's columns are made from, for every way in which SQL passes a value on."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot.lineage import lineage as peer

from kinfolk.engine.origins import Relation, origins
from kinfolk.engine.sql import query

SCHEMA = {"s.a": ("id", "x", "y"), "s.b": ("id", "z")}


def table(name: str) -> Relation:
    if name == "s.open":
        return Relation(others=lambda column: frozenset({("s.open", column)}))
    return Relation({column: frozenset({(name, column)}) for column in SCHEMA[name]})


def made(sql: str) -> dict[str, set[str]]:
    known = origins(query(sql), table).known
    return {name: {".".join(ref).removeprefix("s.") for ref in refs} for name, refs in known.items()}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select x, y + id as n, 1 as one from s.a", {"x": {"a.x"}, "n": {"a.y", "a.id"}, "one": set()}),
        ("select * from s.a", {"id": {"a.id"}, "x": {"a.x"}, "y": {"a.y"}}),
        ("from s.b", {"id": {"b.id"}, "z": {"b.z"}}),
        ("select * exclude (y) replace (x || y as x) from s.a", {"id": {"a.id"}, "x": {"a.x", "a.y"}}),
        ("select b.* from s.a join s.b on a.id = b.id", {"id": {"b.id"}, "z": {"b.z"}}),
        ("select x, z from s.a, s.b", {"x": {"a.x"}, "z": {"b.z"}}),
        ("select t.v from (select x as v from s.a) t", {"v": {"a.x"}}),
        ("with w(v) as (select x from s.a) select v from w", {"v": {"a.x"}}),
        ("with w as (select x from s.a), u as (select x from w) select u.x from u", {"x": {"a.x"}}),
        ("with recursive r as (select id n from s.a union all select n + 1 from r) select n from r", {"n": {"a.id"}}),
        ("select x from s.a union all select z from s.b", {"x": {"a.x", "b.z"}}),
        ("select id, x from s.a union all by name select z as x from s.b", {"id": {"a.id"}, "x": {"a.x", "b.z"}}),
        ("select (select max(z) from s.b where b.id = a.id) as top from s.a", {"top": {"b.z"}}),
        ("select (select a.x) as same from s.a", {"same": {"a.x"}}),
        ("select x as p, p || y as q from s.a", {"p": {"a.x"}, "q": {"a.x", "a.y"}}),
        ("select list_transform([x], lambda i: i + 1) as l from s.a", {"l": {"a.x"}}),
        ("select g.e.f as f from (select {'f': x} as e from s.a) g", {"f": {"a.x"}}),
        ("select u.v from s.a, unnest([x, y]) as u(v)", {"v": {"a.x", "a.y"}}),
        ("select case when y then x end as c from s.a", {"c": {"a.x", "a.y"}}),
        ("select arg_min(x, y) as first from s.a", {"first": {"a.x"}}),
        ("select max(x) filter (where y > 1) as most from s.a", {"most": {"a.x"}}),
        ("select sum(x) over (partition by id order by y) as total from s.a", {"total": {"a.x"}}),
        ("select column1 from s.open", {"column1": {"open.column1"}}),
        ('select o."No", a.x from s.open o join s.a on a.id = o.k', {"No": {"open.No"}, "x": {"a.x"}}),
        ("select v.n, a.x from s.a, (values (1)) v(n)", {"n": set(), "x": {"a.x"}}),
        ("select X as big from s.a", {"big": {"a.x"}}),
    ],
)  # fmt: skip
def test_a_column_is_made_from(sql: str, expected: dict[str, set[str]]) -> None:
    assert made(sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "select a.x, b.z as w from s.a as a join s.b as b on a.id = b.id",
        "with w as (select id, x || y as v from s.a as a) select w.v, b.z from w join s.b as b on b.id = w.id",
        "select max(q.x) as m, q.id from (select a.x, a.id from s.a as a) as q group by q.id",
        "select a.x from s.a as a union all select b.z from s.b as b",
    ],
)
def test_sqlglot_says_the_same(sql: str) -> None:
    schema = {"s": {name.partition(".")[2]: dict.fromkeys(columns, "text") for name, columns in SCHEMA.items()}}
    for name, refs in made(sql).items():
        leaves = [n for n in peer(name, sql, schema=schema, dialect="duckdb").walk() if not n.downstream]
        said = {
            f"{leaf.expression.name}.{leaf.name.rpartition('.')[2]}"
            for leaf in leaves
            if isinstance(leaf.expression, sqlglot.exp.Table)
        }
        assert refs == said
