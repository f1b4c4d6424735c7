"""The gate of one source: may this event be taken in, and for what? Asked of each before anything of it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kinfolk.commands.collect.event import Arrival, RefusedError, identifier, kind_of
from kinfolk.commands.collect.ledger import DENIED, PAIR, UNNAMED, USER, Key, Ledger
from kinfolk.commands.consent import subjects
from kinfolk.connectors.collect.visitors import traits_of, visitor
from kinfolk.errors import KinfolkError
from kinfolk.model.consent import ConsentPolicy, Purpose
from kinfolk.model.source import Source
from kinfolk.policy.admission import Verdict, verdict
from kinfolk.policy.signals import SignalReader

_ADDRESSES = ((subjects.EMAIL, subjects.email), (subjects.PHONE, subjects.phone))


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
        return verdict(purposes, words, self._ledger.facts(self._keys(event, arrival)), arrival.received_at)

    def _purposes(self, event: Mapping[str, Any], kind: Any) -> tuple[Purpose, ...]:
        name = event.get("event") if kind == "track" else kind
        found = self._of_events.get(name) if isinstance(name, str) else None
        return self._default if found is None else found

    def _keys(self, event: Mapping[str, Any], arrival: Arrival) -> Iterator[Key]:
        user, device, previous = (_identifier(event, name) for name in ("userId", "anonymousId", "previousId"))
        for source in self._visitors:
            if (pair := visitor(user, device)) is not None:
                yield PAIR, source, pair
            if user is not None:
                yield USER, source, user
            if device is not None:  # it may have been anybody who uses it, unless we are told who it is
                yield DENIED if user is None else UNNAMED, source, device
            if previous is not None:
                yield DENIED, source, previous
        traits = traits_of(event, kind_of(event, arrival))
        for kind, read in _ADDRESSES:
            value = traits.get(kind)
            if isinstance(value, str) and value:
                try:
                    yield kind, read(value).value
                except KinfolkError:
                    continue  # no address, so that nobody spoke by it


def _identifier(event: Mapping[str, Any], name: str) -> str | None:
    try:
        return identifier(event, name)
    except RefusedError:
        return None
