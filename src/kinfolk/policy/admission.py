"""Whether an event may be taken in: for which of its purposes, and what decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kinfolk.model.consent import UNASKED, Basis, Choice, Fact, Purpose, Standing
from kinfolk.policy.consent import standing
from kinfolk.policy.signals import Word

LEDGER, NO_CONSENT = "ledger", "no consent"

# Bases on which somebody has a say (GDPR, articles 7(3) and 21(1)): an event's no closes these, and no others.
_HAVE_A_SAY = (Basis.CONSENT, Basis.LEGITIMATE_INTEREST, Basis.PUBLIC_INTEREST)
_NOTHING_SAID = (UNASKED, Choice.EXPIRED)


@dataclass(frozen=True)
class Ruling:
    """Whether data may be taken in for one purpose. by: what decided; row: of the ledger, where that did"""

    admitted: bool
    by: str
    row: int | None = None

    def __str__(self) -> str:
        return self.by if self.row is None else f"{self.by} row {self.row}"


@dataclass(frozen=True)
class Verdict:
    """The ruling on each purpose of an event. gpc: whether its browser sent Sec-GPC, whatever decided"""

    rulings: Mapping[str, Ruling] = field(default_factory=dict)
    gpc: bool = False

    @property
    def purposes(self) -> list[str]:
        """What it may be used for. An event without any stays outside."""
        return [name for name, ruling in self.rulings.items() if ruling.admitted]

    @property
    def evidence(self) -> dict[str, dict[str, str] | bool]:
        """What decided, of purposes that are allowed and of those that are closed; and what the browser asked."""
        allowed = {name: str(ruling) for name, ruling in self.rulings.items() if ruling.admitted}
        closed = {name: str(ruling) for name, ruling in self.rulings.items() if not ruling.admitted}
        told: dict[str, dict[str, str] | bool] = {"allowed": allowed, "closed": closed, "gpc": self.gpc}
        return {name: value for name, value in told.items() if value}


def verdict(purposes: Iterable[Purpose], words: Mapping[str, Word], facts: Sequence[Fact], at: datetime) -> Verdict:
    """Of an event. words: what it says itself; facts: what the ledger holds of those who may have sent it"""
    return Verdict({purpose.name: _ruling(purpose, words.get(purpose.name), facts, at) for purpose in purposes})


def _ruling(purpose: Purpose, word: Word | None, facts: Sequence[Fact], at: datetime) -> Ruling:
    """A no of the ledger closes, then a no of the event; then a yes of either opens; then the basis decides."""
    holds = _most_open(purpose, facts, at) if facts else Standing(UNASKED, purpose.default)
    row = holds.fact.seq if holds.fact else None
    if holds.state not in (Choice.GRANTED, *_NOTHING_SAID):
        return Ruling(False, LEDGER, row)
    if word is not None and not word.yes and purpose.basis in _HAVE_A_SAY:
        return Ruling(False, word.by)
    if holds.state == Choice.GRANTED:
        return Ruling(True, LEDGER, row)
    if word is not None and word.yes:
        return Ruling(True, word.by)
    return Ruling(True, str(purpose.basis)) if purpose.default else Ruling(False, NO_CONSENT)


def _most_open(purpose: Purpose, facts: Sequence[Fact], at: datetime) -> Standing:
    """What holds for the channel and topic that are the least closed: as long as one is open, data has a use."""
    every = [standing(purpose, scope, facts, at) for scope in purpose.scopes()]
    return max(every, key=lambda one: 2 if one.state == Choice.GRANTED else int(one.state in _NOTHING_SAID))
