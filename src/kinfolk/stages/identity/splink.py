"""A matching model as Splink's settings: comparisons with levels, their m and u, the prior and blocking rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from kinfolk.stages.identity.arrays import Floats
from kinfolk.stages.identity.arrow import Strings
from kinfolk.stages.identity.model import FieldModel, Model
from kinfolk.stages.identity.scoring import frequency

UNIQUE_ID = "unique_id"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Conditions:
    """SQL over `<column>_l` and `<column>_r` that tells the levels of one field, in the order they are asked.

    unknown  that a pair is no evidence
    levels   number of each level (1 the same) and its condition; the last, `different`, is whatever is left
    """

    unknown: str
    levels: tuple[tuple[int, str], ...]

    def order(self, count: int) -> tuple[int, ...]:
        """Level numbers as Splink lists them: of `count` levels the one without a condition comes last."""
        asked = tuple(number for number, _ in self.levels)
        return (*asked, *(number for number in range(1, count + 1) if number not in asked))


def column_names(columns: Sequence[str]) -> dict[str, str]:
    """The name of each column in Splink's SQL; one that is no plain word, or is taken, is replaced by a number."""
    taken, names = {UNIQUE_ID}, {}
    for number, name in enumerate(columns):
        names[name] = name if _PLAIN.fullmatch(name) and name.lower() not in taken else f"field_{number}"
        taken.add(names[name].lower())
    return names


def settings(model: Model, dialect: str, conditions: Sequence[Conditions], blocking: Sequence[str]) -> dict[str, Any]:
    """The model as a dictionary that Splink reads.

    conditions  of each field
    blocking    SQL of the rules that pick pairs
    """
    names = column_names([field.column for field in model.fields])
    return {
        "link_type": "dedupe_only",
        "sql_dialect": dialect,
        "unique_id_column_name": UNIQUE_ID,
        "probability_two_random_records_match": model.prior,
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": rule, "sql_dialect": dialect} for rule in blocking
        ],
        "comparisons": [
            _comparison(field, names[field.column], one) for field, one in zip(model.fields, conditions, strict=True)
        ],
    }


def _comparison(field: FieldModel, name: str, conditions: Conditions) -> dict[str, Any]:
    known = dict(conditions.levels)
    levels: list[dict[str, Any]] = [
        {"sql_condition": conditions.unknown, "label_for_charts": "unknown", "is_null_level": True}
    ]
    for number in conditions.order(len(field.levels)):
        level: dict[str, Any] = {
            "sql_condition": known.get(number, "ELSE"),
            "label_for_charts": field.levels[number - 1],
            "m_probability": field.m[number - 1],
            "u_probability": field.u[number - 1],
        }
        if number == 1 and field.term_frequency:
            level |= {"tf_adjustment_column": name, "tf_adjustment_weight": 1.0}
            level |= {"disable_tf_exact_match_detection": True}  # u of this very level is the one to adjust
        levels.append(level)
    return {"output_column_name": name, "comparison_description": field.kind, "comparison_levels": levels}


def lookups(model: Model, values: Iterator[tuple[Strings, Floats]]) -> dict[str, pa.Table]:
    """For each field with term frequencies its values and how frequent each counts as, so that Splink weighs as we do.

    values  of each field: the values, and the records that share each
    """
    names = column_names([field.column for field in model.fields])
    made = {}
    for field, (texts, counts) in zip(model.fields, values, strict=True):
        if field.term_frequency:
            name = names[field.column]
            shares = np.asarray(frequency(field, counts, field.known), np.float64)
            made[name] = pa.table({name: pa.array(texts, pa.string()), f"tf_{name}": shares})
    return made
