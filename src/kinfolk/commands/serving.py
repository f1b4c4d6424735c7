"""What a running server answers for."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

from sqlalchemy import Engine

from kinfolk.commands.traces import Traces, traces
from kinfolk.commands.wishes import Wishes
from kinfolk.errors import KinfolkError
from kinfolk.model.access import AccessPolicy
from kinfolk.model.project import Project
from kinfolk.project import load_access
from kinfolk.store.database import open_store

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*")  # a name, or an address
_ACCESS = ("policies/access.yml", "policies/access.yaml")
_SETTLED = 0.5  # seconds without a change, after which a file is taken to be written to its end


@dataclass
class Served:
    """The project as it is now; a server that notices a change of its files puts the new one in its place.

    store       the control state, open as long as the server is
    public_url  how the world reaches the server, without a slash at its end; None where nobody said
    told        called with what those who run the server should know
    wishes      what people want to be done; None where nobody does it
    """

    project: Project
    store: Engine
    public_url: str | None = None
    told: Callable[[str], None] = print
    wishes: Wishes | None = None
    _access: AccessPolicy = field(init=False, repr=False)
    _read: Traces = field(init=False, repr=False)  # of the file as it was when it was read
    _new: tuple[Traces, float] | None = field(init=False, repr=False, default=None)  # as it is now, and since when
    _lock: Lock = field(init=False, repr=False, default_factory=Lock)

    def __post_init__(self) -> None:
        self._access = self.project.access
        self._take(traces(self.folder, *_ACCESS))  # it may have changed since the project was read

    @property
    def folder(self) -> Path:
        """Where the project's files are."""
        return self.project.folder

    @property
    def environment(self) -> str | None:
        """The environment that is served."""
        return self.project.environment

    @property
    def secure(self) -> bool:
        """Whether the world reaches the server by TLS alone."""
        return (self.public_url or "").startswith("https://")

    @property
    def access(self) -> AccessPolicy:
        """policies/access.yml, whatever other files are like: as it stands once it looks the same for half a second.

        Until then, and while it cannot be read, as it stood before. An empty one is one that is being written.
        """
        with self._lock:
            now, moment = traces(self.folder, *_ACCESS), time.monotonic()
            if now == self._read:
                self._new = None
            elif self._new is None or self._new[0] != now:
                self._new = now, moment
            elif moment - self._new[1] >= _SETTLED:
                self._take(now)
            return self._access

    def _take(self, now: Traces) -> None:
        self._read, self._new = now, None
        try:
            if any(size == 0 for *_, size in now):
                raise KinfolkError("It is empty.", hint="To have none, remove it.")
            self._access = load_access(self.folder)
        except KinfolkError as error:
            self.told(f"policies/access.yml changed; what it said before holds until this is mended. {error}")


def served(project: Project, public_url: str | None = None, told: Callable[[str], None] = print) -> Served:
    """The project, to be answered for. Errors: KinfolkError for an address that the world cannot reach it by"""
    return Served(project, open_store(project.state), _origin(public_url) if public_url else None, told)


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = "" if parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f":{parts.port}"
    except ValueError:
        parts, port = urlsplit(""), ""
    name = parts.hostname or ""
    rest = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(name) or rest:
        raise KinfolkError(
            f"`{url}` is not how the world could reach the server.", hint="Write it as https://cdm.example.com."
        )
    host = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{host}{port}"
