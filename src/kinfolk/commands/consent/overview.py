"""What customers consented to, in numbers: by purpose, channel and topic."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby

from kinfolk.engine.reader import reading
from kinfolk.engine.sql import query, table
from kinfolk.errors import NotFoundError
from kinfolk.model.consent import Purpose
from kinfolk.model.project import Project
from kinfolk.tables import consents


@dataclass(frozen=True)
class Scope:
    """One channel and topic of a purpose. states: state -> customers; allowed: those whose data may be used for it"""

    channel: str | None
    topic: str | None
    allowed: int
    states: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Overview:
    """One purpose. scopes: none before a run has worked out what holds"""

    purpose: Purpose
    scopes: list[Scope]


def overview(project: Project) -> list[Overview]:
    """Every purpose of the project, and how many customers it may be served for, as of the last run."""
    policy = project.consent
    counted = _counted(project)
    return [Overview(purpose, counted.get(purpose.name, [])) for purpose in (policy.purposes if policy else ())]


def _counted(project: Project) -> dict[str, list[Scope]]:
    try:
        with reading(project.state) as reader:
            if not reader.present(consents.STATE.name):
                return {}
            tree = query(
                "select purpose, channel, topic, state, count(*) as customers, "
                "count(*) filter (where allowed) as allowed from s group by all order by all",
                s=table(consents.STATE.name),
            )
            rows = reader.read(tree).rows
    except NotFoundError:
        return {}
    scopes: dict[str, list[Scope]] = {}
    for (purpose, channel, topic), of in groupby(rows, lambda row: row[:3]):
        states = list(of)
        allowed = sum(row[5] for row in states)
        scopes.setdefault(purpose, []).append(Scope(channel, topic, allowed, {row[3]: row[4] for row in states}))
    return scopes
