"""A matching model as a file that goes with a project: what it says of the fields, and nothing of anybody's data."""

from __future__ import annotations

from typing import Any

from kinfolk.model.matching import SCHEMA
from kinfolk.stages.identity.model import FieldModel, Model


def portable(model: Model) -> dict[str, Any]:
    """The content of the file. Values of blocks that were too large stay behind: a run finds its own."""
    related = {"related_prior": model.related_prior} if model.related_prior is not None else {}
    return {
        "schema": SCHEMA,
        "prior": model.prior,
        **related,
        "personal": list(model.personal),
        "blocking": [list(rule["columns"]) for rule in model.blocking],
        "fields": [_field(field) for field in model.fields],
    }


def _field(field: FieldModel) -> dict[str, Any]:
    levels = [{"level": words, "m": m, "u": u} for words, m, u in zip(field.levels, field.m, field.u, strict=True)]
    for level, share in zip(levels, field.related or (), strict=bool(field.related)):
        level["related"] = share
    return {
        "column": field.column, "kind": field.kind, "term_frequency": field.term_frequency, "levels": levels,
    }  # fmt: skip
