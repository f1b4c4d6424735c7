"""SQL with holes: what is put in a hole stays one value or one tree, whatever characters it has."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from kinfolk.engine import sql

HOSTILE = [
    "it's",
    "'",
    "''",
    "'; drop table t; --",
    '"',
    '"; drop table t; --',
    "\\",
    "\\'",
    "$x",
    "$$",
    "/*",
    "--",
    "%",
]
HOSTILE += ["{}", "\n", "\t", " ", "", "é", "名前", "👩‍👩‍👧", "\u202e"]


def evaluate(tree: exp.Expr) -> Any:
    """The one value of a scalar expression."""
    [(value,)] = answer(sql.query("select $tree", tree=tree))
    return value


def answer(tree: exp.Expr) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(sql.text(tree)).fetchall()


@pytest.mark.parametrize("value", [*HOSTILE, 7, -7, 1.5, True, False, None, 10**30])
def test_a_value_comes_out_as_it_went_in(value: object) -> None:
    assert evaluate(sql.sql("$value", value=value)) == value


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_text_comes_out_as_it_went_in(value: str) -> None:
    assert sql.text(sql.query("select $value", value=value)) == "SELECT '" + value.replace("'", "''") + "'"


@pytest.mark.parametrize("name", [name for name in HOSTILE if name])
def test_any_name_is_one_column_of_one_table(name: str) -> None:
    with duckdb.connect() as connection:
        source = sql.rows({name: "integer"}, [(7,)])
        made = exp.Create(this=sql.table(f"main.{name}"), kind="TABLE", expression=source)
        connection.execute(sql.text(made))
        read = sql.query("select $c from t", c=sql.column(name, "t"), t=sql.table(f"main.{name}"))
        assert connection.execute(sql.text(read)).fetchall() == [(7,)]


def test_a_list_is_spread_where_a_list_may_stand() -> None:
    assert answer(sql.query("select $columns", columns=[1, "b", sql.sql("1 + 2")])) == [(1, "b", 3)]
    assert evaluate(sql.sql("2 in ($numbers)", numbers=[1, 2])) is True
    assert evaluate(sql.sql("coalesce(null, $numbers)", numbers=(3, 9))) == 3
    assert evaluate(sql.sql("[$numbers]", numbers=[])) == []
    assert answer(sql.query("select 0, $columns", columns=[])) == [(0,)]


def test_a_list_where_one_value_stands_is_refused() -> None:
    with pytest.raises(ValueError, match=r"No list can stand where \$a stands"):
        sql.sql("$a + 1", a=[1, 2])


@pytest.mark.parametrize(
    ("template", "hole", "expected"),
    [
        ("$x * 2", "1 + 2", 6),
        ("10 - $x", "3 - 2", 9),
        ("-$x", "1 + 2", -3),
        ("not $x", "true or true", False),
        ("false and $x", "true or true", False),
        ("$x is null", "null or null", True),
        ("$x::varchar", "1 + 2", "3"),
        ("$x in (true)", "1 = 1", True),
        ("$x between 3 and 4", "1 + 2", True),
        ("$x || 'c'", "case when true then 'a' else 'b' end", "ac"),
    ],
)
def test_a_tree_in_a_hole_stays_in_one_piece(template: str, hole: str, expected: object) -> None:
    assert evaluate(sql.sql(template, x=sql.sql(hole))) == expected


def test_a_negative_number_does_not_start_a_comment() -> None:
    assert evaluate(sql.sql("-$x", x=-1)) == 1
    assert evaluate(sql.sql("1 -$x", x=-1)) == 2


def test_a_hole_that_was_not_filled_and_one_that_is_not_there_are_named() -> None:
    with pytest.raises(KeyError, match="missing"):
        sql.sql("$missing + 1")
    with pytest.raises(ValueError, match="surplus"):
        sql.sql("1", surplus=2)


def test_one_tree_can_fill_two_holes_and_be_used_again() -> None:
    tree = sql.sql("1 + 2")
    first = sql.sql("$x * $x", x=tree)
    assert evaluate(first) == evaluate(sql.sql("$x * $x", x=tree)) == 9
    assert sql.text(tree) == "1 + 2"


def test_a_template_is_not_changed_by_filling_it() -> None:
    assert [evaluate(sql.sql("$x + 1", x=n)) for n in (1, 2)] == [2, 3]


def test_a_table_named_like_a_hole_is_replaced_and_keeps_its_name() -> None:
    tree = sql.query(
        "select people.n from people join p on p.n = people.n", people=sql.table("a.b"), p=sql.table("c.d")
    )
    assert sql.text(tree) == 'SELECT people.n FROM "a"."b" AS people JOIN "c"."d" AS p ON p.n = people.n'
    assert sql.reads(tree) == ("a.b", "c.d")


def test_what_is_no_query_is_refused() -> None:
    with pytest.raises(TypeError, match="Not a query"):
        sql.query("1 + 1")


def test_rows_are_typed_and_keep_their_order_and_their_doubles() -> None:
    values = [(2, "b"), (1, None), (2, "b")]
    assert answer(sql.rows({"n": "integer", 'na"me': "varchar"}, values)) == values
    assert answer(sql.rows({"n": "integer", 'na"me': "varchar"}, iter(values))) == values


def test_no_rows_still_have_columns_and_types() -> None:
    with duckdb.connect() as connection:
        result = connection.execute(sql.text(sql.rows({"n": "bigint", "at": "timestamp"}, [])))
        assert [(name, str(kind)) for name, kind, *_ in result.description] == [("n", "BIGINT"), ("at", "TIMESTAMP")]
        assert result.fetchall() == []


def test_a_row_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        sql.rows({"n": "integer"}, [(1, 2)])


def test_queries_are_joined_by_the_names_of_their_columns() -> None:
    first, second = sql.query("select 1 as a, 2 as b"), sql.query("select 4 as b, 3 as a")
    assert answer(sql.union_by_name([first, second])) == [(1, 2), (3, 4)]
