"""Intake of events over HTTP: events a second and latency, each answered when it is on disk, with runs going on.

    python benchmarks/intake.py --seconds 20

Starts `kinfolk serve` for a project of its own and sends from another process of this machine: first batches of twenty
events, then one event a request, then batches of a source whose events are judged: two purposes that rest on consent,
a banner's categories and an e-mail address in each event, and ten thousand people in the ledger who said no. Counts
what was acknowledged, and looks whether all of it is in the log, once. The table is printed and kept in
docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parent))
from main_job import KINFOLK, WORK, keep, make_kinfolk, say  # noqa: E402

BEGIN, END = "<!-- intake: begin -->", "<!-- intake: end -->"
KEY, JUDGED = "key-of-the-benchmark", "key-of-what-is-judged"
SAID_NO = 10_000  # people in the ledger; none of them sends events
FILES = {
    "kinfolk.yml": "name: Intake\n",
    "identity.yml": "keys: [customer_number, {key: device_id, at_most: 20}]\n",
    "sources/web.yml": f"""
collect: {{write_keys: [{KEY}]}}
belongs_to: {{source: visitors, column: visitor}}
events: {{event_id: messageId, event: event, occurred_at: timestamp, properties: properties}}
""",
    "sources/visitors.yml": """
collect: {visitors_of: web}
people: {customer_number: userId, device_id: anonymousId}
""",
    "policies/consent.yml": """
versions: {first: {since: 2026-01-01, text: We look at what you do.}}
purposes: {analytics: {use: analytics, basis: consent}, ads: {use: marketing.advertising, basis: consent}}
""",
    "sources/judged.yml": f"""
collect: {{write_keys: [{JUDGED}], purposes: [analytics, ads]}}
belongs_to: {{source: judged_visitors, column: visitor}}
events: {{event_id: messageId, event: event, occurred_at: timestamp, properties: properties}}
""",
    "sources/judged_visitors.yml": """
collect: {visitors_of: judged}
people: {customer_number: userId, device_id: anonymousId, email: {sql: "traits ->> 'email'"}}
""",
}


@dataclass(frozen=True)
class Way:
    """How events are sent, and what is aimed at: events a second, and milliseconds within which 99 % are answered."""

    name: str
    path: str
    events: int
    connections: int
    least: int
    most_ms: int | None = None
    key: str = KEY


WAYS = (
    Way("batches of 20", "/v1/batch", 20, 32, 10_000, 150),
    Way("one event a request", "/v1/track", 1, 64, 2_000),
    Way("batches of 20, each event judged", "/v1/batch", 20, 32, 10_000, 150, JUDGED),
)


class Sender(asyncio.Protocol):
    """One connection: a request, its answer, the next one, until the time is over."""

    def __init__(self, way: Way, name: str, until: float, done: asyncio.Future[None]) -> None:
        self.way, self.name, self.until, self.done = way, name, until, done
        self.number = self.answered = 0
        self.latencies: list[float] = []
        self.data = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._send()

    def _send(self) -> None:
        body = request_body(self.way, f"{self.name}-{self.number}")
        head = (
            f"POST {self.way.path} HTTP/1.1\r\nHost: localhost\r\nX-Write-Key: {self.way.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.number += 1
        self.began = time.perf_counter()
        self.transport.write(head.encode() + body)

    def data_received(self, data: bytes) -> None:
        self.data += data
        if not self.data.endswith(b"}"):
            return
        if not self.data.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(self.data.decode()))
            return
        self.data = b""
        self.answered += 1
        self.latencies.append(1000 * (time.perf_counter() - self.began))
        if time.perf_counter() < self.until:
            self._send()
        else:
            self.transport.close()
            self.done.set_result(None)


def request_body(way: Way, name: str) -> bytes:
    """A request as large as those of a web shop; visitors come back, a hundred of them a connection."""
    page = {"url": "https://shop.example.com/lamps/17", "referrer": "https://www.example.com/", "title": "A lamp"}
    context: dict[str, Any] = {"ip": "203.0.113.7", "userAgent": "Mozilla/5.0 (X11; Linux x86_64)", "page": page}
    if way.key == JUDGED:
        context["consent"] = {"categoryPreferences": {"analytics": True, "ads": False}}
        context["traits"] = {"email": f"{name}@example.com"}
    events = [
        {
            "type": "track",
            "event": "Product Viewed",
            "messageId": f"{name}-{number}",
            "anonymousId": f"visitor-{hash(name) % 1000}",
            "timestamp": "2026-03-01T10:00:00.000Z",
            "properties": {"product_id": 4711, "name": "Lamp", "price": 39.9, "currency": "EUR"},
            "context": context,
        }
        for number in range(way.events)
    ]
    whole = {"batch": events, "sentAt": "2026-03-01T10:00:00.500Z"} if way.path == "/v1/batch" else events[0]
    return json.dumps(whole).encode()


async def sent(way: Way, port: int, seconds: float) -> dict[str, Any]:
    """What the senders of one way saw."""
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    senders, ends = [], []
    for number in range(way.connections):
        ends.append(loop.create_future())
        sender = Sender(way, f"{WAYS.index(way)}-{way.events}-{number}", began + seconds, ends[-1])
        await loop.create_connection(lambda made=sender: made, "127.0.0.1", port)  # type: ignore[misc]
        senders.append(sender)
    await asyncio.gather(*ends)
    taken = time.perf_counter() - began
    latencies = [one for sender in senders for one in sender.latencies]
    events = way.events * sum(sender.answered for sender in senders)
    return {"events": events, "seconds": taken, "latencies": latencies}


@contextmanager
def server(project: Path, command: Sequence[str] = KINFOLK) -> Iterator[tuple[int, int]]:
    """A server, its port, and its process id."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([*command, "serve", str(project), "--port", str(port)])
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://127.0.0.1:{port}/health")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(120)


