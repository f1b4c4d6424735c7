"""Single values, worked out by the very expressions that stages use."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from kinfolk.engine.sql import query, text


def worked_out(expression: exp.Expression, texts: Collection[str]) -> dict[str, Any]:
    """What the expression, which is over a column `it`, makes of each text."""
    tree = query("select it, $made as made from given", made=expression)
    with duckdb.connect() as connection:
        connection.register("given", pa.table({"it": pa.array(sorted(texts), pa.string())}))
        return dict(connection.execute(text(tree)).fetchall())
