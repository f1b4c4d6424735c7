"""Which address means what."""

from __future__ import annotations

from dataclasses import dataclass

_TYPES = {
    **{name: name for name in ("track", "identify", "page", "screen", "group", "alias")},
    **{"t": "track", "i": "identify", "p": "page", "s": "screen", "g": "group", "a": "alias"},
}
_BATCHES = ("batch", "b", "import")
_PREFIXES = ("/v1/", "/api/s/s2s/", "/api/s/")


@dataclass(frozen=True)
class Intake:
    """An address that takes in events. type: of its one event; None for a batch"""

    type: str | None
    historical: bool = False


def intake(path: str) -> Intake | None:
    """What an address takes in; None if nothing."""
    prefix = next((prefix for prefix in _PREFIXES if path.startswith(prefix)), None)
    if prefix is None:
        return None
    name = path[len(prefix) :]
    if name in _BATCHES:
        return Intake(None, historical=name == "import")
    return Intake(_TYPES[name]) if name in _TYPES else None


def settings_key(path: str) -> str | None:
    """The write key whose settings a browser asks for."""
    parts = path.split("/")
    return parts[3] if len(parts) == 5 and parts[:3] == ["", "v1", "projects"] and parts[4] == "settings" else None
