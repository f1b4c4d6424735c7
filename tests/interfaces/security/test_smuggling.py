"""Requests in which a proxy and the server could see different ends, so that one of them hides another."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from tests.people import Shop, said_to
from tests.serving import Serving

HIDDEN = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"  # its answer would be seen: nothing else says "ok"
POST = b"POST /sign-in HTTP/1.1\r\nHost: x\r\n"
LENGTH = b"Content-Length: %d\r\n" % (5 + len(HIDDEN))
CHUNKED = b"Transfer-Encoding: chunked\r\n"

AMBIGUOUS = {
    "length and chunks": POST + LENGTH + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN,
    "chunks and length": POST + CHUNKED + LENGTH + b"\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 33\r\n\r\n" + HIDDEN,
    "a list of lengths": POST + b"Content-Length: 0, 33\r\n\r\n" + HIDDEN,
    "a length with a sign": POST + b"Content-Length: +0\r\n\r\n" + HIDDEN,
    "a length with a blank before the colon": POST + b"Content-Length : 33\r\n\r\n" + HIDDEN,
    "chunks in a folded line": POST + b"Transfer-Encoding:\r\n chunked\r\n" + LENGTH + b"\r\n0\r\n\r\n" + HIDDEN,
    "chunks by another name": POST + b"Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "chunks and something else": POST + CHUNKED + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks of an old version": POST.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN,
    "a chunk that ends with a line feed alone": POST + CHUNKED + b"\r\n0\n\n" + HIDDEN,
    "a note in a chunk with a line feed": POST + CHUNKED + b"\r\n0;a\nb\r\n\r\n" + HIDDEN,
    "a chunk larger than any": POST + CHUNKED + b"\r\nfffffffffffffffff\r\n\r\n" + HIDDEN,
    "a carriage return in a header": b"GET /nothing HTTP/1.1\r\nHost: x\r\nX-A: b\r" + HIDDEN,
    "a folded header": b"GET /nothing HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n" + HIDDEN,
    "a NUL in a header": b"GET /nothing HTTP/1.1\r\nHost: x\r\nX-A: b\0c\r\n\r\n" + HIDDEN,
}


@pytest.mark.parametrize("request_", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_what_can_be_read_in_two_ways_is_refused_and_the_line_is_cut(shop: Shop, request_: bytes) -> None:
    answer = said_to(shop[0], request_)
    assert answer.startswith(b"HTTP/1.1 400 ") or answer.startswith(b"HTTP/1.0 400 ")
    assert answer.count(b"HTTP/1.") == 1 and b'"ok"' not in answer


def test_a_request_for_two_hosts_is_refused(shop: Shop) -> None:
    request = b"GET /sign-in HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n"
    assert said_to(shop[0], request).startswith(b"HTTP/1.1 421 ")


def test_a_change_to_another_protocol_is_passed_over(shop: Shop) -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    answer = said_to(shop[0], b"GET /sign-in HTTP/1.1\r\nHost: x\r\n" + upgrade)
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("header", [b"X: " + b"a" * 2_000_000, b"\r\n".join(b"X%d: a" % n for n in range(5_000))])
def test_headers_have_an_end(shop: Shop, header: bytes) -> None:
    answer = said_to(shop[0], b"GET /sign-in HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ") or answer == b""


@dataclass
class Proxy:
    """A careless proxy: one line to the server for everybody, and the end of a request as it likes to see it.

    by_chunks  whether chunks say where a request ends, although there is a length
    """

    server: Serving
    by_chunks: bool
    line: socket.socket | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, client: socket.socket) -> None:
        """One request of a client, handed on as it is, and the next answer that comes back."""
        with client, client.makefile("rb") as asked, self.turn:
            head = _head(asked)
            body = _chunks(asked) if self.by_chunks and b"chunked" in head else asked.read(_length(head))
            for _ in range(2):
                self.line = self.line or socket.create_connection(("127.0.0.1", self.server.port), timeout=20)
                with suppress(OSError):
                    self.line.sendall(head + body)
                    if answer := self._next():
                        client.sendall(answer)
                        return
                self.line.close()
                self.line = None  # the server hung up

    def _next(self) -> bytes:
        assert self.line is not None
        with self.line.makefile("rb", buffering=0) as back:
            head = _head(back)
            length, body = _length(head), b""
            while len(body) < length and (part := back.read(length - len(body))):
                body += part
        if b"connection: close" in head.lower():
            self.line.close()
            self.line = None
        return head + body


def _head(read: object) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = read.read(1)  # type: ignore[attr-defined]
        if not byte:
            return head
        head += byte
    return head


def _length(head: bytes) -> int:
    found = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return int(found[-1]) if found and found[-1].strip().isdigit() else 0


def _chunks(read: object) -> bytes:
    body = b""
    while not body.endswith(b"0\r\n\r\n"):
        body += read.read(1)  # type: ignore[attr-defined]
    return body


@contextmanager
def proxied(server: Serving, by_chunks: bool) -> Iterator[int]:
    """The port of the proxy."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        proxy = Proxy(server, by_chunks)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    proxy.answer(listening.accept()[0])

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def through(port: int, request: bytes) -> bytes:
    """What a client of the proxy hears."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        parts = []
        while part := line.recv(65_536):
            parts.append(part)
    return b"".join(parts)


INSIDE = b"GET /health HTTP/1.1\r\nHost: x\r\nX-Rest: "  # which would be all that the next client sends
BY_LENGTH = POST + b"Content-Length: %d\r\n" % (5 + len(INSIDE)) + CHUNKED + b"\r\n0\r\n\r\n" + INSIDE
BY_CHUNKS = POST + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)


@pytest.mark.parametrize(("by_chunks", "attack"), [(False, BY_LENGTH), (True, BY_CHUNKS)], ids=["length", "chunks"])
def test_nobody_behind_a_careless_proxy_hears_an_answer_to_somebody_else(
    shop: Shop, by_chunks: bool, attack: bytes
) -> None:
    victim = b"GET /sign-in HTTP/1.1\r\nHost: x\r\n\r\n"
    with proxied(shop[0], by_chunks) as port:
        assert b"Sign in" in through(port, victim)
        for _ in range(3):
            assert through(port, attack).startswith(b"HTTP/1.1 400 ")
            answer = through(port, victim)
            assert answer.startswith(b"HTTP/1.1 200 ") and b"Sign in" in answer and b'"ok"' not in answer
