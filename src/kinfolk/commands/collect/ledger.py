"""The ledger of consents as the door knows it: in memory, by whom a row is about, a second behind at most.

What forbids counts for everybody it may be about, what allows for nobody it may not be about: a grant counts by the
user id, by the very pair of ids, or by the e-mail address; a denial also by the device and by the telephone. Whoever
said no takes it back as it was said: a later grant of the same subject ends a denial wherever that one is found. A no
that another browser said for the same user ends where this browser says yes later: anybody may claim to be a user.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from kinfolk.commands.consent.subjects import EMAIL, PHONE, RECORD
from kinfolk.errors import KinfolkError
from kinfolk.model.consent import Choice, ConsentPolicy, Fact, Subject
from kinfolk.model.source import Source
from kinfolk.model.visitor import ids_of, visitor
from kinfolk.policy.consent import Scope
from kinfolk.store.database import exists, open_as_it_is, open_store
from kinfolk.store.read.consent_feed import continues, facts_between
from kinfolk.store.read.consents import Head, head

LOOK = 1.0  # seconds between looks
PATIENCE = 60.0  # seconds after which what could not be looked up again is not relied upon any more

# Whose facts: of a pair of ids, of a user; and only what forbids: of either id, of a device on which nobody was named,
# of an e-mail address that stands beside the person's own.
PAIR, USER, DENIED, UNNAMED, MENTIONED = "pair", "user", "denied", "unnamed", "mentioned"
GONE = ""  # for the source of records of which the project knows no source any more: it may have been of visitors
Key = tuple[str, ...]  # a kind and a value; of visitors, the source too

_MAY_ALLOW = (PAIR, USER, EMAIL)
_NOTHING = Head(0, "", 0)


@dataclass
class _Known:
    """What was read. What lies in here is never changed but put in another's place: a request may be reading it.

    said   subject -> its facts in order
    about  key -> subjects it leads to
    spoke  number of an act (part_of) that was carried to others -> who said it
    kinds  of these subjects
    """

    said: dict[Subject, list[Fact]] = field(default_factory=dict)
    about: dict[Key, dict[Subject, None]] = field(default_factory=dict)
    spoke: dict[int | None, list[Subject]] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Present:
    """Of the subjects an event leads to: those that may allow something, and those that are its very pair of ids."""

    allowing: frozenset[Subject]
    own: tuple[Subject, ...]


class Ledger:
    """The facts to some purposes, found by who sent an event.

    policy    which names purposes, channels and topics had before
    purposes  those that are asked for
    sources   of the project; records of visitors are known by the ids of events
    """

    def __init__(
        self, state: Path, policy: ConsentPolicy, purposes: frozenset[str], sources: Collection[Source]
    ) -> None:
        """Errors: EngineError if the ledger cannot be read"""
        former = (name for name, called in policy.formerly.purposes.items() if called in purposes)
        self._state, self._policy = state, policy
        self._purposes = purposes.union(former)
        self._visitors = frozenset(source.name for source in sources if source.visitors_of)
        self._others = frozenset(source.name for source in sources) - self._visitors
        self._known = _Known()
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

    def knows(self, kind: str) -> bool:
        """Whether anybody said anything by an address, or by a number."""
        return kind in self._known.kinds

    def facts(self, keys: Iterable[Key], at: datetime) -> list[Fact]:
        """What is known of these and counts at that moment, without what allows where it may not."""
        known = self._known
        found: dict[Subject, bool] = {}  # -> whether it may allow
        own: dict[Subject, None] = {}
        for key in keys:
            for subject in known.about.get(key, ()):
                found[subject] = found.get(subject, False) or (key[0] in _MAY_ALLOW and GONE not in key)
                if key[0] == PAIR and GONE not in key:
                    own[subject] = None
        who = _Present(frozenset(subject for subject, may_allow in found.items() if may_allow), tuple(own))
        return [fact for subject in found for fact in self._counting(known, subject, who, at)]

    def _counting(self, known: _Known, subject: Subject, who: _Present, at: datetime) -> Iterator[Fact]:
        """One subject's facts; where one of them counts for less than it says, what is the latest on each scope."""
        said, may_allow = known.said[subject], subject in who.allowing
        elsewhere = bool(who.own) and subject not in who.own and _of_a_browser(subject)
        if not elsewhere and not any(f.carried or (f.choice is Choice.GRANTED and not may_allow) for f in said):
            yield from said
            return
        for name in dict.fromkeys(fact.purpose for fact in said):
            purpose = self._policy.purpose(name)
            for scope in purpose.scopes() if purpose else ():
                about = [fact for fact in said if fact.effective_at <= at and fact.concerns(name, *scope)]
                about = [
                    fact for fact in about if not (fact.carried and _is_answered(known, fact, scope, who.allowing, at))
                ]
                latest = max(about, key=_order, default=None)
                if latest is None or (latest.choice is Choice.GRANTED and not may_allow):
                    continue
                if elsewhere and any(_took_back(known.said[one], latest, scope, at) for one in who.own):
                    continue  # in this very browser they said yes since
                yield replace(latest, channel=scope[0], topic=scope[1])

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
        known, new = _Known() if whole else self._known, _Known()
        since = 0 if whole else self._head.entries
        speaking = list[Subject]()  # of the act that is being read: whom it was carried to stand behind
        act: int | None = None
        wanted = {subject for subjects in known.spoke.values() for subject in subjects}
        for said in facts_between(engine, since, now.entries, self._purposes):
            purpose, channel, topic = self._policy.called_now(said.purpose, said.channel, said.topic)
            fact = replace(said, purpose=purpose, channel=channel, topic=topic)
            if fact.part_of != act:
                act, speaking = fact.part_of, []
            if fact.carried:
                new.spoke[act] = speaking
                wanted.update(speaking)
            else:
                speaking.append(fact.subject)
            self._add(known, new, fact, wanted)
        known.spoke |= new.spoke
        known.kinds |= new.kinds
        known.said |= new.said  # before anything leads there
        known.about |= new.about
        self._known, self._head = known, now

    def _add(self, known: _Known, new: _Known, fact: Fact, wanted: Collection[Subject]) -> None:
        """Adds to what is new, for which what is known of the same is copied once: a request may be reading that.

        wanted  subjects that are of interest whether or not an event leads to them
        """
        keys = list(self._keys(fact.subject))
        if not keys and fact.subject not in wanted:
            return
        new.kinds.add(fact.subject.kind)
        if fact.subject not in new.said:
            new.said[fact.subject] = list(known.said.get(fact.subject, ()))
        new.said[fact.subject].append(fact)
        for key in keys:
            if key not in new.about:
                new.about[key] = dict(known.about.get(key, {}))
            new.about[key][fact.subject] = None

    def _keys(self, subject: Subject) -> Iterator[Key]:
        if subject.kind in (EMAIL, PHONE):
            yield subject.kind, subject.value
        if subject.kind == EMAIL:
            yield MENTIONED, subject.value
        source = self._source_of(subject)
        if source is None:
            return
        user, device = ids_of(subject.value)
        pair = visitor(user, device)
        if pair is not None:
            yield PAIR, source, pair
        if user is not None:
            yield USER, source, user
        yield from ((DENIED, source, one) for one in (user, device) if one is not None)
        if device is not None and user is None:
            yield UNNAMED, source, device

    def _source_of(self, subject: Subject) -> str | None:
        """Of the visitors that a record may be one of; a source that was renamed leaves what was said in force."""
        if subject.kind != RECORD or subject.source is None or subject.source in self._others:
            return None
        if subject.source in self._visitors:
            return subject.source
        return GONE if "/" in subject.value else None


def _of_a_browser(subject: Subject) -> bool:
    """Whether it is a user on a device, which whoever knows the write key may say of anybody."""
    return subject.kind == RECORD and None not in ids_of(subject.value)


def _order(fact: Fact) -> tuple[object, ...]:
    return fact.order


def _is_answered(known: _Known, carried: Fact, scope: Scope, present: Collection[Subject], at: datetime) -> bool:
    """Whether those who said what was carried speak for themselves, being present, or have all taken it back."""
    spoke = known.spoke.get(carried.part_of, [])
    return bool(spoke) and (
        any(one in present for one in spoke)
        or all(_took_back(known.said.get(one, []), carried, scope, at) for one in spoke)
    )


def _took_back(said: Iterable[Fact], denial: Fact, scope: Scope, at: datetime) -> bool:
    about = (fact for fact in said if fact.effective_at <= at and fact.concerns(denial.purpose, *scope))
    latest = max(about, key=_order, default=None)
    return latest is not None and latest.choice is Choice.GRANTED and latest.order > denial.order
