"""`kinfolk consent verify`: whether the ledger is what was written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine

from kinfolk.commands.open_project import open_project
from kinfolk.errors import KinfolkError
from kinfolk.model.consent import Verified
from kinfolk.pipeline.ledger import open_ledger
from kinfolk.store.read import verification

_LINK = 12  # characters of a link that are enough
_DIGITS = 18  # of the number of a row


def verify(folder: Path, environment: str | None = None, links: Sequence[str] = ()) -> Verified:
    """Every row beside its chain and its commitment; rows that name nobody any more are counted, and in order.

    links   SEQ:LINK, as an earlier `verify` printed them and somebody kept them: each row must still have its link
    Errors  KinfolkError says how a link is written
    """
    return verify_in(open_ledger(open_project(folder, environment)), links)


def verify_in(ledger: Engine, links: Sequence[str] = ()) -> Verified:
    """The same of a ledger that is open."""
    return verification.verify(ledger, dict(map(_kept, links)))


def _kept(text: str) -> tuple[int, str]:
    seq, _, link = text.strip().lower().partition(":")
    if not seq.isdecimal() or len(seq) > _DIGITS or len(link) < _LINK or set(link) - set("0123456789abcdef"):
        hint = "Write the row and its link as `verify` prints them, as 17:9f86d081884c."
        raise KinfolkError(f"{text!r} is no link of a row.", hint=hint)
    return int(seq), link
