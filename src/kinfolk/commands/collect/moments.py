"""Moments as programs write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def moment(value: Any) -> datetime | None:
    """A moment in ISO 8601, in UTC where it names no zone; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def text_of(at: datetime) -> str:
    """A moment in ISO 8601 with milliseconds, as programs write it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
