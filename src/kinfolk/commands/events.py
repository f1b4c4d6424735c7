"""`kinfolk identity events`: which records went to another customer, when, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlglot import exp

from kinfolk.commands.open_project import Where, open_project
from kinfolk.engine.reader import reading
from kinfolk.engine.sql import query, sql, table
from kinfolk.errors import NotFoundError
from kinfolk.tables.events import EVENTS

KINDS = ("joined", "left", "merged", "split")


@dataclass(frozen=True)
class Event:
    """One record whose customer changed (a row of identity.events)."""

    run_id: int
    happened_at: datetime
    kind: str
    source: str
    record_id: str
    customer_before: str | None
    customer_after: str | None
    cause: str


@dataclass(frozen=True)
class Asked:
    """Which events are wanted; None = of any.

    since  run:12, a day, or a moment in the project's time zone
    """

    customer: str | None = None
    since: str | None = None
    kind: str | None = None


def events(where: Where, asked: Asked, environment: str | None = None, limit: int | None = None) -> list[Event]:
    """Events of membership, newest first, at most `limit` of them.

    Errors  NotFoundError for a `since` that names no run and no moment
    """
    project = open_project(where, environment)
    since = _since(asked.since, project.time_zone)
    with reading(project.state) as reader:
        if not reader.present(EVENTS.name):
            return []
        tree = query(
            "select * from e where $since and ($kind is null or kind = $kind) and ($customer is null "
            "or upper($customer) in (customer_before, customer_after)) "
            "order by run_id desc, kind, customer_after, customer_before, source, record_id limit $most",
            e=table(EVENTS.name),
            since=since,
            kind=asked.kind,
            customer=asked.customer,
            most=limit if limit is not None else 1 << 40,
        )
        return [Event(**row) for row in reader.read(tree).dicts()]


def _since(asked: str | None, zone: str) -> exp.Expression:
    """The condition that an event is not older."""
    if asked is None:
        return sql("true")
    if run := re.fullmatch(r"run:(\d{1,18})", asked.strip()):
        return sql("run_id >= $run", run=int(run[1]))
    try:
        moment = datetime.fromisoformat(asked.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
        return sql("happened_at >= $at", at=moment.astimezone(UTC).replace(tzinfo=None))
    except (ValueError, OverflowError):
        hint = "Say run:12, a day such as 2026-03-01, or a moment such as 2026-03-01T14:30."
        raise NotFoundError(f"{asked!r} names no run and no moment.", hint=hint) from None
