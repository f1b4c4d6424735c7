"""Who is who, against the field: every engine on the same records with known truth, one table.

    python benchmarks/identity.py                       everything; a million generated records take the longest
    python benchmarks/identity.py --records 100000 --sets febrl3 fake_1000 --no-keep

The real sets lie in the folder KINFOLK_DATA names; without it only the generated one is measured. Every engine runs in
an environment of its own under benchmarks/work, made on first use, and is set up as its documentation recommends
(benchmarks/peers). What does not install, finish within ten minutes, or do with 16 GB of memory says so in its row.
The table goes into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parent))

import identity_sets as sets  # noqa: E402
import main_job  # noqa: E402
from identity_sets import Agreement, agreement  # noqa: E402

HERE = Path(__file__).resolve().parent
WORK = HERE / "work"
BEGIN, END = "<!-- identity: begin -->", "<!-- identity: end -->"
MOST_SECONDS = 600
MOST_GB = 16
LARGE = 200_000  # records beyond which only Splink and Kinfolk are asked: the others would only run out of time
PEERS = {
    "Kinfolk": None,
    "Splink": "splink==5.0.0",
    "dedupe": "dedupe==3.0.3",
    "recordlinkage": "recordlinkage==0.16",
    "goldenmatch": "goldenmatch==3.22.0",
}
# What a peer needs and does not ask for: dedupe 3.0.3 calls a method that BTrees 6.5 took away.
BESIDE = {"dedupe": ["BTrees<6.5"]}
# Pairs worth comparing, pairs that are one person almost surely, and pairs to train on, for engines that must be told.
_FEBRL = {
    "block": [["national_id"], ["first_name"], ["last_name"], ["birth_date"], ["postcode"]],
    "certain": [["first_name", "last_name", "birth_date"], ["national_id"]],
    "train": [["birth_date"], ["first_name", "last_name"]],
}
_FAKE = {
    "block": [["first_name"], ["last_name"], ["birth_date"], ["email"]],
    "certain": [["first_name", "last_name", "birth_date"], ["email"]],
    "train": [["birth_date"], ["first_name", "last_name"]],
}
_HISTORICAL = {
    "block": [
        ["first_name", "last_name"],
        ["last_name", "birth_date"],
        ["first_name", "birth_date"],
        ["postcode", "first_name"],
        ["postcode", "last_name"],
        ["postcode", "birth_date"],
        ["birth_date", "job_title"],
    ],
    "certain": [["first_name", "last_name", "birth_date"], ["first_name", "last_name", "postcode"]],
    "train": [["first_name", "last_name"], ["birth_date"]],
}
PEOPLE = {
    "block": [
        ["email"],
        ["phone"],
        ["last_name", "birth_date"],
        ["first_name", "birth_date"],
        ["birth_date", "postcode"],
        ["first_name", "postcode"],
        ["first_name", "last_name"],
    ],
    "certain": [["first_name", "last_name", other] for other in ("birth_date", "email", "phone", "postcode")],
    "train": [["last_name", "birth_date"], ["email"]],
}
TOLD = {"febrl3": _FEBRL, "febrl4": _FEBRL, "fake_1000": _FAKE, "historical_50k": _HISTORICAL}


@dataclass(frozen=True)
class Row:
    """One engine on one set: what its groups are worth, and the seconds it took; why not, where it gave none."""

    of_set: str
    engine: str
    seconds: float | None
    worth: Agreement | None
    why_not: str = ""


def python_of(peer: str) -> str:
    """The Python that has the peer, installed on first use. Errors: SystemExit with what the installation said."""
    wanted = PEERS[peer]
    if wanted is None:
        main_job.make_kinfolk()
        return str(main_job.KINFOLK_PYTHON)
    name, _, version = wanted.partition("==")
    folder = WORK / f"{name}-venv"
    python = folder / "bin" / "python"
    ask = ["-c", f"import pyarrow; from importlib.metadata import version; print(version('{name}'))"]
    if not python.exists():
        main_job.process([sys.executable, "-m", "venv", str(folder)])
    if subprocess.run([str(python), *ask], capture_output=True, text=True).stdout.strip() != version:
        main_job.say(f"Installing {wanted} …")
        main_job.process([str(python), "-m", "pip", "install", "--quiet", wanted, "pyarrow", *BESIDE.get(peer, ())])
    return str(python)


def measure(name: str, one: sets.Known, peer: str, shared: Path) -> list[Row]:
    """The rows of one engine on one set: one, and for Splink a second at the threshold that turns out best."""
    records = sets.written(name, one, shared, WORK / "sets")
    if pq.read_metadata(records).num_rows > LARGE and peer not in ("Kinfolk", "Splink"):
        return [Row(name, peer, None, None, "not asked at this size")]
    settings, out = WORK / "sets" / f"{name}.json", WORK / "sets" / f"{name}.{peer}.parquet"
    said: dict[str, Any] = {"compare": dict(one.compare), "personal": sets.PERSONAL, **TOLD.get(name, PEOPLE)}
    settings.write_text(json.dumps(said))
    script = HERE / "peers" / f"{peer.lower()}_peer.py"
    try:
        command = [python_of(peer), str(script), str(records), str(settings), str(out)]
        ran = _bounded(command)
    except subprocess.TimeoutExpired:
        return [Row(name, peer, None, None, "did not finish within ten minutes")]
    except SystemExit as error:
        return [Row(name, peer, None, None, f"did not install: {str(error).splitlines()[-1]}")]
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or [f"ended with {ran.returncode}"])[-1]
        why = f"ran out of {MOST_GB} GB of memory" if last.startswith("MemoryError") else f"failed: {last[:120]}"
        return [Row(name, peer, None, None, why)]
    return judged(name, peer, json.loads(ran.stdout.splitlines()[-1])["seconds"], (out, records))


def _bounded(command: list[str]) -> subprocess.CompletedProcess[str]:
    """What the command said, within bounds on time and memory: on some sets dedupe takes all there is of both.

    Errors  TimeoutExpired, when the command and all that it started have been ended
    """

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_GB * 10**9,) * 2)

    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, preexec_fn=limit, start_new_session=True, **pipes) as child:
        try:
            said, failed = child.communicate(timeout=MOST_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, child.returncode, said, failed)


def judged(name: str, peer: str, seconds: float, files: tuple[Path, Path]) -> list[Row]:
    """The first answer, and the best of all where there are several. files: groups and records."""
    groups, truth = pq.read_table(files[0]), pq.read_table(files[1], columns=["person"])["person"].to_numpy()
    worth = {answer: agreement(groups[answer].to_numpy(), truth) for answer in groups.column_names}
    first = groups.column_names[0]
    rows = [Row(name, peer if len(worth) == 1 else f"{peer} at {first}", seconds, worth[first])]
    if len(worth) > 1:
        best = max(worth, key=lambda answer: worth[answer].f1)
        rows.append(Row(name, f"{peer} at {best}, its best by the truth", None, worth[best]))
    return rows


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = [
        f"{os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}; "
        + ", ".join(wanted.replace("==", " ") for wanted in PEERS.values() if wanted)
        + ". dedupe was given forty answers from the truth, the others none.",
        "",
        "| data | engine | precision | recall | F1 | B³ F1 | cluster F1 | seconds | × Splink |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    splink = {row.of_set: row.seconds for row in rows if row.engine.startswith("Splink at") and row.seconds}
    for row in rows:
        if row.worth is None:
            lines.append(f"| {row.of_set} | {row.engine} | {row.why_not} | | | | | | |")
            continue
        w = row.worth
        figures = " | ".join(f"{x:.4f}" for x in (w.precision, w.recall, w.f1, w.b3, w.clusters))
        base = splink.get(row.of_set)
        seconds = "" if row.seconds is None else f"{row.seconds:.1f}"
        ratio = f"{row.seconds / base:.2f}" if row.seconds and base else ""
        lines.append(f"| {row.of_set} | {row.engine} | {figures} | {seconds} | {ratio} |")
    return "\n".join(lines)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure who is who against other engines.")
    parser.add_argument("--records", type=int, default=1_000_000, help="records of the generated set")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--sets", nargs="*", help="only these sets (generated for the generated one)")
    parser.add_argument("--engines", nargs="*", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--no-keep", action="store_true", help="print the table, leave docs/benchmarks.md alone")
    options = parser.parse_args()
    shared = os.environ.get("KINFOLK_DATA")
    (WORK / "sets").mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for name, one in sets.known_sets(options.records, options.seed).items():
        wanted = options.sets is None or name in options.sets or name.split("_")[0] in options.sets
        if not wanted or (name in TOLD and not shared):
            continue
        for peer in options.engines:
            rows += measure(name, one, peer, Path(shared or "."))
            main_job.say(str(rows[-1]))
    text = table(rows)
    print(text)
    if not options.no_keep:
        main_job.keep(text, BEGIN, END)


if __name__ == "__main__":
    main()
