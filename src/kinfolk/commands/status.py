"""`kinfolk status`: the last runs, and what the customer data looks like now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kinfolk.commands.as_of import snapshot_as_of
from kinfolk.commands.health import health
from kinfolk.commands.open_project import Where, open_project
from kinfolk.engine.reader import Reader, reading
from kinfolk.engine.sql import query, table
from kinfolk.errors import NotFoundError
from kinfolk.model.monitoring import Health
from kinfolk.model.run import RunRecord
from kinfolk.model.schedule import Due, upcoming
from kinfolk.pipeline.learning import not_learned
from kinfolk.store.database import open_store
from kinfolk.store.read.runs import latest
from kinfolk.tables import identity, profiles, quarantine, staging


@dataclass(frozen=True)
class Numbers:
    """The published state in numbers.

    sources      rows of profiles.duplicates
    unread       source, field, reason, values: what could not be standardised
    quarantined  source, reason (or the rules broken), rows: what could not be landed and still waits
    guards       rows of identity.guards
    shared       field, kind, values: how many values too many people share
    unattached   table, rows, without_customer
    not_learned  what could not be learned of matching, in sentences
    """

    records: int
    customers: int
    completeness: float | None
    in_review: int
    sources: list[dict[str, Any]] = field(default_factory=list)
    unread: list[dict[str, Any]] = field(default_factory=list)
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    guards: list[dict[str, Any]] = field(default_factory=list)
    shared: list[dict[str, Any]] = field(default_factory=list)
    unattached: list[dict[str, Any]] = field(default_factory=list)
    not_learned: tuple[str, ...] = ()


@dataclass(frozen=True)
class Status:
    """How a project stands. numbers: None until something was published; health: None until something ran.

    next_run  by the project's schedule, if it has one
    """

    project: str
    runs: list[RunRecord]
    numbers: Numbers | None
    health: Health | None = None
    next_run: Due | None = None


def status(where: Where, environment: str | None = None, limit: int = 5, as_of: str | None = None) -> Status:
    """The last `limit` runs, newest first, and the published state in numbers, now or as of an earlier one."""
    project = open_project(where, environment)
    following = next(iter(upcoming(project.schedule, project.time_zone, datetime.now(UTC))), None)
    if not project.state.exists():
        return Status(project.name, [], None, next_run=following)
    store = open_store(project.state)
    past = latest(store, limit)
    snapshot = snapshot_as_of(project, as_of)
    try:
        with reading(project.state, snapshot) as reader:
            return Status(project.name, past, read_numbers(reader), health(project, store, reader), following)
    except NotFoundError:
        return Status(project.name, past, None, health(project, store, None) if past else None, following)


def read_numbers(reader: Reader) -> Numbers:
    """The published state in numbers."""
    customers = table(profiles.CUSTOMERS.name)
    [(count, records, completeness)] = reader.read(
        query(
            "select count(*), coalesce(sum(records), 0)::bigint, avg(completeness) from customers", customers=customers
        )
    ).rows
    [(in_review,)] = reader.read(query("select count(*) from review", review=table(identity.REVIEW.name))).rows
    return Numbers(
        records=records,
        customers=count,
        completeness=completeness,
        in_review=in_review,
        sources=_dicts(reader, "select * from found order by source", profiles.DUPLICATES.name),
        unread=_dicts(
            reader,
            "select source, field, reason, count(*) as values from found group by all order by 4 desc, 1, 2",
            staging.UNSTANDARDISED.name,
        ),
        quarantined=_dicts(
            reader,
            "select source, coalesce(rules, reason) as reason, count(*) as rows from found "
            "group by all order by 3 desc, 1, 2",
            quarantine.OPEN.name,
        ),
        guards=_dicts(reader, "select * from found order by records desc, guard, rule, value", identity.GUARDS.name),
        shared=_dicts(
            reader,
            "select field, kind, count(*) as values from found group by all order by 3 desc, 1, 2",
            identity.SHARED_VALUES.name,
        ),
        unattached=[_unattached(reader, name) for name in _activity(reader)],
        not_learned=not_learned(reader),
    )


def _activity(reader: Reader) -> list[str]:
    return [described.name for described in profiles.ACTIVITY.values() if reader.present(described.name)]


def _unattached(reader: Reader, name: str) -> dict[str, Any]:
    text = "select count(*) as rows, count(*) filter (where customer_id is null) as without_customer from found"
    return {"table": name.partition(".")[2], **_dicts(reader, text, name)[0]}


def _dicts(reader: Reader, text: str, name: str, **holes: Any) -> list[dict[str, Any]]:
    """Rows of a query on one table; none where a state is older than the table."""
    if not reader.present(name):
        return []
    return reader.read(query(text, found=table(name), **holes)).dicts()
