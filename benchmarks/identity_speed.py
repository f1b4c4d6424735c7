"""How long who is who takes beside Splink, by size, and when few records are new.

    python benchmarks/identity_speed.py                 a million, five and ten; takes most of an hour
    python benchmarks/identity_speed.py --records 100000 --pairs 1 --no-keep

Runs alternate, Splink then Kinfolk; seconds are medians, ratios are medians of the pairs' ratios. Both are given the
same Parquet file of standardised records (benchmarks/peers) and end with the customer of each record. At the greatest
size Kinfolk runs alone, once, to show that it ends. Then a thousand records are new: all steps of the stage in
`kinfolk run`, beside Splink over everything.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parent))

import edits  # noqa: E402
import identity  # noqa: E402
import identity_sets as sets  # noqa: E402
import main_job  # noqa: E402

BEGIN, END = "<!-- identity-speed: begin -->", "<!-- identity-speed: end -->"
NEW = 1_000
STAGE = ("identity.", "touched.", "events.")  # what the steps of the identity stage begin with
AIMS = {1: 0.5, 5: 0.5}  # millions of records -> most of Splink's time
MOST_GB = {5: 8.0}


@dataclass(frozen=True)
class Run:
    """One engine on one file: seconds until each record has a customer, memory at most, pairwise F1."""

    seconds: float
    peak_gb: float
    f1: float


def run(engine: str, records: int, seed: int) -> Run:
    """One run in a process of its own. Errors: SystemExit with what the engine said"""
    name, one = list(sets.known_sets(records, seed).items())[-1]
    file = sets.written(name, one, Path("."), identity.WORK / "sets")
    said: dict[str, Any] = {"compare": dict(one.compare), "personal": sets.PERSONAL, **identity.PEOPLE}
    settings, out = file.with_suffix(".speed.json"), file.with_suffix(f".{engine}.speed.parquet")
    settings.write_text(json.dumps({**said, "only_first": True}))
    script = identity.HERE / "peers" / f"{engine.lower()}_peer.py"
    ran = main_job.process([identity.python_of(engine), str(script), str(file), str(settings), str(out)])
    seconds = json.loads(ran.output.splitlines()[-1])["seconds"]
    groups, truth = pq.read_table(out), pq.read_table(file, columns=["person"])["person"].to_numpy()
    found = Run(seconds, ran.peak_gb, sets.agreement(groups.column(0).to_numpy(), truth).f1)
    main_job.say(f"{records:,} {engine}: {found}")
    return found


def arrived(records: int, seed: int) -> float:
    """Seconds of the identity stage of a run in which a thousand records are new."""
    project = main_job.make_project(records, seed)
    main_job.run_kinfolk(project, fresh=True)
    with main_job.restored(project / "data" / "crm.csv") as crm:
        edits.added(crm, NEW)
        main_job.run_kinfolk(project, fresh=False)
        status = json.loads(main_job.process([*main_job.KINFOLK, "status", str(project), "--json"]).output)
    seconds = sum(step["seconds"] for step in status["runs"][0]["steps"] if step["name"].startswith(STAGE))
    main_job.say(f"{NEW:,} new among {records:,}: {seconds:.2f} s")
    return float(seconds)


def rows_of(records: int, theirs: list[Run], ours: list[Run]) -> list[str]:
    """The rows of one size, Splink's first where it ran."""
    millions = records / 1e6
    ratio = median(b.seconds / a.seconds for a, b in zip(theirs, ours, strict=True)) if theirs else None
    lines = []
    for engine, runs in (("Splink", theirs), ("Kinfolk", ours)):
        if not runs:
            continue
        beside = "" if ratio is None else "1.00" if engine == "Splink" else f"{ratio:.2f}"
        seconds, peak = median(one.seconds for one in runs), max(one.peak_gb for one in runs)
        aims = []
        if engine == "Kinfolk" and ratio is not None and millions in AIMS:
            aims.append((f"≤ {AIMS[millions]} ×", ratio <= AIMS[millions]))
        if engine == "Kinfolk" and millions in MOST_GB:
            aims.append((f"≤ {MOST_GB[millions]:g} GB", peak <= MOST_GB[millions]))
        aim = ", ".join(f"{words} {'met' if met else '**missed**'}" for words, met in aims)
        lines.append(
            f"| {records:,} | {engine} | {seconds:.1f} | {beside} | {peak:.2f} GB | {runs[0].f1:.4f} | {aim} |"
        )
    return lines


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure the speed of identity against Splink.")
    parser.add_argument("--records", type=int, nargs="*", default=[1_000_000, 5_000_000], help="sizes beside Splink")
    parser.add_argument("--alone", type=int, default=10_000_000, help="size at which Kinfolk runs alone; 0 = none")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--no-keep", action="store_true", help="print the table, leave docs/benchmarks.md alone")
    options = parser.parse_args()
    (identity.WORK / "sets").mkdir(parents=True, exist_ok=True)
    lines, full = [], 0.0
    for records in options.records:
        turns = [
            (run("Splink", records, options.seed), run("Kinfolk", records, options.seed)) for _ in range(options.pairs)
        ]
        theirs, ours = [a for a, _ in turns], [b for _, b in turns]
        full = full or median(one.seconds for one in theirs)
        lines += rows_of(records, theirs, ours)
    added = median(arrived(options.records[0], options.seed) for _ in range(options.pairs))
    if options.alone:
        lines += rows_of(options.alone, [], [run("Kinfolk", options.alone, options.seed)])
    met = "met" if added <= 0.1 * full else "**missed**"
    splink, today = identity.PEERS["Splink"], time.strftime("%Y-%m-%d")
    text = "\n".join(
        [
            f"{options.pairs} paired runs, {os.cpu_count()} cores, {today}, {splink}.",
            "",
            "| records | engine | seconds | × Splink | memory at most | F1 of pairs | aim |",
            "|---|---|---|---|---|---|---|",
            *lines,
            "",
            f"{NEW:,} records new among {options.records[0]:,}: {added:.2f} s, "
            f"{added / full:.2f} × Splink over all of them (aim ≤ 0.1 ×: {met}).",
        ]
    )
    print(text)
    if not options.no_keep:
        main_job.keep(text, BEGIN, END)


if __name__ == "__main__":
    main()
