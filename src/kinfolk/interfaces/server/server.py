"""The HTTP server, in this process: it stops when it is told to, after the requests that are here."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Event

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar.concurrency import set_asyncio_executor

from kinfolk.commands.collect.door import Door
from kinfolk.commands.serving import Served
from kinfolk.errors import KinfolkError
from kinfolk.interfaces.collect.app import App
from kinfolk.interfaces.server.site import Site

_LOOK = 0.1  # seconds between looks at whether to stop
_SAVE = 1.0  # seconds between saves of the counts
_LOOK_AT_POLICY = 0.2  # seconds between looks at who may do what, which is to hold within a second
_PAGES_AT_ONCE = 40  # more than may wait to sign in, or those would keep every other page waiting
_PATIENCE = 10.0  # seconds that requests have to be finished


@dataclass(frozen=True)
class Address:
    """Where the server listens."""

    host: str
    port: int


def serve(served: Served, door: Door, address: Address, ready: Callable[[], None], stop: Event) -> None:
    """Serves until `stop` is set. ready: called once it listens.

    Errors  KinfolkError if it cannot listen there
    """
    _check_free(address)
    threads = ThreadPoolExecutor(_PAGES_AT_ONCE, thread_name_prefix="page")
    set_asyncio_executor(threads)  # of its own, so that the door waits for no page
    try:
        asyncio.run(_serve(served, door, address, ready, stop))
    finally:
        set_asyncio_executor(None)
        threads.shutdown(wait=False, cancel_futures=True)


def _check_free(address: Address) -> None:
    """The server itself would share a port with whoever has it, and take only some of the events."""
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((address.host, address.port), family=family).close()
    except OSError as error:
        raise _cannot_listen(address, error.strerror or str(error)) from error


async def _serve(served: Served, door: Door, address: Address, ready: Callable[[], None], stop: Event) -> None:
    app = App(door, served.public_url)
    server = Server(
        Site(served, app),
        address.host,
        address.port,
        interface=Interfaces.ASGINL,
        backlog=1024,
        websockets=False,
        log_enabled=False,
    )
    server.on_startup(ready)
    serving, looking = asyncio.create_task(server.serve()), asyncio.create_task(_look(served))
    try:
        while not stop.is_set():
            for _ in range(round(_SAVE / _LOOK)):
                if stop.is_set() or serving.done():
                    break
                await asyncio.sleep(_LOOK)
            if serving.done():
                raise _cannot_listen(address, str(serving.exception() or ""))
            with suppress(OSError):  # the disk is full; events are told so, and counted when it is not
                door.save()
        await _finished(app)
    finally:
        looking.cancel()
        server.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait({serving}, timeout=_PATIENCE)  # a request that never ends holds nobody up


async def _look(served: Served) -> None:
    """Looks at the policy, so that a change of it holds for the first who asks for something after it."""
    while True:
        await asyncio.to_thread(lambda: served.access)
        await asyncio.sleep(_LOOK_AT_POLICY)


async def _finished(app: App) -> None:
    """Waits for the requests that are here, and sends others away."""
    app.closing = True
    for _ in range(round(_PATIENCE / _LOOK)):
        await asyncio.sleep(_LOOK)
        if not app.at_work:
            return


def _cannot_listen(address: Address, why: str) -> KinfolkError:
    why = why.partition("\n")[0] or "the server ended"
    return KinfolkError(
        f"Cannot listen on {address.host}:{address.port}: {why}.",
        hint="Choose another `--port`, or stop what listens there.",
    )
