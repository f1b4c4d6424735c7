"""The main job against Splink: from three CSV files to golden profiles, paired runs, one table of ratios.

    python benchmarks/main_job.py --records 1000000 --pairs 3

A is Splink 5.0 on standardised records (benchmarks/splink_run.py, its own environment), B is `kinfolk run` on a fresh
state, from CSV to published profiles. They alternate, A B A B, so that a noisy machine disturbs both. Everything
made on the way lies in benchmarks/work. The table is printed and kept in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).parent))

import edits  # noqa: E402

from kinfolk.engine import lake  # noqa: E402

HERE = Path(__file__).resolve().parent
WORK = HERE / "work"
PAGE = HERE.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- main-job: begin -->", "<!-- main-job: end -->"
EDITED = 10_000
SPLINK = "splink==5.0.0"
SPLINK_PYTHON = WORK / "splink-venv" / "bin" / "python"
# As its users install it: what is here for tests costs time too (Arrow imports pandas wherever that is installed).
KINFOLK_PYTHON = WORK / "kinfolk-venv" / "bin" / "python"
KINFOLK = [str(KINFOLK_PYTHON), "-c", "from kinfolk.interfaces.cli import main; main()"]


@dataclass(frozen=True)
class Ran:
    """One process: wall seconds from start to end, peak memory in GB, what it printed."""

    seconds: float
    peak_gb: float
    output: str


@dataclass(frozen=True)
class KinfolkRun:
    """One `kinfolk run`: wall seconds of the whole process, seconds of the identity steps, peak memory in GB."""

    seconds: float
    identity_seconds: float
    peak_gb: float


@dataclass(frozen=True)
class Accuracy:
    """Pairs of records put together, against the truth."""

    precision: float
    recall: float
    f1: float


def process(command: list[str]) -> Ran:
    """Runs a command to its end. Errors: SystemExit with the tail of what it said, when it fails."""
    WORK.mkdir(exist_ok=True)
    said = WORK / "process.err"
    began = time.perf_counter()
    with said.open("wb") as errors, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as child:
        assert child.stdout is not None
        output = child.stdout.read().decode()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}:\n{said.read_text()[-2000:]}")
    return Ran(time.perf_counter() - began, usage.ru_maxrss / 1e6, output)


def make_project(records: int, seed: int) -> Path:
    """The project of that many records, generated once."""
    project = WORK / f"people-{records}-{seed}"
    if not (project / "truth.parquet").exists():
        say(f"Generating {records:,} records …")
        process(
            [
                sys.executable,
                str(HERE / "people.py"),
                "--records",
                str(records),
                "--seed",
                str(seed),
                "--out",
                str(project),
            ]
        )
    return project


def make_kinfolk() -> None:
    """Kinfolk in an environment of its own with nothing but what it needs, made once; its code is the checkout's."""
    if KINFOLK_PYTHON.exists():
        return
    say(f"Installing Kinfolk into {KINFOLK_PYTHON.parents[1]} …")
    process([sys.executable, "-m", "venv", str(KINFOLK_PYTHON.parents[1])])
    quiet = ["--quiet", "--disable-pip-version-check"]
    process([str(KINFOLK_PYTHON), "-m", "pip", "install", *quiet, "--editable", f"{HERE.parent}[serve]"])


