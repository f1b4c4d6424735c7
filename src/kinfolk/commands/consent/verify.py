"""`kinfolk consent verify`: whether the ledger is what was written."""

from __future__ import annotations

from pathlib import Path

from kinfolk.commands.open_project import open_project
from kinfolk.model.consent import Verified
from kinfolk.store.database import open_store
from kinfolk.store.read import consents


def verify(folder: Path, environment: str | None = None) -> Verified:
    """Every row beside its chain and its commitment; rows that name nobody any more are counted, and in order."""
    return consents.verify(open_store(open_project(folder, environment).state))
