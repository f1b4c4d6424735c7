"""What `kinfolk doctor` finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    BROKEN = "broken"  # something published cannot be read, or contradicts itself
    UNTIDY = "untidy"  # nothing is wrong with what is published


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    hint     what to do about it
    mend     the name of what `--mend` does about it without losing anything; None where it cannot
    mended   whether that was done
    """

    what: str
    where: str
    severity: Severity
    hint: str
    mend: str | None = None
    mended: bool = False
