"""Splink 5.0 on standardised records, as its own guide says: prior, u, EM, predict, cluster. Prints one JSON object.

    benchmarks/work/splink-venv/bin/python benchmarks/splink_run.py records.parquet --out members.parquet

Runs in its own environment (`python benchmarks/main_job.py` makes it). The input has one row a record: source,
record_id, first_name, last_name, birth_date, email, phone, street, postcode, already in one form.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import splink
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

REVIEW_AT, MERGE_AT = 0.8, 0.95

# Pairs worth scoring: what each kind of true pair shares when other fields are missing or misspelt.
BLOCKING = [
    block_on("email"),
    block_on("phone"),
    block_on("last_name", "birth_date"),
    block_on("first_name", "birth_date"),
    block_on("birth_date", "postcode"),
    block_on("first_name", "postcode"),
    block_on("first_name", "last_name"),
]

# Pairs that are one person almost surely, for the prior; how many of all true pairs they find is a guess, as always.
CERTAIN = [
    block_on("first_name", "last_name", "birth_date"),
    block_on("first_name", "last_name", "email"),
    block_on("first_name", "last_name", "phone"),
    block_on("first_name", "last_name", "postcode"),
]
CERTAIN_RECALL = 0.7

# Two narrow rules between them train every comparison. (With the wide rule `birth_date`, EM alone took 45 s at 1M.)
TRAINING = [block_on("last_name", "birth_date"), block_on("email")]


def settings() -> SettingsCreator:
    """The library's own comparison for each kind of field, term frequencies on names and postcode."""
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("last_name").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("birth_date", input_is_string=False),
            cl.EmailComparison("email"),
            cl.LevenshteinAtThresholds("phone", 2),
            cl.JaroWinklerAtThresholds("street", [0.92, 0.8]),
            cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=BLOCKING,
    )


def link(records: str, out: str | None) -> dict[str, object]:
    """Seconds of each phase, wall seconds of all, peak memory, pairs and clusters."""
    seconds: dict[str, float] = {}

    @contextmanager
    def phase(name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        seconds[name] = round(time.perf_counter() - began, 3)

    began = time.perf_counter()
    with phase("load"):
        connection = duckdb.connect()
        connection.execute(
            "create table records as select row_number() over () as unique_id, * from read_parquet(?)", [records]
        )
        linker = Linker(DuckDBAPI(connection).register("records"), settings())
    with phase("prior"):
        linker.training.estimate_probability_two_random_records_match(CERTAIN, recall=CERTAIN_RECALL)
    with phase("u"):
        linker.training.estimate_u_using_random_sampling()
    with phase("em"):
        for rule in TRAINING:
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
    with phase("predict"):
        pairs = linker.inference.predict(threshold_match_probability=REVIEW_AT)
    with phase("cluster"):
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, MERGE_AT)
    wall = time.perf_counter() - began
    (count,) = connection.sql(f"select count(*) from {pairs.physical_name}").fetchall()[0]
    (customers,) = connection.sql(f"select count(distinct cluster_id) from {clusters.physical_name}").fetchall()[0]
    if out:
        connection.sql(
            f"select source, record_id, cluster_id as customer_id from {clusters.physical_name}"
        ).write_parquet(out)
    return {
        "splink": splink.__version__,
        "wall_seconds": round(wall, 3),
        "seconds": seconds,
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
        "pairs": count,
        "clusters": customers,
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Link standardised records with Splink and print what it took.")
    parser.add_argument("records", help="Parquet file of standardised records")
    parser.add_argument("--out", help="Parquet file to write (source, record_id, customer_id) to")
    options = parser.parse_args()
    print(json.dumps(link(options.records, options.out)))


if __name__ == "__main__":
    main()
