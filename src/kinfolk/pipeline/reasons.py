"""Why each step of a run is done: what it reads has changed, or what the project says about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kinfolk.engine.step import Compute, Exchange, Step
from kinfolk.model.change import Change

# The folder of tables a step writes -> the settings that decide what it writes, as `Change.what` begins.
_SETTINGS: dict[str, tuple[str, ...]] = {
    "staging": ("source ", "time zone"),
    "identity": ("identity:",),
    "survivors": ("survivorship:", "core_fields"),
    "profiles": ("survivorship:", "core_fields"),
    "consents": ("consent:",),
    "consent": ("consent:",),
}
_SHOWN = 3


def reasons(
    steps: Sequence[Step], changes: Sequence[Change], unchanged: Iterable[str], news: Iterable[str] = ()
) -> list[str]:
    """One sentence for each step.

    unchanged  published tables that turned out as they were: what reads them alone has nothing new to read
    news       tables that something was written into since the last run, such as decisions
    """
    same = frozenset(unchanged)
    fresh = set(news)
    found = []
    for step in steps:
        why = _why(step, changes, fresh)
        found.append(why or "made anew at every run")
        if why:
            fresh.update(set(writes(step)) - same)
    return found


def writes(step: Step) -> tuple[str, ...]:
    """The tables a step writes."""
    return tuple(step.writes) if isinstance(step, Compute) else (step.writes,)


def _why(step: Step, changes: Sequence[Change], fresh: set[str]) -> str | None:
    if isinstance(step, Exchange):
        return f"{step.part} arrived"
    reads = [name for name in step.reads if name in fresh]
    said = [c.what for c in changes if f"{c.what}:".startswith(tuple(_settings(step)))]
    causes = []
    if said:
        causes.append(f"the project changed ({listed(said)})")
    if reads:
        causes.append(f"it reads {listed(reads)}")
    if not causes and _takes_in(step):
        return "it writes down what arrived"
    return "; ".join(causes) or None


def _settings(step: Step) -> tuple[str, ...]:
    schema, _, name = writes(step)[0].partition(".")
    return (f"model {name}:",) if schema == "models" else _SETTINGS.get(schema, ())


def _takes_in(step: Step) -> bool:
    return writes(step)[0].partition(".")[0] in ("landing", "superseded", "rejected", "quarantine")


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
