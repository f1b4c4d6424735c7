"""How rows of the consent ledger are tied to each other, and to people who can be forgotten."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from kinfolk.model.consent import Erasure, Saying

BEGINNING = "0" * 64  # what the first row is chained to


def commitment(salt: str, said: Saying) -> str:
    """Binds a row to whom it is about, how it was collected and the proof; without the salt, to nothing readable."""
    subject = said.subject
    collected = [said.collection_method, said.collected_at, said.recorded_by]
    return _sha256([salt, subject.kind, subject.source, subject.value, said.proof, *collected])


def link(before: str, numbers: tuple[int, int], recorded_at: datetime, said: Saying, committed: str) -> str:
    """The chain's value at a row: it differs if this row, any before it, or their order were another.

    numbers  seq and part_of
    """
    moments = [_moment(moment) for moment in (recorded_at, said.effective_at, said.ranks_at, said.expires_at)]
    words = [said.purpose, said.choice, said.policy_version, said.notice, said.channel, said.topic]
    return _sha256([before, *numbers, said.carried, *moments, *words, committed])


def erasure_link(before: str, erasure: Erasure) -> str:
    """The chain's value at an erasure."""
    words = [erasure.erased_by, erasure.reason]
    return _sha256([before, "erasure", erasure.seq, _moment(erasure.erased_at), list(erasure.rows), *words])


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None


def _sha256(values: list[object]) -> str:
    return hashlib.sha256(json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()
