"""Splink 5: the comparisons of its library and term frequencies as in its demos; clusters at several thresholds."""

from __future__ import annotations

import time
from typing import Any

import duckdb
import pyarrow as pa
import splink
import splink.comparison_library as cl
from answers import Answers, answer
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

THRESHOLDS = (0.95, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98, 0.99, 0.995, 0.999, 0.9999, 0.99999)
COMPARISONS = {
    "name": lambda c: cl.NameComparison(c).configure(term_frequency_adjustments=True),
    "date": lambda c: cl.DateOfBirthComparison(c, input_is_string=False),
    "email": lambda c: cl.EmailComparison(c),
    "phone": lambda c: cl.LevenshteinAtThresholds(c, 2),
    "address": lambda c: cl.JaroWinklerAtThresholds(c, [0.92, 0.8]),
    "text": lambda c: cl.LevenshteinAtThresholds(c, 2).configure(term_frequency_adjustments=True),
    "exact": lambda c: cl.ExactMatch(c).configure(term_frequency_adjustments=True),
}


def link(_: pa.Table, said: dict[str, Any]) -> tuple[float, Answers, str]:
    """Groups at 0.95, then at every other threshold, of which the best can be picked with the truth in hand.

    said["only_first"]  at 0.95 alone, where only time is asked about
    """
    connection = duckdb.connect()
    lower = [f"lower({c}) as {c}" if kind != "date" else c for c, kind in said["compare"].items()]
    connection.execute(
        f"create table records as select row_number() over () as unique_id, {', '.join(lower)} from read_parquet(?)",
        [said["records"]],
    )
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[COMPARISONS[kind](column) for column, kind in said["compare"].items()],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in said["block"]],
    )
    linker = Linker(DuckDBAPI(connection).register("records"), settings)
    certain = [block_on(*columns) for columns in said["certain"]]
    linker.training.estimate_probability_two_random_records_match(certain, recall=0.7)
    linker.training.estimate_u_using_random_sampling()
    for columns in said["train"]:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    pairs = linker.inference.predict(threshold_match_probability=0.01)
    answers = {}
    seconds = 0.0
    for threshold in THRESHOLDS[:1] if said.get("only_first") else THRESHOLDS:
        found = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold)
        groups = connection.sql(f"select cluster_id from {found.physical_name} order by unique_id").fetchall()
        answers[f"{threshold:g}"] = [group for (group,) in groups]
        seconds = seconds or time.perf_counter() - said["began"]
    return seconds, answers, splink.__version__


if __name__ == "__main__":
    answer(link)