def make_splink() -> None:
    """Splink's own environment, made once."""
    if not SPLINK_PYTHON.exists():
        say(f"Installing {SPLINK} into {SPLINK_PYTHON.parents[1]} …")
        process([sys.executable, "-m", "venv", str(SPLINK_PYTHON.parents[1])])
    asked = subprocess.run(
        [str(SPLINK_PYTHON), "-c", "import splink; print(splink.__version__)"], capture_output=True, text=True
    )
    if asked.stdout.strip() != SPLINK.partition("==")[2]:
        process([str(SPLINK_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", SPLINK])


def run_kinfolk(project: Path, *, fresh: bool) -> KinfolkRun:
    """`kinfolk run`, on nothing when fresh, else on what the last run left."""
    make_kinfolk()
    if fresh:
        shutil.rmtree(project / ".kinfolk", ignore_errors=True)
    ran = process([*KINFOLK, "run", str(project), "--json"])
    status = json.loads(process([*KINFOLK, "status", str(project), "--json"]).output)
    return KinfolkRun(ran.seconds, identity_seconds(status), ran.peak_gb)


def identity_seconds(status: dict[str, Any]) -> float:
    """Seconds of the identity stage of the last run, from `kinfolk status --json`."""
    steps = status["runs"][0]["steps"]
    return float(sum(step["seconds"] for step in steps if step["name"].startswith("identity.")))


def run_splink(records: Path, members: Path) -> dict[str, Any]:
    """Splink on standardised records: its own account of seconds and memory."""
    ran = process([str(SPLINK_PYTHON), str(HERE / "splink_run.py"), str(records), "--out", str(members)])
    answer: dict[str, Any] = json.loads(ran.output.splitlines()[-1])  # a progress bar may come before it
    return answer


def export(project: Path) -> tuple[Path, Path]:
    """The published standardised records, and who Kinfolk says they are, as Parquet files."""
    records, members = project / "records.parquet", project / "kinfolk.parquet"
    connection = lake.connect(project / ".kinfolk", read_only=True)
    fields = "source, record_id, first_name, last_name, birth_date, email, phone, street, postcode"
    connection.execute("use lake")
    connection.sql(f"select {fields} from staging.records order by source, record_id").write_parquet(str(records))
    connection.sql("select source, record_id, customer_id from identity.members").write_parquet(str(members))
    connection.close()
    return records, members


def accuracy(members: Path, truth: Path) -> Accuracy:
    """Pairwise precision, recall and F1 of the groups in `members`."""
    connection = duckdb.connect()
    connection.execute(
        "create table grouped as select customer_id, person from read_parquet(?) join read_parquet(?) "
        "using (source, record_id)",
        [str(members), str(truth)],
    )

    def pairs(by: str) -> float:
        counted = f"select sum(n * (n - 1) / 2) from (select count(*) as n from grouped group by {by})"
        return float(connection.sql(counted).fetchall()[0][0])

    right, found, wanted = pairs("customer_id, person"), pairs("customer_id"), pairs("person")
    precision, recall = right / found, right / wanted
    return Accuracy(precision, recall, 2 * precision * recall / (precision + recall))


@dataclass(frozen=True)
class Measured:
    """All that was measured: A and B by turns, B again on unchanged files, B on a tenth of the records."""

    records: int
    splink: list[dict[str, Any]]
    kinfolk: list[KinfolkRun]
    unchanged: list[KinfolkRun]
    changed: list[KinfolkRun]
    added: list[KinfolkRun]
    tenth: list[KinfolkRun]
    accuracy: dict[str, Accuracy]


def measure(records: int, pairs: int, seed: int) -> Measured:
    """Runs everything. A first run of Kinfolk, not counted, leaves the standardised records Splink reads."""
    make_splink()
    project, small = make_project(records, seed), make_project(records // 10, seed)
    say("Standardising, once, for Splink …")
    run_kinfolk(project, fresh=True)
    standardised, _ = export(project)
    splink, kinfolk, unchanged, changed, added, tenth = [], [], [], [], [], []
    for turn in range(1, pairs + 1):
        splink.append(run_splink(standardised, project / "splink.parquet"))
        say(f"{turn}/{pairs}  Splink {splink[-1]['wall_seconds']:.1f} s  {splink[-1]['seconds']}")
        kinfolk.append(run_kinfolk(project, fresh=True))
        say(f"{turn}/{pairs}  Kinfolk {kinfolk[-1].seconds:.1f} s, identity {kinfolk[-1].identity_seconds:.1f} s")
        unchanged.append(run_kinfolk(project, fresh=False))
        with restored(project / "data" / "crm.csv") as crm:
            edits.changed(crm, EDITED)
            changed.append(run_kinfolk(project, fresh=False))
            edits.added(crm, EDITED)
            added.append(run_kinfolk(project, fresh=False))
        say(f"{turn}/{pairs}  {EDITED:,} changed {changed[-1].seconds:.1f} s, added {added[-1].seconds:.1f} s")
        tenth.append(run_kinfolk(small, fresh=True))
    run_kinfolk(project, fresh=True)
    _, members = export(project)
    truth = project / "truth.parquet"
    scored = {"Splink": accuracy(project / "splink.parquet", truth), "Kinfolk": accuracy(members, truth)}
    return Measured(records, splink, kinfolk, unchanged, changed, added, tenth, scored)


@contextmanager
def restored(file: Path) -> Iterator[Path]:
    """A file that is what it was before, once the work on it is done."""
    kept = file.with_suffix(".kept")
    shutil.copy2(file, kept)
    try:
        yield file
    finally:
        kept.replace(file)


def table(m: Measured) -> str:
    """The measured figures as Markdown: medians of seconds, of the pairs' ratios, and whether the aims are met."""
    splink = [run["wall_seconds"] for run in m.splink]
    fresh, again = [run.seconds for run in m.kinfolk], [run.seconds for run in m.unchanged]
    identity = [run.identity_seconds for run in m.kinfolk]
    tenth = median(run.seconds for run in m.tenth)
    growth, allowed = median(fresh) / tenth, 10 * math.log(m.records) / math.log(m.records / 10)
    memory = max(run.peak_gb for run in m.kinfolk)

    def ratio(seconds: list[float]) -> float:
        return median(ours / theirs for ours, theirs in zip(seconds, splink, strict=True))

    def row(what: str, value: str, figure: float, aim: float, unit: str) -> str:
        return f"| {what} | {value} | {figure:.2f} {unit} | ≤ {aim:g} {unit} | {'yes' if figure <= aim else '**no**'} |"

    lines = [
        f"{m.records:,} records, {len(splink)} paired runs, {os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}, "
        f"DuckDB {duckdb.__version__}, Splink {m.splink[0]['splink']}. "
        "Seconds are medians; ratios are medians of the pairs' ratios.",
        "",
        "| what | measured | figure | aim | met |",
        "|---|---|---|---|---|",
        f"| Splink, standardised records to clusters | {median(splink):.1f} s | 1.00 × | | |",
        row("Kinfolk, identity stage", f"{median(identity):.1f} s", ratio(identity), 0.8, "×"),
        row("Kinfolk, whole run, CSV to profiles", f"{median(fresh):.1f} s", ratio(fresh), 2.5, "×"),
        row("Kinfolk, run with unchanged files", f"{median(again):.2f} s", ratio(again), 0.1, "×"),
        *(
            row(f"Kinfolk, run with {EDITED:,} records {what}", f"{median(seconds):.1f} s", ratio(seconds), 0.5, "×")
            for what, seconds in (
                ("changed", [run.seconds for run in m.changed]),
                ("added", [run.seconds for run in m.added]),
            )
        ),
        row("Kinfolk, highest memory", f"{memory:.2f} GB", memory, 3, "GB"),
        row(
            f"Growth from {m.records // 10:,} records",
            f"{tenth:.1f} s → {median(fresh):.1f} s",
            growth,
            round(allowed, 1),
            "×",
        ),
        "",
        "Growth no worse than n·log n means a factor of at most the aim. "
        "Pairs of records put together, against the truth:",
        "",
        "| | precision | recall | F1 | highest memory |",
        "|---|---|---|---|---|",
    ]
    memories = {"Splink": max(run["peak_gb"] for run in m.splink), "Kinfolk": memory}
    for name, a in m.accuracy.items():
        lines.append(f"| {name} | {a.precision:.3f} | {a.recall:.3f} | {a.f1:.3f} | {memories[name]:.2f} GB |")
    return "\n".join(lines)


def keep(text: str, begin: str = BEGIN, end: str = END) -> None:
    """Puts a table into docs/benchmarks.md, between its markers. Errors: SystemExit when they are missing."""
    page = PAGE.read_text()
    if begin not in page or end not in page:
        raise SystemExit(f"{PAGE} has no place for the table: it needs the lines {begin} and {end}.")
    before, after = page.split(begin)[0], page.split(end)[1]
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def say(words: str) -> None:
    """Progress, on standard error."""
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure the main job against Splink in paired runs.")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--no-keep", action="store_true", help="print the table, leave docs/benchmarks.md alone")
    options = parser.parse_args()
    text = table(measure(options.records, options.pairs, options.seed))
    print(text)
    if not options.no_keep:
        keep(text)


if __name__ == "__main__":
    main()
