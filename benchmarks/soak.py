"""Endurance of the intake: events in a steady stream for an hour, with the runs that `kinfolk serve` starts going on.

    python benchmarks/soak.py --seconds 3600

Sends a thousand events a second, in batches of twenty, from another process of this machine, and asks each minute how
much memory and disk is taken and how many events wait. At the end every event is looked for: in the counts of the
sender and of the door, in the log, and on a profile. How long each took from being sent to being on its profile comes
from the state itself: when it was sent, and when the run that landed it was over. The table is kept in
docs/benchmarks.md; what was made on the way is removed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parent))
from intake import server  # noqa: E402
from main_job import KINFOLK, WORK, keep, make_kinfolk  # noqa: E402
from watching import Sample, watched  # noqa: E402

from kinfolk.commands.collect.status import collect_status  # noqa: E402
from kinfolk.commands.query import query  # noqa: E402
from kinfolk.commands.status import status  # noqa: E402
from kinfolk.connectors.collect.reading import lines  # noqa: E402
from kinfolk.model.run import RunStatus  # noqa: E402

BEGIN, END = "<!-- soak: begin -->", "<!-- soak: end -->"
KEY = "key-of-the-benchmark"
BATCH = 20  # events of one visit, sent in one request
SENDERS = 8  # connections; while one waits for its answer the others go on
SPANS = 12  # rows of the table at most
PATIENCE = 600.0  # seconds that the last events have to be acknowledged, and again to reach their profiles
FILES = {
    "kinfolk.yml": "name: Soak\n",
    "identity.yml": "keys: [customer_number, email, {key: device_id, at_most: 20}]\n",
    "sources/web.yml": f"""
collect: {{write_keys: [{KEY}]}}
belongs_to: {{source: visitors, column: visitor}}
events:
  event_id: messageId
  event: {{sql: "coalesce(event, name, type)"}}
  occurred_at: timestamp
  device_id: anonymousId
  url: {{sql: "context ->> '$.page.url'"}}
  properties: properties
""",
    "sources/visitors.yml": """
collect: {visitors_of: web}
people:
  customer_number: userId
  device_id: anonymousId
  email: {sql: "traits ->> 'email'"}
  first_name: {sql: "traits ->> 'firstName'"}
