"""`kinfolk identity shared`: the values that more people share than they can tell apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kinfolk.commands.open_project import open_project
from kinfolk.engine.reader import reading
from kinfolk.engine.sql import query, sql, table
from kinfolk.errors import NotFoundError
from kinfolk.tables.identity import SHARED_VALUES


def shared(
    folder: Path, field: str | None = None, limit: int | None = None, environment: str | None = None
) -> list[dict[str, Any]]:
    """Rows of identity.shared_values, those with most people first; of one key or column where asked.

    Errors  NotFoundError where the last run did not look for them yet
    """
    tree = query(
        "select * from found where $one order by people desc, field, value limit $limit",
        found=table(SHARED_VALUES.name),
        one=sql("true") if field is None else sql("field = $f", f=field),
        limit=limit,
    )
    with reading(open_project(folder, environment).state) as reader:
        if not reader.present(SHARED_VALUES.name):
            raise NotFoundError("No run has looked for shared values yet.", hint="Run `kinfolk run --full` first.")
        return reader.read(tree).dicts()
