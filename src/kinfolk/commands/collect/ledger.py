"""The ledger of consents as the door knows it: in memory, by whom a row is about, a second behind at most.

What forbids counts for everybody it may be about, what allows for nobody it may not be about: a grant counts by the
user id, by the very pair of ids, or by the e-mail address; a denial also by the device and by the telephone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from kinfolk.commands.consent.subjects import EMAIL, PHONE, RECORD
from kinfolk.errors import KinfolkError
from kinfolk.model.consent import Choice, ConsentPolicy, Fact
from kinfolk.model.visitor import ids_of, visitor
from kinfolk.store.database import exists, open_as_it_is, open_store
from kinfolk.store.read.consent_feed import continues, facts_between
from kinfolk.store.read.consents import Head, head

LOOK = 1.0  # seconds between looks
PATIENCE = 60.0  # seconds after which what could not be looked up again is not relied upon any more

# Whose facts: of a pair of ids, of a user; and only what forbids: of either id, of a device on which nobody was named.
PAIR, USER, DENIED, UNNAMED = "pair", "user", "denied", "unnamed"
Key = tuple[str, ...]  # a kind and a value; of visitors, the source too

_NOTHING = Head(0, "", 0)


class Ledger:
    """The facts to some purposes, found by who sent an event.

    policy    which names purposes, channels and topics had before
    purposes  those that are asked for
    visitors  sources of visitors, whose records are known by the ids of events
    """

    def __init__(self, state: Path, policy: ConsentPolicy, purposes: frozenset[str], visitors: frozenset[str]) -> None:
        """Errors: EngineError if the ledger cannot be read"""
        former = (name for name, called in policy.formerly.purposes.items() if called in purposes)
        self._state, self._policy, self._visitors = state, policy, visitors
        self._purposes = purposes.union(former)
        self._facts: dict[Key, list[Fact]] = {}
        self._head = _NOTHING
        self._looked = time.monotonic()
        self._closing = Event()
        if exists(state):
            open_store(state).dispose()  # it may be of an earlier version; from here on, others see to that
        self._look()
        self._thread = Thread(target=self._keep_looking, name="ledger", daemon=True)
        self._thread.start()

    @property
    def fresh(self) -> bool:
        """Whether what is known is what holds; False after a minute in which the ledger could not be read."""
        return time.monotonic() - self._looked < PATIENCE

    def facts(self, keys: Iterable[Key]) -> list[Fact]:
        """What is known of these. What was carried to an address counts only where nobody who said it is known."""
        found = [fact for key in keys if key in self._facts for fact in self._facts[key]]
        spoke = {fact.part_of for fact in found if not fact.carried}
        return [fact for fact in found if not fact.carried or fact.part_of not in spoke]

    def close(self) -> None:
        """Ends the looking."""
        self._closing.set()
        self._thread.join()

    def _keep_looking(self) -> None:
        while not self._closing.wait(LOOK):
            try:
                self._look()
            except (KinfolkError, DatabaseError, OSError):
                continue  # it may be busy, or on its way back; `fresh` tells when that takes too long

    def _look(self) -> None:
        if not exists(self._state):
            if not self._head.entries:  # nobody has said anything yet; else it is on its way back from somewhere
                self._looked = time.monotonic()
            return
        engine = open_as_it_is(self._state)
        if engine is None:
            return
        try:
            now = head(engine)
            if now != self._head:
                self._read(engine, now)
            self._looked = time.monotonic()
        finally:
            engine.dispose()

    def _read(self, engine: Engine, now: Head) -> None:
        """What was added; or all of it, where somebody was forgotten or another ledger is in its place."""
        whole = not continues(engine, self._head, now)
        known = {} if whole else self._facts
        since = 0 if whole else self._head.entries
        for said in facts_between(engine, since, now.entries, self._purposes):
            purpose, channel, topic = self._policy.called_now(said.purpose, said.channel, said.topic)
            fact = replace(said, purpose=purpose, channel=channel, topic=topic)
            for key in self._keys(fact):
                known[key] = [*known.get(key, ()), fact]  # a list that is being read is never changed
        self._facts, self._head = known, now

    def _keys(self, fact: Fact) -> Iterator[Key]:
        kind, value, source = fact.subject.kind, fact.subject.value, fact.subject.source
        grants = fact.choice is Choice.GRANTED
        if kind == EMAIL or (kind == PHONE and not grants):
            yield kind, value
        if kind != RECORD or source not in self._visitors:
            return
        user, device = ids_of(value)
        pair = visitor(user, device)
        if pair is not None:
            yield PAIR, source, pair
        if user is not None:
            yield USER, source, user
        if not grants:
            yield from ((DENIED, source, one) for one in (user, device) if one is not None)
            if device is not None and user is None:
                yield UNNAMED, source, device
