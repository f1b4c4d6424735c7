"""The way to a server, as bad as ways are: requests are sent away or broken off, answers lost. Real HTTP, counted."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

from tests.serving import free_port

_MOST = 64 << 10


class Fate(StrEnum):
    """What becomes of a request."""

    PASSED = "passed"
    TOO_MANY = "429"  # sent away, to come again in a second
    BAD_GATEWAY = "502"  # by chance, or because nobody listens behind
    BROKEN_OFF = "broken off"  # half of the body arrives, then everybody hears nothing more
    ANSWER_LOST = "answer lost"  # the server has done its part, and the sender does not hear of it


# Never more than so many misfortunes in a row, or a program gives up, as it should.
_MOST_IN_A_ROW = 2
_CHANCES = {Fate.PASSED: 4, Fate.TOO_MANY: 1, Fate.BAD_GATEWAY: 1, Fate.BROKEN_OFF: 1, Fate.ANSWER_LOST: 2}


@dataclass
class Way:
    """An address that leads to a server on this machine.

    fates   how many requests met which fate
    lives   for each start of the server, messages it has said 200 to -> how often
    heard   messages whose sender was told so
    """

    port: int
    server: int
    fates: Counter[Fate] = field(default_factory=Counter)
    lives: list[Counter[str]] = field(default_factory=lambda: [Counter()])
    heard: set[str] = field(default_factory=set)
    in_a_row: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(11))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def received(self) -> int:
        """Events that were new to the server, as far as it can remember: since it started."""
        return sum(len(life) for life in self.lives)

    @property
    def repeated(self) -> int:
        """Events that it had acknowledged before, since it started."""
        return sum(life.total() for life in self.lives) - self.received

    @property
    def known(self) -> set[str]:
        """Messages that the server has acknowledged, whether anybody heard of it or not."""
        return set().union(*self.lives)

    def starts_anew(self) -> None:
        """The server will be another one, which remembers nothing."""
        self.lives.append(Counter())

    def draw(self) -> Fate:
        """What becomes of the next request."""
        fate = self.chance.choices(list(_CHANCES), list(_CHANCES.values()))[0]
        self.in_a_row = 0 if fate is Fate.PASSED or self.in_a_row == _MOST_IN_A_ROW else self.in_a_row + 1
        return fate if self.in_a_row else Fate.PASSED

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a program: request after request, until one of them breaks it."""
        with closing(writer), suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                fate = self.draw()
                answer = await self._answer(fate, head, body)
                if not answer:
                    return
                writer.write(answer)
                await writer.drain()

    async def _answer(self, fate: Fate, head: bytes, body: bytes) -> bytes | None:
        if fate is Fate.TOO_MANY:
            self.fates[fate] += 1
            return _said(b"429 Too Many Requests", b"Retry-After: 1\r\n")
        if fate is Fate.BAD_GATEWAY:
            self.fates[fate] += 1
            return _said(b"502 Bad Gateway")
        life = self.lives[-1]
        try:
            sent = body[: len(body) // 2] if fate is Fate.BROKEN_OFF else body
            answer = await self._forwarded(head + sent, whole=sent is body)
        except (OSError, asyncio.IncompleteReadError):
            self.fates[Fate.BAD_GATEWAY] += 1
            return _said(b"502 Bad Gateway")
        self.fates[fate] += 1
        if answer and answer.startswith(b"HTTP/1.1 200"):
            life.update(_messages(body))
            self.heard.update(_messages(body) if fate is Fate.PASSED else ())
        return answer if fate is Fate.PASSED else None

    async def _forwarded(self, request: bytes, *, whole: bool) -> bytes | None:
        """The server's answer; None if it was not sent all of the request."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server)
        with closing(writer):
            writer.write(request)
            await writer.drain()
            if not whole:
                return None
            head = await reader.readuntil(b"\r\n\r\n")
            return head + await reader.readexactly(_length(head))


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return int(next(line.partition(b":")[2] for line in lines if line.startswith(b"content-length:")))


def _messages(body: bytes) -> list[str]:
    text = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
    return [event["messageId"] for event in json.loads(text)["batch"]]


def _said(status: bytes, headers: bytes = b"") -> bytes:
    return b"HTTP/1.1 " + status + b"\r\n" + headers + b"Content-Length: 0\r\n\r\n"


@contextmanager
def unreliable_way(server: int) -> Iterator[Way]:
    """A way to the server on that port, until the block ends."""
    way, loop = Way(free_port(), server), asyncio.new_event_loop()
    listening = loop.run_until_complete(asyncio.start_server(way.meet, "127.0.0.1", way.port, limit=_MOST))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield way
    finally:
        loop.call_soon_threadsafe(listening.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
