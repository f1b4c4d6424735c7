"""The gate of one source: may this event be taken in, and for what? Asked of each before anything of it is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kinfolk.commands.collect.event import Arrival, RefusedError, identifier, kind_of
from kinfolk.commands.collect.ledger import DENIED, GONE, PAIR, UNNAMED, USER, Key, Ledger
from kinfolk.commands.consent.subjects import EMAIL, PHONE
from kinfolk.model.consent import ConsentPolicy, Purpose
from kinfolk.model.source import Source
from kinfolk.model.visitor import traits_of, visitor
from kinfolk.policy.admission import Verdict, verdict
from kinfolk.policy.signals import SignalReader

_SEPARATORS = re.compile(r"[\s()./-]")


class Gate:
    """Knows what events of a source are for. anonymises: whether what is closed is kept without the person"""

    def __init__(self, source: Source, policy: ConsentPolicy, ledger: Ledger, visitors: Sequence[str]) -> None:
        """visitors: the sources made of those who send these events"""
        known = {purpose.name: purpose for purpose in policy.purposes}
        self._default = tuple(known[name] for name in source.options.get("purposes", ()))
        named: Mapping[str, Sequence[str]] = source.options.get("events", {})
        self._of_events = {event: tuple(known[name] for name in names) for event, names in named.items()}
        self._signals, self._ledger, self._visitors = SignalReader(policy), ledger, visitors
        self.anonymises = source.options.get("without_consent") == "anonymise"
        self.keep = tuple(source.options.get("keep", ()))

    @property
    def open(self) -> bool:
        """Whether it can be known what holds."""
        return self._ledger.fresh

    def judge(self, event: Mapping[str, Any], arrival: Arrival) -> Verdict | None:
        """The verdict; None for an event of which nobody wrote what it is for."""
        purposes = self._purposes(event, kind_of(event, arrival))
        if not purposes:
            return None
        words = self._signals.words(event.get("context"), arrival.gpc, arrival.received_at)
        facts = self._ledger.facts(self._keys(event, arrival), arrival.received_at)
        return verdict(purposes, words, facts, arrival.received_at)

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
        context = event.get("context")
        carried = context.get("traits") if isinstance(context, dict) else None
        traits = traits_of(kind_of(event, arrival), event.get("traits"), carried)
        for kind, read in ((EMAIL, _address), (PHONE, _number)):
            value = traits.get(kind)
            if isinstance(value, str) and value:
                yield kind, read(value)


def _address(text: str) -> str:
    """As staging has it, but made without asking a database, since events pass here by the thousand."""
    return unicodedata.normalize("NFC", text.strip().lower())


def _number(text: str) -> str:
    """A number in full, with its country's code, as staging has it; of others nobody could say whose they are."""
    return _SEPARATORS.sub("", text)


def _identifier(event: Mapping[str, Any], name: str) -> str | None:
    try:
        return identifier(event, name)
    except RefusedError:
        return None