def peak_mb(pid: int) -> float:
    """The most memory the process had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def in_a_process(number: int, port: int, seconds: float) -> dict[str, Any]:
    """The senders in a process of their own, so that they do not share the server's interpreter."""
    asked = [sys.executable, __file__, "--child", str(number), "--port", str(port), "--seconds", str(seconds)]
    return dict(json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout))


def import_noes(project: Path) -> None:
    """Fills the ledger."""
    rows = [f"person{n}@example.com,analytics,denied,2026-01-01T10:00:00Z" for n in range(SAID_NO)]
    file = project / "noes.csv"
    file.write_text("\n".join(["email,purpose,decision,effective_at", *rows]) + "\n")
    subprocess.run([*KINFOLK, "consent", "import", str(file), "-p", str(project)], check=True)


def table(found: list[dict[str, Any]], lost: int, memory: float) -> str:
    """The figures as Markdown."""
    rows = []
    for way, seen in zip(WAYS, found, strict=True):
        rate, at = seen["events"] / seen["seconds"], quantiles(seen["latencies"], n=100)
        met = rate >= way.least and (way.most_ms is None or at[98] <= way.most_ms)
        aim = f"≥ {way.least:,}/s" + (f", p99 ≤ {way.most_ms} ms" if way.most_ms else "")
        rows.append(
            f"| {way.name} | {way.connections} | {rate:,.0f} | {at[49]:.1f} ms | {at[98]:.1f} ms | {aim} | "
            f"{'yes' if met else '**no**'} |"
        )
    events, seconds = (sum(seen[what] for seen in found) for what in ("events", "seconds"))
    return "\n".join(
        [
            f"{events:,} events acknowledged in {seconds:.0f} seconds, {lost:,} of them not in the log; "
            f"{os.cpu_count()} cores, the senders on the same ones, {time.strftime('%Y-%m-%d')}. Runs went on "
            f"beside it; the server had {memory:,.0f} MB at most.",
            "",
            "| sent as | connections | events/s | p50 | p99 | aim | met |",
            "|---|---|---|---|---|---|---|",
            *rows,
        ]
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure the intake of events.")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--no-keep", action="store_true", help="print the table, leave docs/benchmarks.md alone")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        print(json.dumps(asyncio.run(sent(WAYS[options.child], options.port, options.seconds))))
        return
    make_kinfolk()
    project = WORK / "intake"
    shutil.rmtree(project, ignore_errors=True)
    for name, text in FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    import_noes(project)
    with server(project) as (port, pid):
        found = []
        for number, way in enumerate(WAYS):
            say(f"Sending {way.name} …")
            found.append(in_a_process(number, port, options.seconds))
        memory = peak_mb(pid)
    logs = (project / ".kinfolk" / "collect").glob("*/*.jsonl")
    kept = {json.loads(line)["messageId"] for path in logs for line in path.open()}
    text = table(found, sum(seen["events"] for seen in found) - len(kept), memory)
    print(text)
    if not options.no_keep:
        keep(text, BEGIN, END)


if __name__ == "__main__":
    main()
