"""Who agreed to a contract."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Party(StrEnum):
    """The two sides of a contract."""

    PRODUCER = "producer"
    CONSUMER = "consumer"


@dataclass(frozen=True)
class Signature:
    """One side's agreement to one version. digest: sha256 of what the contract promised then; at: a date, ISO 8601."""

    source: str
    version: str
    digest: str
    party: Party
    by: str
    at: str
