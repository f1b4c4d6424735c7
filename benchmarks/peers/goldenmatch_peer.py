"""goldenmatch 3.22 as its first page shows it: it configures itself from the columns."""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import Any

import goldenmatch
import pyarrow as pa
import pyarrow.compute as pc
from answers import Answers, answer


def link(table: pa.Table, said: dict[str, Any]) -> tuple[float, Answers, str]:
    """Groups at the thresholds it chooses."""
    texts = pa.table({c: pc.cast(table[c], pa.string()) for c in said["compare"]})
    found = goldenmatch.dedupe_df(texts, confidence_required=False, allow_red_config=True)
    groups = list(range(table.num_rows))
    for number, cluster in found.clusters.items():
        for member in cluster["members"]:
            groups[member] = table.num_rows + number
    return time.perf_counter() - said["began"], {"its own": groups}, version("goldenmatch")


if __name__ == "__main__":
    answer(link)
