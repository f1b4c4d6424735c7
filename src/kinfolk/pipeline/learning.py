"""What a run could not learn of matching: told while it runs, and whenever somebody asks how things stand."""

from __future__ import annotations

import json

from kinfolk.engine.duckdb import Session
from kinfolk.engine.reader import Reader
from kinfolk.engine.sql import query, table
from kinfolk.tables.identity import MODEL


def not_learned(tables: Session | Reader) -> tuple[str, ...]:
    """Sentences that say which part of the matching model could not be learned, and why."""
    tree = query("select model from kept", kept=table(MODEL.name))
    found = tables.fetch(tree) if isinstance(tables, Session) else tables.read(tree).rows
    return tuple(words for (model,) in found for words in json.loads(model).get("diagnostics") or ())
