"""An event that is corrected is judged anew: it may be of somebody else now, who said something else."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import msgspec

from kinfolk.commands.collect.event import Arrival
from kinfolk.commands.collect.gate import gate_of, ledger_of
from kinfolk.commands.collect.ledger import Ledger
from kinfolk.errors import KinfolkError
from kinfolk.model.project import Project
from kinfolk.model.source import Source

Values = Mapping[str, str | None]  # column -> what a quarantined event holds in it

_DECIDE = frozenset(
    {"type", "event", "userId", "anonymousId", "previousId", "traits", "context", "purposes", "consent"}
)
_JSON = frozenset({"traits", "context"})


class Judges:
    """The gates of a project, for events that are there already. What they ask is read when it is first needed."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._ledger: Ledger | None = None
        self._read = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._ledger:
            self._ledger.close()

    def judged(self, source: Source, values: Values, corrected: Collection[str]) -> dict[str, str | None]:
        """The columns that tell what an event may be used for, where a correction may have changed that.

        Errors  KinfolkError when it may not be used for anything; EngineError if the ledger cannot be read
        """
        if not _DECIDE.intersection(corrected):
            return {}
        if not self._read:
            self._ledger, self._read = ledger_of(self._project), True
        gate = gate_of(source, self._project, self._ledger)
        verdict = gate.judge(_event(values), _arrival(values)) if gate else None
        if verdict is None:
            return {}
        if not verdict.purposes:
            causes = ", ".join(f"{name}: {ruling}" for name, ruling in verdict.rulings.items())
            raise KinfolkError(
                f"So corrected, the event may not be used for anything ({causes}).",
                hint="Correct it otherwise, or leave it where it is until it is removed with its run.",
            )
        return {"purposes": _json(verdict.purposes), "consent": _json(verdict.evidence)}


def _event(values: Values) -> dict[str, Any]:
    """The event as it came, as far as it decides."""
    event: dict[str, Any] = {name: values[name] for name in _DECIDE if values.get(name)}
    for name in _JSON & event.keys():
        try:
            event[name] = json.loads(event[name])
        except ValueError:
            del event[name]
    return event


def _arrival(values: Values) -> Arrival:
    """As if it came now, since what people said until now counts; what the browser asked then is kept in `consent`."""
    try:
        kept = json.loads(values.get("consent") or "{}")
    except ValueError:
        kept = {}
    return Arrival(datetime.now(UTC), gpc=isinstance(kept, dict) and kept.get("gpc") is True)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
