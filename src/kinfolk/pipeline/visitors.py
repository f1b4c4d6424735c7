"""Visitors, a source that is made of another's landing: due whenever events are, and landed after them."""

from __future__ import annotations

from dataclasses import replace

from kinfolk.engine.duckdb import StepResult
from kinfolk.errors import SourceError
from kinfolk.model.source import Source
from kinfolk.pipeline.arrivals import Delivery, Ledger
from kinfolk.pipeline.work import Work
from kinfolk.stages.landing import unchanged_steps
from kinfolk.stages.visitors import visitor_steps


def with_visitors(work: Work, due: tuple[Delivery, ...], ledger: Ledger) -> tuple[Delivery, ...]:
    """The deliveries, and with those of events, which may come out of quarantine, those of their visitors."""
    arriving = {delivery.source.name for delivery in due if delivery.due}
    return tuple(
        _with_parts(work, delivery, ledger) if delivery.source.visitors_of in arriving else delivery for delivery in due
    )


def _with_parts(work: Work, delivery: Delivery, ledger: Ledger) -> Delivery:
    source = delivery.source
    parts = work.connectors[source.connector].parts(source, work.project.base(source))
    return replace(delivery, parts=tuple(replace(part, since=ledger.reached(source)) for part in parts))


def read_visitors(work: Work, delivery: Delivery) -> list[StepResult]:
    """Reads into `incoming.<source>` what events that have landed since the last load say of visitors.

    Errors  SourceError if no event ever landed, as of a source that is paused from the beginning
    """
    source, [part] = delivery.source, delivery.parts
    known = work.session.present(f"landing.{source.name}")
    _current(work, source, source.visitors_of or "")
    if known:
        work.do(unchanged_steps(source.name))
    *_, read = work.do(visitor_steps(source, part.name, int(part.since or 0), known=known))
    return [replace(read, rows_in=read.rows_out)]


def _current(work: Work, source: Source, events: str) -> None:
    """Sees to it that `current.<events>` is there, as it is not where that source does not run."""
    if f"current.{events}" in work.session.built:
        return
    if not work.session.present(f"landing.{events}"):
        what = f"{source.name} is made of the events of {events}, which is not active and has never landed any."
        raise SourceError(what, where=str(source.place), hint=f"Make {events} active, or pause {source.name} as well.")
    work.do(unchanged_steps(events))
