"""One difference between what is deployed and what the project's files say now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kinfolk.model.place import Place


class Kind(StrEnum):
    """What happened to a definition."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Change:
    """One changed definition.

    what      the setting in words, such as `source shop: record_id`
    breaking  it may change customer ids, take away tables or columns that others read, or lose data
    why       what the change leads to
    before, after   the setting as it was and as it is; None where there is none
    public    whether before and after may be shown to everybody: they hold names of columns and numbers, nothing else
    """

    kind: Kind
    what: str
    place: Place
    breaking: bool
    why: str
    before: str | None = None
    after: str | None = None
    public: bool = False
