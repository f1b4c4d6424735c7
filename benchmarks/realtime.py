"""Matching one record in real time: latency against a million profiles, and what the index costs.

    python benchmarks/realtime.py --records 1000000 --asked 2000

Makes the project of benchmarks/people.py once, runs it, and asks a matcher about records that no run has seen: rows of
other invented exports of the same people are too easy, so each asked row is one of the source's own with a field
misspelt or left out. The table is printed and kept in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from main_job import KINFOLK, KINFOLK_PYTHON, PAGE, make_kinfolk, make_project, process, say  # noqa: E402

BEGIN, END = "<!-- realtime: begin -->", "<!-- realtime: end -->"
COLUMNS = ("email", "first_name", "last_name", "phone", "street", "house_no", "zip", "city", "birthday")
AIM_MS = 20


def asked_rows(project: Path, count: int, seed: int) -> list[dict[str, str]]:
    """Rows of the shop's export, each with one field misspelt or left out."""
    rng = random.Random(seed)
    with (project / "data" / "shop.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    chosen = []
    for row in rng.sample(rows, count):
        kept = {name: row[name] for name in COLUMNS}
        name = rng.choice([name for name, value in kept.items() if value])
        at = rng.randrange(len(kept[name]))
        kept[name] = "" if rng.random() < 0.5 else kept[name][:at] + rng.choice("aeiou019") + kept[name][at + 1 :]
        chosen.append(kept)
    return chosen


def measure(project: Path, rows: list[dict[str, str]]) -> dict[str, Any]:
    """Opening, latency one by one, throughput of two threads; in this process."""
    from kinfolk import Matcher

    began = time.perf_counter()
    matcher = Matcher.open(project)
    opened = time.perf_counter() - began
    matcher.match(rows[0], source="shop")  # plans how the shop's rows are read
    first = time.perf_counter() - began - opened
    wall, cpu, verdicts = [], [], dict.fromkeys(("same", "review", "new"), 0)
    for row in rows:
        began, used = time.perf_counter(), time.thread_time()
        found = matcher.match(row, source="shop")
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.thread_time() - used))
        verdicts[found.verdict] += 1
    began = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda row: matcher.match(row, source="shop"), rows))
    together = len(rows) / (time.perf_counter() - began)
    return {"opened": opened, "first": first, "wall": wall, "cpu": cpu, "together": together, "verdicts": verdicts}


def in_a_process(project: Path, count: int, seed: int) -> tuple[dict[str, Any], float]:
    """The same in a process of its own, and that process's peak memory in GB."""
    ran = process([str(KINFOLK_PYTHON), __file__, "--child", str(project), "--asked", str(count), "--seed", str(seed)])
    return json.loads(ran.output), ran.peak_gb


def table(records: int, built: tuple[dict[str, Any], float], again: tuple[dict[str, Any], float], size: float) -> str:
    """The figures as Markdown."""
    (first, built_gb), (m, opened_gb) = built, again
    at = {kind: quantiles(m[kind], n=100) for kind in ("wall", "cpu")}

    def line(what: str, index: int) -> str:
        return f"| {what} | {at['wall'][index]:.1f} ms | {at['cpu'][index]:.1f} ms |"

    met = "met" if at["wall"][98] <= AIM_MS else "**missed**"
    verdicts = ", ".join(f"{count:,} {verdict}" for verdict, count in m["verdicts"].items())
    return "\n".join(
        [
            f"{records:,} records, {len(m['wall']):,} asked one by one ({verdicts}), {os.cpu_count()} cores, "
            f"{time.strftime('%Y-%m-%d')}. The aim, a p99 of {AIM_MS} ms, is {met}.",
            "",
            "| one record | by the clock | of the processor |",
            "|---|---|---|",
            line("half of them within (p50)", 49),
            line("p95", 94),
            line("p99", 98),
            "",
            "| | |",
            "|---|---|",
            f"| making the index, once for each published state | {first['opened']:.1f} s, {built_gb:.2f} GB at most |",
            f"| its size on disk | {size:.0f} MB |",
            f"| opening it in another process | {m['opened']:.2f} s |",
            f"| the first record, for which reading is planned | {m['first']:.2f} s |",
            f"| memory of that process at most, mapped files included | {opened_gb:.2f} GB |",
            f"| two threads sharing a matcher | {m['together']:.0f} records a second |",
        ]
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure matching one record in real time.")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--asked", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--no-keep", action="store_true", help="print the table, leave docs/benchmarks.md alone")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        rows = asked_rows(options.child, options.asked, options.seed)
        print(json.dumps(measure(options.child, rows)))
        return
    make_kinfolk()
    project = make_project(options.records, options.seed)
    if not (project / ".kinfolk").exists():
        subprocess.run([*KINFOLK, "run", str(project)], check=True, stdout=subprocess.DEVNULL)
    index = project / ".kinfolk" / "match"
    shutil.rmtree(index, ignore_errors=True)
    say("Making the index …")
    built = in_a_process(project, 100, options.seed)
    again = in_a_process(project, options.asked, options.seed)
    size = sum(file.stat().st_size for file in index.rglob("*") if file.is_file()) / 1e6
    text = table(options.records, built, again, size)
    print(text)
    if not options.no_keep:
        page = PAGE.read_text()
        PAGE.write_text(f"{page.split(BEGIN)[0]}{BEGIN}\n{text}\n{END}{page.split(END)[1]}")


if __name__ == "__main__":
    main()
