"""The gate of one source: may this event be taken in, and for what? Asked of each before anything of it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from kinfolk.commands.collect.event import Arrival, RefusedError, identifier, kind_of
from kinfolk.commands.collect.ledger import DENIED, GONE, MENTIONED, PAIR, UNNAMED, USER, Key, Ledger
from kinfolk.commands.collect.logs import taking_in
from kinfolk.commands.consent.subjects import EMAIL, PHONE, standard
from kinfolk.expressions.phone_plan import world
from kinfolk.expressions.text import USUAL_DOMAIN
from kinfolk.model.consent import ConsentPolicy, Purpose
from kinfolk.model.project import Project
from kinfolk.model.source import Source
from kinfolk.model.visitor import traits_of, visitor
from kinfolk.policy.admission import Verdict, verdict
from kinfolk.policy.signals import SignalReader

# What most addresses and numbers look like, of which it can be told without asking a database how staging has them.
_PLAIN_ADDRESS = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@" + USUAL_DOMAIN)
_PLAIN_NUMBER = re.compile(r"\+[0-9 /-]*(?:\([0-9]{2,}\))?[0-9 /-]+")
_SEPARATORS = re.compile(r"[ ()/-]")
_LONGEST = 254  # no address is longer, and no number
_REMEMBERED = 50_000  # odd addresses and numbers of one source, twice

Odd = tuple[str, str, str | None]  # kind, text, and the country it may be dialled in


class Gate:
    """Knows what events of a source are for. anonymises: whether what is closed is kept without the person"""

    def __init__(self, source: Source, policy: ConsentPolicy, ledger: Ledger, visitors: Sequence[Source]) -> None:
        """visitors: the sources made of those who send these events"""
        known = {purpose.name: purpose for purpose in policy.purposes}
        self._default = tuple(known[name] for name in source.options.get("purposes", ()))
        named: Mapping[str, Sequence[str]] = source.options.get("events", {})
        self._of_events = {event: tuple(known[name] for name in names) for event, names in named.items()}
        self._signals, self._ledger = SignalReader(policy), ledger
        self._visitors = tuple(one.name for one in visitors)
        self._countries = {one.conventions.country for one in visitors or (source,)}
        self.anonymises = source.options.get("without_consent") == "anonymise"
        self.keep = tuple(source.options.get("keep", ()))
        self._read: dict[Odd, str | None] = {}
        self._read_before: dict[Odd, str | None] = {}  # what was read before that, until there is too much of it, too

    @property
    def open(self) -> bool:
        """Whether it can be known what holds."""
        return self._ledger.fresh

    def unread(self, events: Iterable[Any]) -> set[Odd]:
        """What only a database can read of the addresses and numbers in these events, and has not yet."""
        odd = set[Odd]()
        for event in events:
            for traits in _traits(event) if isinstance(event, dict) else ():
                for kind in (EMAIL, PHONE):
                    if self._ledger.knows(kind) and (text := _odd(kind, traits.get(kind))):
                        odd |= {(kind, text, country) for country in self._countries}
        return {one for one in odd if not self._knows(one)}

    def _knows(self, odd: Odd) -> bool:
        """Whether it was read; then it is known at least until as many others have been."""
        if odd not in self._read and odd in self._read_before:
            self._read[odd] = self._read_before[odd]
        return odd in self._read

    def read(self, odd: Iterable[Odd]) -> None:
        """Reads them, all at once: a tenth of a second, which no other request is to wait for."""
        if len(self._read) > _REMEMBERED:
            self._read_before = self._read
            self._read = {}
        texts = dict[tuple[str, str | None], set[str]]()
        for kind, text, country in odd:
            texts.setdefault((kind, country), set()).add(text)
        for (kind, country), several in texts.items():
            found = standard(kind, several, country)
            self._read.update({(kind, text, country): value for text, value in found.items()})

    def judge(self, event: Mapping[str, Any], arrival: Arrival) -> Verdict | None:
        """The verdict; None for an event of which nobody wrote what it is for."""
        purposes = self._purposes(event, kind_of(event, arrival))
        if not purposes:
            return None
        words = self._signals.words(event.get("context"), arrival.gpc, arrival.received_at)
        facts = self._ledger.facts(self._keys(event, arrival), arrival.received_at)
        return replace(verdict(purposes, words, facts, arrival.received_at), gpc=arrival.gpc)

    def _purposes(self, event: Mapping[str, Any], kind: Any) -> tuple[Purpose, ...]:
        name = event.get("event") if kind == "track" else kind
        found = self._of_events.get(name) if isinstance(name, str) else None
        return self._default if found is None else found

    def _keys(self, event: Mapping[str, Any], arrival: Arrival) -> Iterator[Key]:
        user, device, previous = (_identifier(event, name) for name in ("userId", "anonymousId", "previousId"))
        for source in (*self._visitors, GONE):
            if (pair := visitor(user, device)) is not None:
                yield PAIR, source, pair
            if user is not None:
                yield USER, source, user
            if device is not None:  # it may have been anybody who uses it, unless we are told who it is
                yield DENIED if user is None else UNNAMED, source, device
            if previous is not None:
                yield DENIED, source, previous
        yield from self._addressed(event, kind_of(event, arrival))

    def _addressed(self, event: Mapping[str, Any], kind: Any) -> Iterator[Key]:
        """By the traits of the person; by others that the event holds beside them, what forbids is found."""
        own, carried = _traits(event)
        names = traits_of(kind, own, carried)
        for traits in (own, carried) if kind == "identify" else (carried,):
            for column, by in ((EMAIL, EMAIL if traits is names else MENTIONED), (PHONE, PHONE)):
                if self._ledger.knows(column):
                    yield from ((by, value) for value in self._values(column, traits.get(column)))

    def _values(self, kind: str, written: Any) -> set[str]:
        """An address or number as staging has it, in each of the countries that it may be dialled in."""
        plain = _plain(kind, written)
        if plain is not None:
            return {plain}
        if not (text := _odd(kind, written)):
            return set()
        asked = [(kind, text, country) for country in self._countries]
        if unread := [one for one in asked if not self._knows(one)]:  # forgotten since they were read
            self.read(unread)
        return {value for one in asked if (value := self._read.get(one) or self._read_before.get(one))}


def ledger_of(project: Project) -> Ledger | None:
    """The ledger, where there is something to ask it; to be closed. Errors: EngineError if it cannot be read"""
    purposes = frozenset[str]().union(*map(_asked_for, taking_in(project)))
    if project.consent is None or not purposes:
        return None
    return Ledger(project.state, project.consent, purposes, project.sources)


def gate_of(source: Source, project: Project, ledger: Ledger | None) -> Gate | None:
    """The gate of a source; None where nobody wrote what its events are for."""
    if project.consent is None or ledger is None or not _asked_for(source):
        return None
    visitors = [s for s in project.sources if s.visitors_of == source.name]
    return Gate(source, project.consent, ledger, visitors)


def _asked_for(source: Source) -> frozenset[str]:
    """Everything that events of a source are taken in for."""
    named: Mapping[str, Sequence[str]] = source.options.get("events", {})
    return frozenset(source.options.get("purposes", ())).union(*named.values())


def _traits(event: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The event's own traits, and those of its context."""
    context, own = event.get("context"), event.get("traits")
    carried = context.get("traits") if isinstance(context, dict) else None
    return own if isinstance(own, dict) else {}, carried if isinstance(carried, dict) else {}


def _text(written: Any) -> str:
    text = str(written) if isinstance(written, int) else written
    return text.strip() if isinstance(text, str) else ""


def _plain(kind: str, written: Any) -> str | None:
    """As staging has it, where that can be told without a database."""
    text = _text(written)
    return _plain_address(text) if kind == EMAIL else _plain_number(text)


def _odd(kind: str, written: Any) -> str:
    """The text, where a database has to read it."""
    text = _text(written)
    return text if text and len(text) <= _LONGEST and _plain(kind, text) is None else ""


def _plain_address(text: str) -> str | None:
    bare = text.strip(" ").lower()
    plain = text.isascii() and len(bare) <= _LONGEST and _PLAIN_ADDRESS.fullmatch(bare)
    return bare if plain else None


def _plain_number(text: str) -> str | None:
    bare = _SEPARATORS.sub("", text)
    return bare if _PLAIN_NUMBER.fullmatch(text) and _numbers().fullmatch(bare) else None


@lru_cache(maxsize=1)
def _numbers() -> re.Pattern[str]:
    return re.compile(world().number)


def _identifier(event: Mapping[str, Any], name: str) -> str | None:
    try:
        return identifier(event, name)
    except RefusedError:
        return None
