"""What is asked of every event, with a tracking plan or without: rules like those of a contract."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlglot import exp

from kinfolk.engine.sql import sql
from kinfolk.model.contract import OnViolation
from kinfolk.model.tracking import CALLS, TrackingPlan
from kinfolk.stages.contracts.rules import Rule
from kinfolk.stages.contracts.schemas import named, off_plan

_UNITS = (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


def event_rules(source: str, plan: TrackingPlan, first: int) -> tuple[Rule, ...]:
    """The rules of a plan, numbered from `first`. Nobody can be found who is not named, so that lands in no case."""
    found = [*_of_every_event(plan), *_of_planned_events(plan)]
    rules = [
        Rule(number, name, says, plan.place, on_violation, broken=broken)
        for number, (name, says, on_violation, broken) in enumerate(found, start=first)
    ]
    if plan.events or plan.calls:
        number = first + len(rules)
        rules.append(Rule(number, "schema", "", plan.place, plan.violations, told_in=off_plan(source)))
    return tuple(rules)


_Asked = tuple[str, str, OnViolation, exp.Expression]


def _of_every_event(plan: TrackingPlan) -> Iterator[_Asked]:
    nobody = sql("userId is null and anonymousId is null and $named", named=named())
    yield "id", "has neither userId nor anonymousId", OnViolation.QUARANTINE, nobody
    strange = sql("coalesce(type, '') not in ($calls)", calls=list(CALLS))
    yield "type", "is of no type of event that is known", OnViolation.QUARANTINE, strange
    if plan.timestamp:
        silent = sql("try_cast(originalTimestamp as timestamptz) is null and $named", named=named())
        yield "timestamp", "does not say when it happened", plan.violations, silent
    ahead = sql("$after > $most", after=_seconds("receivedAt", "timestamp"), most=plan.future.total_seconds())
    says = f"happened more than {_span(plan.future)} after it was received"
    yield "clock.future", says, plan.violations, ahead
    if plan.past is not None:
        behind = sql("$before > $most", before=_seconds("timestamp", "receivedAt"), most=plan.past.total_seconds())
        says = f"happened more than {_span(plan.past)} before it was received"
        yield "clock.past", says, plan.violations, behind


def _of_planned_events(plan: TrackingPlan) -> Iterator[_Asked]:
    if plan.unplanned is not None:
        names = [event.name for event in plan.events]
        unknown = sql("type = 'track' and (event is null or event not in ($names))", names=["", *names])
        yield "unplanned", f"is not in the plan {plan.name}", plan.unplanned, unknown
    gone = [event.name for event in plan.events if event.deprecated]
    if gone:
        sent = sql("type = 'track' and event in ($gone)", gone=gone)
        yield "deprecated", "is sent no longer, by the plan", OnViolation.WARN, sent


def _seconds(earlier: str, later: str) -> exp.Expression:
    moments = [sql("epoch(try_cast($c as timestamptz))", c=exp.column(name)) for name in (later, earlier)]
    return sql("$later - $earlier", later=moments[0], earlier=moments[1])


def _span(span: timedelta) -> str:
    """`2 hours`, in the largest unit that fits."""
    seconds = int(span.total_seconds())
    name, size = next((unit for unit in _UNITS if seconds % unit[1] == 0), _UNITS[-1])
    number = seconds // size
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
