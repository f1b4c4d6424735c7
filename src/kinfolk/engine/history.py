"""The states a lake has: each publication carries a label, and stays readable until it expires."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

import duckdb

from kinfolk.engine import sql
from kinfolk.expressions.template import fill
from kinfolk.model.history import Label, State

_AUTHOR = "kinfolk"


def set_label(connection: duckdb.DuckDBPyConnection, label: Label, rows: Mapping[str, int]) -> None:
    """Labels the transaction under way: the state it publishes is known by it from the moment it is seen."""
    message = fill(
        "select * from lake.set_commit_message($author, $words, extra_info => $info)",
        author=_AUTHOR,
        words=f"run {label.run_id}",
        info=json.dumps({**asdict(label), "rows": dict(rows)}),
    )
    connection.execute(sql.text(message))


def states(connection: duckdb.DuckDBPyConnection) -> tuple[State, ...]:
    """Every published state the lake still has, oldest first."""
    labelled = connection.execute(
        "select snapshot_id, snapshot_time, commit_extra_info from ducklake_snapshots('lake') "
        "where author = 'kinfolk' and commit_extra_info is not null order by snapshot_id"
    ).fetchall()
    return tuple(_state(*row) for row in labelled)


def _state(snapshot_id: int, published_at: datetime, info: str) -> State:
    known = json.loads(info)
    rows = known.pop("rows")
    return State(Label(**known), snapshot_id, published_at.astimezone(UTC), rows)
