"""Whether the process that began something is still there."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

_SLACK = timedelta(seconds=2)


def this_host() -> str:
    """The name of this machine."""
    return socket.gethostname()


def alive(process_id: int) -> bool:
    """Whether this machine has a process of that number."""
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it is somebody else's
        return True
    return process_id > 0


def still_at_it(process_id: int, host: str | None, since: datetime) -> bool:
    """Whether the process that began something at `since` may still be at it. Of another machine nothing is known.

    A process of that number which was started later is another one.
    """
    if host not in (None, this_host()):
        return True
    started = _started(process_id)
    return alive(process_id) and (started is None or started <= since + _SLACK)


def _started(process_id: int) -> datetime | None:
    """When a process was started, where the system tells (Linux)."""
    try:
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
        lines = Path("/proc/stat").read_text().splitlines()
        booted = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
    except (OSError, StopIteration):
        return None
    return datetime.fromtimestamp(booted + int(fields[19]) / os.sysconf("SC_CLK_TCK"), UTC)
