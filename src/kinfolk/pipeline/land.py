"""Landing what arrived: every source read, checked against what it was, and written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from sqlglot import exp

from kinfolk.engine.duckdb import Session, StepResult
from kinfolk.engine.sql import query, table, union_by_name
from kinfolk.engine.step import Exchange
from kinfolk.errors import NotFoundError, SourceError, about
from kinfolk.model.locator import ArrowBatches, Part
from kinfolk.model.source import Load, Source
from kinfolk.pipeline.ahead import Opened, opening
from kinfolk.pipeline.arrivals import REPLAY, Delivery, Ledger
from kinfolk.pipeline.columns import check_columns
from kinfolk.pipeline.contracts import hold, in_order
from kinfolk.pipeline.cursor import arrived_at
from kinfolk.pipeline.deployed import deploy
from kinfolk.pipeline.replay import corrected
from kinfolk.pipeline.visitors import read_visitors
from kinfolk.pipeline.work import Work
from kinfolk.project.suggest import hint
from kinfolk.stages import quarantine
from kinfolk.stages.bookkeeping import bookkeeping_steps, rejection_row
from kinfolk.stages.landing import (
    READER_COLUMNS,
    Arrival,
    landing_steps,
    layout,
    settings,
)
from kinfolk.tables.identity import MEMBERS
from kinfolk.tables.landing import NAMES, TABLES
from kinfolk.tables.quarantine import OPEN

# A snapshot that lacks more than this share of the records it had is taken for a broken export.
_DELETES_ALLOWED = 0.5
_DELETES_CHECKED_FROM = 10


def land(work: Work, arrived: tuple[Delivery, ...], ledger: Ledger) -> None:
    """Lands every source that arrived, one load each, and writes down the loads and what was refused."""
    deploy(work)
    taken = _Taken(ledger.next_record_no)
    loaded_at = datetime.now(UTC)
    for load_id, delivery in enumerate(in_order(arrived, work.project), start=ledger.next_load_id):
        work.about = delivery.source.name
        with about(delivery.source.name):
            _land_one(work, delivery, ledger, taken, (load_id, loaded_at))
    work.about = None
    if arrived:
        names = tuple(d.source.name for d in arrived)
        held = tuple(name for name in names if f"quarantined.{name}" in work.session.built)
        work.do(bookkeeping_steps(names, taken.loads, taken.rejections, held))
        work.do(quarantine.bookkeeping_steps(n for n in names if f"settled.{n}" in work.session.built))


@dataclass
class _Taken:
    """What was taken in so far, over all sources: the next free record number, and rows for the bookkeeping."""

    record_no: int
    loads: list[tuple[object, ...]] = field(default_factory=list)
    rejections: list[tuple[object, ...]] = field(default_factory=list)


def _land_one(work: Work, delivery: Delivery, ledger: Ledger, taken: _Taken, load: tuple[int, datetime]) -> None:
    source, (load_id, loaded_at) = delivery.source, load
    results = _read_parts(work, delivery)
    arrival = _arrival(work, delivery, ledger, taken.record_no, load)
    work.do(landing_steps(arrival))
    _settle(work, arrival, delivery)
    taken.record_no += arrival.rows + _check_deletes(work, arrival)
    refused = _refused(work, source)
    reached = ledger.cursors.get(source.name)
    if delivery.parts:
        reached = arrived_at(work.session, source, ledger.reached(source), work.watcher.note)
    how = (layout(source), settings(source), loaded_at.replace(tzinfo=None))
    for part, result in zip(delivery.parts, results, strict=True):
        for rejection in result.rejections:
            taken.rejections.append(rejection_row(taken.record_no, source.name, load_id, part.name, rejection))
            taken.record_no += 1
        counts = (result.rows_in, len(result.rejections) + refused.get(part.name, 0), taken.record_no, reached)
        taken.loads.append((load_id, source.name, part.name, part.fingerprint, *how, *counts))
    if not delivery.parts:
        counts = (len(delivery.again), sum(refused.values()), taken.record_no, reached)
        taken.loads.append((load_id, source.name, REPLAY, REPLAY, *how, *counts))


def _read_parts(work: Work, delivery: Delivery) -> list[StepResult]:
    source = delivery.source
    if source.visitors_of and delivery.parts:
        return read_visitors(work, delivery)
    with opening(work.connectors[source.connector], delivery, work.keeps_received) as calls:
        return work.do(_read(work, source, *one) for one in zip(delivery.parts, calls, strict=True))


def _arrival(work: Work, delivery: Delivery, ledger: Ledger, record_no: int, load: tuple[int, datetime]) -> Arrival:
    """What was read, rows sent again included, checked against the project and held to the contract."""
    source, (load_id, loaded_at) = delivery.source, load
    incoming = f"incoming.{source.name}"
    published = work.session.present(f"landing.{source.name}")
    relaid = published and ledger.relaid(source)
    read = work.session.count(incoming) if delivery.parts else 0
    columns = _own_columns(work, incoming) if delivery.parts else ()
    arrival = Arrival(source, load_id, loaded_at, columns, record_no, read, published, relaid)
    arrival = corrected(work, arrival, delivery.again)
    arrival = replace(arrival, columns=_own_columns(work, incoming))
    check_columns(source, arrival.columns, alternatives=True)
    return hold(work, arrival)


def _own_columns(work: Work, incoming: str) -> tuple[str, ...]:
    return tuple(c for c in work.session.columns(incoming) if c not in READER_COLUMNS)


def _settle(work: Work, arrival: Arrival, delivery: Delivery) -> None:
    """Quarantined rows of earlier loads wait no longer, where this load brought them again or brought better ones."""
    if work.session.present(OPEN.name):
        whole = arrival.source.load is Load.SNAPSHOT
        name, aside = arrival.source.name, _aside(work, arrival.source)
        replayed = bool(delivery.again)
        work.do([quarantine.settling_step(name, arrival.load_id, whole=whole, aside=aside, replayed=replayed)])


def _read(work: Work, source: Source, part: Part, opened: Callable[[], Opened]) -> Exchange:
    if part.since is not None:
        opened = partial(_with_known_columns, work, source, opened)
    return Exchange(f"incoming.{source.name}", f"Reading {part.name}", source.name, part.name, opened)


def _with_known_columns(work: Work, source: Source, opened: Callable[[], Opened]) -> Opened:
    """What is new may be nothing, or lack a key that its records do not have to have: the columns stay known."""
    locator, rejections = opened()
    if isinstance(locator, ArrowBatches) and not locator.columns:
        known = work.session.columns(f"landing.{source.name}")
        locator = replace(locator, columns=tuple(name for name in known if name not in NAMES))
    return locator, rejections


def _check_deletes(work: Work, arrival: Arrival) -> int:
    """Rows of this load that are deletions. Errors: SourceError when they are most of a snapshot."""
    source = arrival.source
    if not arrival.published or not (source.load is Load.SNAPSHOT or arrival.relaid or source.cursor):
        return 0
    landed = table(f"landing.{source.name}")
    [(deleted,)] = work.session.fetch(query("select count(*) from landed where _change = 'deleted'", landed=landed))
    before = work.session.count(f"before.{source.name}")
    # Where ids are made by a new rule every record is new, so only how many there are can be compared.
    gone = max(before - work.session.count(f"arriving.{source.name}"), 0) if arrival.relaid else deleted
    too_many = before >= _DELETES_CHECKED_FROM and gone > before * _DELETES_ALLOWED
    told = bool(source.cursor and source.cursor.deleted) and not arrival.relaid
    if too_many and (told or source.load is Load.SNAPSHOT) and source.name not in work.options.allow_deletes:
        how = "are deleted by this load" if told else "are no longer in its data"
        raise SourceError(
            f"{gone} of the {before} records of {source.name} {how}, "
            "which looks like a broken export. Nothing was changed.",
            where=str(source.place),
            hint=f"If they are really gone, run with --allow-deletes {source.name}.",
        )
    return int(deleted)


def check_allowed(work: Work, ledger: Ledger) -> None:
    """Errors: NotFoundError when deletes are allowed for a source that is not, and never was, one of the project."""
    known = {source.name for source in work.project.sources} | set(ledger.loaded)
    for name in sorted(work.options.allow_deletes - known):
        raise NotFoundError(
            f"Deletes are allowed for {name}, and no source is or was called so.",
            hint=hint(name, sorted(known)),
        )


def check_gone(work: Work) -> None:
    """Errors: SourceError when there is no source at all, or one of many people has gone and nobody allowed it."""
    if not work.session.present(MEMBERS.name):
        if not work.project.sources:
            raise SourceError(
                "The project has no source, so there is nothing to run.",
                where="sources/",
                hint="Describe the first one in a file there, such as sources/crm.yml.",
            )
        return
    known = {source.name for source in work.project.sources} | work.options.allow_deletes
    members = query("select source, count(*) from members group by source order by source", members=table(MEMBERS.name))
    for name, records in work.session.fetch(members):
        if name not in known and records >= _DELETES_CHECKED_FROM:
            raise SourceError(
                f"The source {name}, with {records} records of people, is no longer part of the project. "
                "Nothing was changed.",
                where="sources/",
                hint=f"Put its file back; or, if they are really to go, run with --allow-deletes {name}.",
            )


def landed(session: Session) -> dict[str, int]:
    """Records that this run added, changed and deleted, over all sources."""
    counted = dict.fromkeys(("added", "changed", "deleted"), 0)
    ours = {described.name for described in TABLES}
    for name in session.built:
        if name.startswith("landing.") and name not in ours:
            counts = query("select _change, count(*) from landed group by _change", landed=table(name))
            for change, records in session.fetch(counts):
                counted[change] += records
    return counted


def _refused(work: Work, source: Source) -> dict[str, int]:
    """Rows that were read and not landed, by part."""
    aside = union_by_name(query("select part from a", a=table(name)) for name in _aside(work, source))
    counted = query("select part, count(*) from a group by part", a=exp.Subquery(this=aside, alias="a"))
    return dict(work.session.fetch(counted))


def _aside(work: Work, source: Source) -> list[str]:
    """Tables of this load's rows that were read and not landed, in the form of quarantine.records."""
    return [n for n in (f"refused.{source.name}", f"quarantined.{source.name}") if n in work.session.built]
