"""What a backup says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. run_id, published_at: of its last state; files: name -> sha256."""

    project: str
    made_at: str
    run_id: int
    published_at: str
    files: Mapping[str, str]
    format: int = FORMAT
