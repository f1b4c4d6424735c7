"""An HTTP service on this machine, answering as a test says, and remembering what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer; promised: bytes its head promises, when they are more than come."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    promised: int | None = None


Answering = Callable[[Asked], Any]


class Service:
    """Paths and how each is answered: a Reply, bytes, or whatever JSON can say."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answering: dict[str, Answering] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def on(self, path: str, answer: Answering) -> str:
        """Answers a path so; its address."""
        self.answering[path] = answer
        return self.address + path

    def queries(self, path: str) -> list[dict[str, str]]:
        """The queries that came for a path, in order."""
        return [dict(one.query) for one in self.asked if one.path == path]

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, url.path, dict(parse_qsl(url.query, True)), headers, body)
                service.asked.append(asked)
                answer = service.answering.get(url.path, lambda _: Reply({"message": "no such path"}, 404))(asked)
                self._reply(answer if isinstance(answer, Reply) else Reply(answer))

            do_POST = do_GET

            def _reply(self, reply: Reply) -> None:
                headers = dict(reply.headers)
                body = reply.body
                if not isinstance(body, bytes):
                    body = json.dumps(body).encode()
                    headers.setdefault("Content-Type", "application/json")
                self.send_response(reply.status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(reply.promised or len(body)))
                self.end_headers()
                self.wfile.write(body)
                if reply.promised:
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing is logged."""

        return Handler


@contextmanager
def service() -> Iterator[Service]:
    """A running service."""
    made = Service()
    try:
        yield made
    finally:
        made.close()


def in_turn(*answers: Any) -> Answering:
    """Each answer once, in order; the last one from then on."""
    left = list(answers)
    return lambda asked: left.pop(0) if len(left) > 1 else left[0]
