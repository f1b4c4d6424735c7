"""One writer at a time: a lock the operating system gives up by itself when its holder dies."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from kinfolk.errors import BusyError
from kinfolk.store.processes import this_host
from kinfolk.store.read.writer import HOLDER, writer


@contextmanager
def writer_lease(state: Path, wait_seconds: float = 0) -> Iterator[None]:
    """Holds the right to write to this project until the block ends.

    Errors  BusyError, after `wait_seconds`, says which process holds it and since when
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    holder = state / HOLDER
    lock = FileLock(state / "writer.lock")
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise BusyError(
            f"Another run is writing to this project ({writer(state) or 'it has only just begun'}).",
            hint="Wait for it to finish, or give --wait SECONDS.",
        ) from None
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        holder.write_text(json.dumps({"pid": os.getpid(), "host": this_host(), "since": since}))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
