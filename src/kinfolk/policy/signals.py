"""What an event itself says of consent: the words of a consent banner, an IAB TCF string, and the browser's wish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kinfolk.model.consent import Basis, ConsentPolicy
from kinfolk.policy.consent import ends
from kinfolk.policy.tcf import TcString, tc_string

GPC = "Sec-GPC"
UNREADABLE = "a TC string that cannot be read"


@dataclass(frozen=True)
class Word:
    """A yes or a no to a purpose. by: what says so, in words of the policy and never in those of an event"""

    yes: bool
    by: str


class SignalReader:
    """Reads what events say, in the words that the policy gives a meaning to. Of two words, the no counts."""

    def __init__(self, policy: ConsentPolicy) -> None:
        self._purposes = {purpose.name: purpose for purpose in policy.purposes}
        self._categories = {name: (name,) for name in self._purposes} | dict(policy.signals.categories)
        self._numbers: dict[str, list[int]] = {}
        for number, meant in policy.signals.tcf_purposes.items():
            for name in meant:
                self._numbers.setdefault(name, []).append(number)
        self._vendor = policy.signals.tcf_vendor
        self._gpc = tuple((purpose.name, Word(False, GPC)) for purpose in policy.purposes if purpose.gpc)

    def words(self, context: Any, gpc: bool, at: datetime) -> dict[str, Word]:
        """Purpose -> what is said of it at that moment. context: of the event; gpc: whether the browser sent Sec-GPC"""
        found: dict[str, Word] = {}
        for purpose, word in self._said(context, at) if isinstance(context, dict) else ():
            if found.setdefault(purpose, word).yes:
                found[purpose] = word
        return found | dict(self._gpc) if gpc else found

    def _said(self, context: Mapping[str, Any], at: datetime) -> Iterator[tuple[str, Word]]:
        consent = context.get("consent")
        if isinstance(consent, dict):
            yield from self._of_categories(_preferences(consent))
        managed = context.get("consentManagement")
        for entry in managed if isinstance(managed, list) else [managed]:
            if isinstance(entry, dict):
                either = entry.get("resolutionStrategy") == "or"
                yield from self._of_categories(_listed(entry), either=either)
        if self._numbers and (text := _tc_text(context, consent)) is not None:
            yield from self._of_tcf(tc_string(text) if isinstance(text, str) else None, at)

    def _of_categories(self, said: Mapping[str, bool], *, either: bool = False) -> Iterator[tuple[str, Word]]:
        """Of a purpose that several categories mean, each has to be agreed to, or, with `either`, one of them."""
        found: dict[str, Word] = {}
        for category, yes in said.items():
            for purpose in self._categories.get(category, ()):
                if purpose not in found or yes is either:
                    found[purpose] = Word(yes, f"category {category}")
        yield from found.items()

    def _of_tcf(self, told: TcString | None, at: datetime) -> Iterator[tuple[str, Word]]:
        for name, numbers in self._numbers.items():
            if told is None:
                yield name, Word(False, UNREADABLE)
                continue
            purpose = self._purposes[name]
            ask = told.unobjected if purpose.basis is Basis.LEGITIMATE_INTEREST else told.consented
            refused = [number for number in numbers if not ask(number, self._vendor)]
            end = ends(told.updated, purpose.months)
            if refused or end is None or end > at:  # a yes that is too old says nothing
                yield name, Word(not refused, f"TCF purpose {(refused or numbers)[0]}")


def _preferences(consent: Mapping[str, Any]) -> dict[str, bool]:
    """Categories as Segment has them: name -> whether it was agreed to; one that is null was not asked."""
    found = consent.get("categoryPreferences")
    return (
        {name: value is True for name, value in found.items() if value is not None} if isinstance(found, dict) else {}
    )


def _listed(managed: Mapping[str, Any]) -> dict[str, bool]:
    """Categories as RudderStack has them: two lists; what is in both is denied."""
    allowed, denied = (_names(managed.get(f"{what}ConsentIds")) for what in ("allowed", "denied"))
    return dict.fromkeys(allowed, True) | dict.fromkeys(denied, False)


def _names(value: Any) -> Iterable[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, (list, dict)) else ()


def _tc_text(context: Mapping[str, Any], consent: Any) -> Any:
    """The TC string, where pages put what `__tcfapi` of their banner gives them: as it is, or its whole answer."""
    consent = consent if isinstance(consent, dict) else {}
    tcf = consent.get("tcf")
    places = (context.get("tcString"), consent.get("tcString"), tcf.get("tcString") if isinstance(tcf, dict) else tcf)
    return next((found for found in places if found is not None), None)
