"""Rows out of quarantine, sent through the door again, corrected where somebody corrected them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from kinfolk.engine.step import Exchange
from kinfolk.model.locator import ArrowBatches, Rejection
from kinfolk.model.source import Load
from kinfolk.pipeline.arrivals import Again, Delivery
from kinfolk.pipeline.work import Work
from kinfolk.stages.landing import Arrival, content_hash
from kinfolk.stages.quarantine import fixed_again, mended_step, replayed_step, waiting
from kinfolk.tables.quarantine import FIXES, OPEN


def with_replay(work: Work, due: tuple[Delivery, ...]) -> tuple[Delivery, ...]:
    """The deliveries, and with them the quarantined rows that this run was asked to send again.

    A snapshot that is read now brings its rows itself; one that has not changed gets them as an addition.
    """
    asked = work.options.replay
    if asked is None or not work.session.present(OPEN.name):
        return due
    return tuple(
        _with_rows(work, delivery, everything=asked.everything)
        if asked.source in (None, delivery.source.name)
        and not (delivery.parts and delivery.source.load is Load.SNAPSHOT)
        else delivery
        for delivery in due
    )


def _with_rows(work: Work, delivery: Delivery, *, everything: bool) -> Delivery:
    source = delivery.source
    fixes = work.session.present(FIXES.name)
    found = work.session.fetch(waiting(source.name, fixes=fixes, everything=everything))
    if not found:
        return delivery
    load = Load.APPEND if source.load is Load.SNAPSHOT else source.load
    return Delivery(replace(source, load=load), delivery.parts, tuple(Again(*row) for row in found))


def corrected(work: Work, arrival: Arrival, again: Sequence[Again]) -> Arrival:
    """Puts corrected rows, and rows sent again, at the end of the load.

    A row that was corrected before is corrected wherever it comes again, so that reading its file anew does not
    bring it back to quarantine.
    """
    name = arrival.source.name
    found: list[tuple[int, Again]] = []
    if arrival.rows and work.session.present(FIXES.name):
        hidden = "rowid" in {c.lower() for c in arrival.columns}
        for position, *rest in work.session.fetch(fixed_again(name, content_hash(arrival), hidden)):
            part, line, row_hash, row = rest
            found.append((position, Again(0, part, line, row_hash, row)))
    every = sorted([*(row for _, row in found), *again], key=lambda row: row.part)
    if not every:
        return arrival
    work.do(_sent(name, part, list(rows)) for part, rows in groupby(every, key=lambda row: row.part))
    mended = [(arrival.rows + at, row.row_hash) for at, row in enumerate(every)]
    work.do([mended_step(name, mended, [position for position, _ in found])])
    work.do([replayed_step(name, [row.record_no for row in again])])
    return replace(arrival, rows=arrival.rows + len(every), mended=True, withheld=bool(found))


def _sent(source: str, part: str, again: list[Again]) -> Exchange:
    """Rows of one part, as they would be read from it."""
    rows = [json.loads(row.row) for row in again]
    columns = tuple(dict.fromkeys(name for row in rows for name in row))

    def batches() -> Iterator[object]:
        import pyarrow as pa

        data = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in columns}
        yield pa.RecordBatch.from_pydict({**data, "_row": pa.array([row.line for row in again], pa.int64())})

    def open_() -> tuple[ArrowBatches, list[Rejection]]:
        return ArrowBatches(columns, batches), []  # type: ignore[arg-type]

    return Exchange(f"incoming.{source}", f"Corrected rows of {part}", source, part, open_)
