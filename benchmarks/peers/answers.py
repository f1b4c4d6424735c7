"""What every engine of the identity benchmark is given and gives back; runs in each engine's own environment.

Given are a Parquet file of records and a JSON file that says how columns are compared and which pairs are worth
comparing. Given back is a Parquet file with one line a record, in their order, and a column of groups for each answer
(at one threshold, say), and on standard output one JSON object with the seconds that the first answer took.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Answers = Mapping[str, Sequence[Any]]


def components(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """The smallest record of each record's connected component."""
    parent = list(range(count))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for a, b in pairs:
        x, y = root(a), root(b)
        parent[max(x, y)] = min(x, y)
    return [root(node) for node in range(count)]


def answer(engine: Callable[[pa.Table, dict[str, Any]], tuple[float, Answers, str]]) -> None:
    """Runs an engine on the files named on the command line: records, settings, and where its groups go.

    engine  (records, settings) -> seconds, groups of each answer, version; it does not look at the column person
            unless its settings give it labels
    """
    records, settings, out = sys.argv[1:4]
    with open(settings, encoding="utf-8") as file:
        said = json.load(file)
    began = time.perf_counter()
    table = pq.read_table(records)
    seconds, answers, version = engine(table, {**said, "began": began, "records": records})
    pq.write_table(pa.table({name: [str(group) for group in groups] for name, groups in answers.items()}), out)
    print(json.dumps({"seconds": seconds, "version": version}))
