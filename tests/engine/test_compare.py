"""What would be published beside what is: rows told apart by their keys, whatever the keys and columns are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kinfolk.engine.compare import effects, published
from kinfolk.engine.duckdb import Session
from kinfolk.engine.sql import query, rows, table
from kinfolk.engine.step import Patch, Publish, Query
from kinfolk.model.plan import TableEffect

Row = tuple[Any, ...]
TYPES = {"id": "bigint", "name": "varchar"}


def step(values: Sequence[Row], types: dict[str, str] = TYPES, **how: Any) -> Query:
    return Query("shop.things", rows(types, values), "Things", **{"publish": Publish.REPLACE, **how})


def compared(state: Path, before: Query, after: Query, keys: Sequence[str] = ("id",)) -> TableEffect:
    with Session.open(state) as session:
        session.run(before)
        session.publish()
    with Session.behold(state) as session:
        if after.patch:
            session.run(Query("touched.things", rows({"id": "bigint"}, [(2,), (3,), (4,)]), "Touched"))
        session.run(after)
        [effect] = effects(session, {"shop.things": keys})
    return effect


@pytest.mark.parametrize(
    ("before", "after", "keys", "expected"),
    [
        ([(1, "a"), (2, "b"), (3, "c")], [(3, "c"), (2, "B"), (4, "d")], ["id"], (1, 1, 1)),
        ([(1, "a"), (2, None)], [(2, ""), (1, "a")], ["id"], (0, 1, 0)),
        ([(None, "a"), (1, None)], [(None, "b"), (1, None)], ["id"], (0, 1, 0)),
        ([(1, "a"), (1, "b"), (2, "c")], [(1, "b"), (1, "a"), (2, "c")], ["id"], (0, 0, 0)),
        ([(1, "a"), (1, "a")], [(1, "a")], ["id"], (0, 0, 1)),
        ([(1, "a"), (1, "a"), (2, "b")], [(1, "a"), (2, "B")], [], (1, 0, 2)),
        ([], [(1, "a")], ["id"], (1, 0, 0)),
        ([(1, "a")], [], ["id"], (0, 0, 1)),
        ([(1, "a")], [(1, "b")], ["nothing_like_it"], (1, 0, 1)),
    ],
)
def test_rows_are_told_apart_by_their_keys(
    tmp_path: Path, before: list[Row], after: list[Row], keys: list[str], expected: tuple[int, int, int]
) -> None:
    effect = compared(tmp_path, step(before), step(after), keys)
    assert (effect.added, effect.changed, effect.removed) == expected
    assert (effect.before, effect.after) == (len(before), len(after))
    assert effect.touched == (expected != (0, 0, 0))


def test_a_new_column_changes_the_rows_it_is_not_empty_in(tmp_path: Path) -> None:
    wider = step([(1, "a", 3), (2, "b", None)], {**TYPES, "size": "integer"})
    effect = compared(tmp_path, step([(1, "a"), (2, "b")]), wider)
    assert (effect.added, effect.changed, effect.removed, effect.columns_added) == (0, 1, 0, ("size",))


def test_a_column_that_goes_changes_the_rows_it_was_not_empty_in(tmp_path: Path) -> None:
    effect = compared(tmp_path, step([(1, "a"), (2, None)]), step([(1,), (2,)], {"id": "bigint"}))
    assert (effect.added, effect.changed, effect.removed, effect.columns_removed) == (0, 1, 0, ("name",))


def test_another_type_is_told(tmp_path: Path) -> None:
    effect = compared(tmp_path, step([(1, "1")]), step([(1, 1)], {"id": "bigint", "name": "integer"}))
    assert (effect.changed, effect.retyped) == (1, ("name: VARCHAR -> INTEGER",))


def test_appended_rows_are_added(tmp_path: Path) -> None:
    effect = compared(tmp_path, step([(1, "a")]), step([(1, "a"), (2, "b")], publish=Publish.APPEND))
    assert (effect.before, effect.after, effect.added, effect.changed, effect.removed) == (1, 3, 2, 0, 0)


def test_a_patch_touches_only_the_rows_that_give_way(tmp_path: Path) -> None:
    patch = step([(2, "B"), (4, "d")], publish=Publish.PATCH, patch=Patch("id", "touched.things"))
    effect = compared(tmp_path, step([(1, "a"), (2, "b"), (3, "c")]), patch)
    assert (effect.before, effect.after) == (3, 3)
    assert (effect.added, effect.changed, effect.removed) == (1, 1, 1)


def test_a_view_is_compared_by_its_columns(tmp_path: Path) -> None:
    view = query("select id from base", base=table("shop.base"))
    with Session.open(tmp_path) as session:
        session.run(Query("shop.base", rows(TYPES, [(1, "a")]), "Base", Publish.REPLACE))
        session.run(Query("shop.view", view, "View", Publish.VIEW))
        session.publish()
    with Session.behold(tmp_path) as session:
        wider = query("select id, name from base", base=table("shop.base"))
        session.run(Query("shop.view", wider, "View", Publish.VIEW))
        [effect] = effects(session, {})
    assert (effect.before, effect.after, effect.columns_added, effect.touched) == (None, None, ("name",), True)


def test_what_is_published_can_be_read_beside_what_is_built(tmp_path: Path) -> None:
    with Session.open(tmp_path) as session:
        session.run(step([(1, "a")]))
        session.publish()
    with Session.behold(tmp_path) as session:
        session.run(step([]))
        assert session.fetch(query("select * from t", t=published("shop.things"))) == [(1, "a")]
        assert session.fetch(query("select * from t", t=table("shop.things"))) == []