""",
}
HEADS = (
    *("minutes", "p50", "p95", "at most", "waiting", "runs", "a run takes", "at most", "of a processor"),
    *("memory of a run", "of the server", "log", "lake", "load"),
)
# A row for each load and tenth of a second, not one for each event.
SENT = """
select _load_id, epoch(time_bucket(interval '100 milliseconds', cast("originalTimestamp" as timestamp))), count(*)
from landing.web group by all
"""
LOADS = "select load_id, epoch(loaded_at) from landing.loads where source = 'web'"
ON_PROFILES = "select count(*), count(distinct event_id), count(customer_id) from profiles.events"


@dataclass(frozen=True)
class Ran:
    """One run that published something: when it was over, and how long it took, in seconds since sending began."""

    over: float
    seconds: float


@dataclass(frozen=True)
class Found:
    """What was left at the end. lags: second of sending -> (seconds until on the profile, events) of that second."""

    counts: dict[str, int]
    customers: int
    people: int
    runs: list[Ran]
    lags: dict[int, list[tuple[float, int]]]


def visit(number: int, at: float) -> bytes:
    """A batch of one person's events, by the number of the visit: every second visit is somebody new.

    One person in five is known by a number and an e-mail address, says so on each visit, and has two devices.
    """
    person = number // 2 if number % 2 == 0 else random.Random(number).randrange(number // 2 + 1)
    known = person % 5 == 0
    ids: dict[str, Any] = {"anonymousId": f"device-{person}-{number % 3 % 2 if known else 0}"}
    if known:
        ids["userId"] = f"user-{person}"
    then = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    page = {"url": f"https://shop.example.com/lamps/{number % 500}", "title": "A lamp"}
    context = {"ip": "203.0.113.7", "userAgent": "Mozilla/5.0 (X11; Linux x86_64)", "page": page}
    what = {"type": "track", "event": "Product Viewed", "properties": {"product_id": number % 500, "price": 39.9}}
    events = [
        {**what, **ids, "messageId": f"m-{number}-{n}", "timestamp": then, "context": context} for n in range(BATCH)
    ]
    if known:
        traits = {"email": f"person{person}@example.com", "firstName": f"Name{person % 700}"}
        events[0] |= {"type": "identify", "traits": traits}
    return json.dumps({"batch": events, "sentAt": then}).encode()


async def sent(port: int, rate: int, seconds: float) -> dict[str, Any]:
    """A batch whenever one is due, each again until it is acknowledged; what is late is made up for."""
    numbers, latencies = iter(range(round(seconds * rate / BATCH))), list[float]()
    began, refused = time.time(), 0

    async def one() -> None:
        nonlocal refused
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, auth=(KEY, "")) as client:
            while time.time() < began + seconds and (number := next(numbers, None)) is not None:
                due = began + number * BATCH / rate
                await asyncio.sleep(max(due - time.time(), 0))
                body = visit(number, due)
                while not await taken(client, body, latencies):
                    refused += 1
                    await asyncio.sleep(0.5)

    await asyncio.gather(*(one() for _ in range(SENDERS)))
    return {"began": began, "seconds": time.time() - began, "refused": refused, "latencies": latencies}


async def taken(client: httpx.AsyncClient, body: bytes, latencies: list[float]) -> bool:
    """Whether the batch was acknowledged; if so, after how many milliseconds."""
    began = time.perf_counter()
    try:
        answer = await client.post("/v1/batch", content=body)
    except httpx.TransportError:
        return False
    if answer.status_code == 200:
        latencies.append(1000 * (time.perf_counter() - began))
    return answer.status_code == 200


def in_a_process(port: int, options: argparse.Namespace) -> dict[str, Any]:
    """The senders in a process of their own."""
    asked = [sys.executable, __file__, "--child", "--port", str(port)]
    asked += ["--seconds", str(options.seconds), "--rate", str(options.rate)]
    done = subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True, timeout=options.seconds + PATIENCE)
    return dict(json.loads(done.stdout))


def wait_for_the_last(project: Path) -> None:
    """Until no event waits for a run, and no run is going on. Errors: SystemExit after ten minutes"""
    until = time.monotonic() + PATIENCE
    while any(stream.waiting for stream in collect_status(project).streams) or (
        status(project, limit=1).runs[0].status is RunStatus.RUNNING
    ):
        if time.monotonic() > until:
            raise SystemExit(f"Events still wait {PATIENCE:,.0f} seconds after the last was sent.")
        time.sleep(1)


def found(project: Path, began: float, batches: int) -> Found:
    """What is in the log, in the counts and on profiles, and how long it took each event to get there."""
    [stream] = collect_status(project).streams
    kept = [json.loads(line)["messageId"] for _, line in lines(project / ".kinfolk/collect/web", 0, 1 << 62)]
    [(rows, once, tied)] = query(project, ON_PROFILES).rows
    counts = {
        "sent": batches * BATCH,
        "counted by the door": stream.received,
        "in the log": len(kept),
        "of them once": len(set(kept)),
        "on profiles": rows,
        "of them once there": once,
        "of them with a customer": tied,
    }
    [(customers,)] = query(project, "select count(*) from profiles.customers").rows
    published = [run for run in status(project, limit=1_000_000).runs if run.status is RunStatus.PUBLISHED]
    spans = [(run.started_at.timestamp(), run.finished_at.timestamp()) for run in published if run.finished_at]
    over = {load: _over(spans, load, at) for load, at in query(project, LOADS).rows}
    lags: dict[int, list[tuple[float, int]]] = {}
    for load, second, events in query(project, SENT).rows:
        lags.setdefault(int(second - began), []).append((over[load] - second, events))
    runs = sorted((Ran(end - began, end - start) for start, end in spans), key=lambda ran: ran.over)
    return Found(counts, customers, (batches + 1) // 2, runs, lags)


def _over(spans: Sequence[tuple[float, float]], load: int, at: float) -> float:
    """When the run was over that landed so at that moment. Errors: SystemExit when no published run was at it then"""
    for start, end in spans:
        if start <= at <= end:
            return end
    raise SystemExit(
        f"Load {load}, of {at:.3f}, is of no published run; the last is {spans[-1]}, the first {spans[0]}."
    )


def at_share(lags: Sequence[tuple[float, int]], share: float) -> float:
    """The lag within which that share of the events was on its profile."""
    reached, whole = 0, sum(events for _, events in lags)
    for lag, events in sorted(lags):
        reached += events
        if reached >= share * whole:
            return lag
    raise ValueError("No events.")


def rows(seen: Found, samples: Sequence[Sample], seconds: float) -> list[str]:
    """The table's rows, one for each span of time."""
    length, made = max(60.0, seconds / SPANS), []
    for number in range(max(round(seconds / length), 1)):
        begin, end = number * length, (number + 1) * length
        lags = [lag for second, some in seen.lags.items() if begin <= second < end for lag in some]
        runs = [run.seconds for run in seen.runs if begin <= run.over < end]
        there = [sample for sample in samples if begin < sample.at <= end + 1]
        if not (lags and there):
            continue
        parts = (at_share(lags, 0.5), at_share(lags, 0.95), max(lag for lag, _ in lags))
        memory = [max(getattr(sample, which) for sample in there) for which in ("run_mb", "server_mb")]
        cpu = sum(sample.run_cpu for sample in there) / max(len(runs), 1)
        made.append(
            f"| {end / 60:.0f} | {parts[0]:.1f} s | {parts[1]:.1f} s | {parts[2]:.1f} s | "
            f"{max(sample.waiting for sample in there):,} | {len(runs)} | {median(runs or [0.0]):.1f} s | "
            f"{max(runs, default=0.0):.1f} s | {cpu:.1f} s | {memory[0]:,.0f} MB | {memory[1]:,.0f} MB | "
            f"{there[-1].log_mb:,.0f} MB | {there[-1].lake_mb:,.0f} MB | {max(s.load for s in there):.1f} |"
        )
    return made


