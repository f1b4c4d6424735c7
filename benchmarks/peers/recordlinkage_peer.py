"""recordlinkage 0.16: blocking, its comparisons, and its classifier that learns without labels; then components."""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import Any

import pyarrow as pa
import recordlinkage
from answers import Answers, answer, components

ALIKE = 0.85


def link(table: pa.Table, said: dict[str, Any]) -> tuple[float, Answers, str]:
    """Groups of the pairs that expectation and conditional maximisation takes for matches."""
    frame = table.select(list(said["compare"])).to_pandas()
    for column in said["compare"]:
        frame[column] = frame[column].astype("string").str.lower().astype(object)
        frame[column] = frame[column].where(frame[column].notna(), None)
    indexer = recordlinkage.Index()
    for columns in said["block"]:
        indexer.block(list(columns))
    pairs = indexer.index(frame)
    compare = recordlinkage.Compare()
    for column, kind in said["compare"].items():
        if kind in ("exact", "date"):
            compare.exact(column, column, label=column)
        else:
            compare.string(column, column, method="jarowinkler", threshold=ALIKE, label=column)
    found = recordlinkage.ECMClassifier(binarize=0.5).fit_predict(compare.compute(pairs, frame))
    groups = components(table.num_rows, [(int(a), int(b)) for a, b in found])
    return time.perf_counter() - said["began"], {"its own": groups}, version("recordlinkage")


if __name__ == "__main__":
    answer(link)
