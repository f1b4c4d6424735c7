"""A stand-in for Splink on Spark: answers a search by the plain reading of its settings, one pair after another."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from kinfolk.engine.step import PairSearch

_LEVEL = re.compile(r"shiftright\(\w+\((?P<columns>.*)\), (?P<shift>\d+)\) & 7\) = (?P<level>\d+)")


class PlainFinder:
    """Knows the equal values that rules ask for, and conditions of the form that a search has for Spark."""

    def __init__(self) -> None:
        self.searches: list[PairSearch] = []

    def patterns(self, search: PairSearch) -> pa.Table:
        """How often each pattern occurs."""
        self.searches.append(search)
        counts = Counter((rule, *gammas) for _, _, rule, gammas, _ in _found(search))
        names = ["match_key", *_gammas(search)]
        rows = [dict(zip(names, key, strict=True)) | {"pairs": n} for key, n in counts.items()]
        types = {"match_key": pa.string(), **dict.fromkeys((*_gammas(search), "pairs"), pa.int64())}
        return pa.Table.from_pylist(rows, pa.schema(types))

    def likely(self, search: PairSearch) -> pa.Table:
        """The pairs at even odds or better."""
        self.searches.append(search)
        rows = [
            {"unique_id_l": a, "unique_id_r": b, "match_weight": weight}
            | dict(zip(_gammas(search), gammas, strict=True))
            for a, b, _, gammas, weight in _found(search)
            if weight >= -1e-6
        ]
        types = {"unique_id_l": pa.int64(), "unique_id_r": pa.int64(), "match_weight": pa.float64()}
        return pa.Table.from_pylist(rows, pa.schema(types | dict.fromkeys(_gammas(search), pa.int64())))


def _gammas(search: PairSearch) -> list[str]:
    return [f"gamma_{c['output_column_name']}" for c in search.settings["comparisons"]]


def _found(search: PairSearch) -> Iterator[tuple[int, int, str, tuple[int, ...], float]]:
    rows = search.rows.to_pylist()
    rules = [r["blocking_rule"] for r in search.settings["blocking_rules_to_generate_predictions"]]
    columns = [re.findall(r"l\.`(\w+)` = r\.`\1`", rule) for rule in rules]
    pairs = []
    for a, b in itertools.combinations(rows, 2):
        shared = [all(a[c] is not None and a[c] == b[c] for c in names) for names in columns]
        if any(shared):
            pairs.append((a, b, str(shared.index(True))))
    told = _told(search, [(a, b) for a, b, _ in pairs])
    frequencies = {
        column: dict(zip(table[column].to_pylist(), table[f"tf_{column}"].to_pylist(), strict=True))
        for column, table in search.lookups.items()
    }
    prior = search.settings["probability_two_random_records_match"]
    for (a, b, rule), number in zip(pairs, told, strict=True):
        weight, gammas = math.log2(prior / (1 - prior)), []
        for comparison in search.settings["comparisons"]:
            gamma, level = _level(comparison, number)
            gammas.append(gamma)
            if gamma < 0:
                continue
            weight += math.log2(level["m_probability"] / level["u_probability"])
            adjusted = level.get("tf_adjustment_column")
            if adjusted:
                weight += math.log2(level["u_probability"]) - math.log2(frequencies[adjusted][a[adjusted]])
        yield a["unique_id"], b["unique_id"], rule, tuple(gammas), weight


def _told(search: PairSearch, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[int]:
    """What the search's function says of each pair."""
    condition = search.settings["comparisons"][0]["comparison_levels"][0]["sql_condition"]
    match = _LEVEL.search(condition)
    assert match, condition
    sides = [name.strip("`") for name in match["columns"].split(", ")]
    arrays = [pa.array([pair["lr".index(s[-1])][s[:-2]] for pair in pairs], pa.string()) for s in sides]
    return [] if not pairs else search.function[1](*arrays).to_pylist()


def _level(comparison: dict[str, Any], told: int) -> tuple[int, dict[str, Any]]:
    levels = comparison["comparison_levels"]
    place = -1
    for level in levels:
        place += not level.get("is_null_level")
        match = _LEVEL.search(level["sql_condition"])
        if match is None or (told >> int(match["shift"])) & 7 == int(match["level"]):
            return -1 if level.get("is_null_level") else len(levels) - 2 - place, level
    raise AssertionError("no level is the last")