def table(seen: Found, samples: Sequence[Sample], sender: dict[str, Any]) -> str:
    """The figures as Markdown."""
    every = [lag for some in seen.lags.values() for lag in some]
    answers = quantiles(sender["latencies"], n=100)
    counts = ", ".join(f"{number:,} {what}" for what, number in seen.counts.items())
    return "\n".join(
        [
            f"{seen.counts['sent']:,} events in {sender['seconds']:,.0f} seconds, {sender['refused']:,} requests sent "
            f"again; {os.cpu_count()} cores, the sender on the same ones, {time.strftime('%Y-%m-%d')}. Found at the "
            f"end: {counts}; {seen.customers:,} customers of {seen.people:,} people. Answered within "
            f"{answers[49]:.1f} ms (p50), {answers[98]:.1f} ms (p99). From sent to on the profile: "
            f"{at_share(every, 0.5):.1f} s (p50), {at_share(every, 0.95):.1f} s (p95), "
            f"{max(lag for lag, _ in every):.1f} s at most.",
            "",
            f"| {' | '.join(HEADS)} |",
            "|---" * len(HEADS) + "|",
            *rows(seen, samples, sender["seconds"]),
        ]
    )


def check(seen: Found, sender: dict[str, Any]) -> None:
    """Errors: SystemExit if an event is lost or there twice, a person too, or lag has grown beyond half of the time."""
    if len(set(seen.counts.values())) > 1 or seen.customers != seen.people:
        raise SystemExit(f"Not all is there once: {seen.counts}; {seen.customers} customers of {seen.people} people.")
    longest = max(lag for some in seen.lags.values() for lag, _ in some)
    if longest > max(sender["seconds"] / 2, 120):
        raise SystemExit(f"An event took {longest:.0f} seconds to its profile: runs do not keep up.")


def soak(project: Path, options: argparse.Namespace) -> None:
    """Sends, watches, looks for everything, and tells."""
    for name, text in FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    command = [sys.executable, "-m", "kinfolk"] if options.here else KINFOLK
    with server(project, command) as (port, pid):
        with watched(project, pid, min(60.0, options.seconds / 4)) as watch:
            sender = in_a_process(port, options)
        wait_for_the_last(project)
    seen = found(project, sender["began"], len(sender["latencies"]))
    text = table(seen, watch.samples, sender)
    print(text)
    check(seen, sender)
    if not options.no_keep:
        keep(text, BEGIN, END)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Send events for a long time and watch what becomes of them.")
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--rate", type=int, default=1000, help="events a second")
    parser.add_argument("--state", type=Path, default=WORK / "soak", help="a folder for the project; emptied, removed")
    parser.add_argument("--here", action="store_true", help="serve with this Python, not in an environment of its own")
    parser.add_argument("--no-keep", action="store_true", help="print the table, leave docs/benchmarks.md alone")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(asyncio.run(sent(options.port, options.rate, options.seconds))))
        return
    if not options.here:
        make_kinfolk()
    shutil.rmtree(options.state, ignore_errors=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Told to stop."))  # so that what was begun is ended, and removed
    try:
        soak(options.state, options)
    finally:
        shutil.rmtree(options.state, ignore_errors=True)


if __name__ == "__main__":
    main()
