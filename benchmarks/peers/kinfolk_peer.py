"""Kinfolk's identity stage as a run calls it: no keys, no labels, blocking and thresholds of its own choice."""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import Any

import numpy as np
import pyarrow as pa
from answers import Answers, answer

from kinfolk.engine.step import Compute
from kinfolk.model.identity import Comparison, IdentityRules, Matching
from kinfolk.model.place import Place
from kinfolk.stages import identity


def link(table: pa.Table, said: dict[str, Any]) -> tuple[float, Answers, str]:
    """Groups at the threshold it proposes."""
    count = table.num_rows
    records = table.append_column("record_no", pa.array(np.arange(1, count + 1)))
    records = records.append_column("observed_at", pa.nulls(count, pa.timestamp("us")))
    compare = tuple(Comparison(column, kind) for column, kind in said["compare"].items())
    rules = IdentityRules(matching=Matching(compare, Place("identity.yml", 1), personal=tuple(said["personal"])))
    (step,) = identity.steps(rules, frozenset())
    assert isinstance(step, Compute)
    members = step.run({"records": records}, lambda words: None)["identity.members"]
    groups = members.sort_by("record_no")["customer_id"].to_pylist()
    return time.perf_counter() - said["began"], {"automatic": groups}, version("kinfolk")


if __name__ == "__main__":
    answer(link)
