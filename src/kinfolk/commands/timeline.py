"""What a customer did: orders, events, tickets and contacts in one line, the latest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kinfolk.engine.reader import Reader
from kinfolk.engine.sql import column, query, table
from kinfolk.tables import profiles

# Activity -> when it happened, and what of it is said first.
_TOLD: dict[str, tuple[str, tuple[str, ...]]] = {
    "orders": ("ordered_at", ("product", "order_id")),
    "events": ("occurred_at", ("event",)),
    "tickets": ("opened_at", ("subject", "ticket_id")),
    "touchpoints": ("occurred_at", ("campaign", "channel")),
}
_OURS = ("customer_id", "record_no", "observed_at")


@dataclass(frozen=True)
class Happened:
    """One thing a customer did. kind: the table; facts: what else is known of it, by column"""

    at: datetime
    kind: str
    title: str
    facts: dict[str, Any]


def read_timeline(reader: Reader, customer_id: str, most: int, skip: int = 0) -> list[Happened]:
    """What the customer did and when is known, the latest first, so much at most. skip: how much of the latest"""
    found: list[Happened] = []
    for kind, (moment, first) in _TOLD.items():
        name = profiles.ACTIVITY[kind].name
        if not reader.present(name):
            continue
        tree = query(
            "select * from a where customer_id = $id and $at is not null order by $at desc, record_no limit $most",
            a=table(name),
            id=customer_id,
            at=column(moment),
            most=most + skip,
        )
        found += [_happened(kind, moment, first, row) for row in reader.read(tree).dicts()]
    return sorted(found, key=lambda one: one.at, reverse=True)[skip : skip + most]


def _happened(kind: str, moment: str, first: tuple[str, ...], row: dict[str, Any]) -> Happened:
    title = next((name for name in first if row.get(name)), None)
    facts = {k: v for k, v in row.items() if v is not None and k not in (*_OURS, moment, title)}
    return Happened(row[moment], kind, str(row[title]) if title else kind.removesuffix("s"), facts)
