"""How rows of the consent ledger are tied to each other, and to people who can be forgotten."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from kinfolk.model.consent import Saying, Subject

BEGINNING = "0" * 64  # what the first row is chained to


def commitment(salt: str, subject: Subject, proof: str | None) -> str:
    """Binds a row to whom it is about and to the proof, and tells nothing of them once the salt is gone."""
    return _sha256([salt, subject.kind, subject.source, subject.value, proof])


def link(before: str, numbers: tuple[int, int], recorded_at: datetime, said: Saying, committed: str) -> str:
    """The chain's value at a row: it differs if this row, any before it, or their order were another.

    numbers  seq and part_of
    """
    moments = [_moment(recorded_at), _moment(said.effective_at), _moment(said.expires_at)]
    words = [said.purpose, said.choice, said.policy_version, said.channel, said.topic]
    origin = [said.collection_method, said.collected_at, said.recorded_by]
    return _sha256([before, *numbers, *moments, *words, *origin, committed])


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None


def _sha256(values: list[object]) -> str:
    return hashlib.sha256(json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()
