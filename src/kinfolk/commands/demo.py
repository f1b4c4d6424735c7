"""`kinfolk demo`: the whole way on a small shop's data, in one go."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from kinfolk.commands.init import init
from kinfolk.commands.open_project import open_project
from kinfolk.commands.run import run
from kinfolk.commands.show import Profile, show
from kinfolk.commands.status import Numbers, status
from kinfolk.engine.reader import reading
from kinfolk.engine.sql import column, query, sql, table
from kinfolk.errors import EngineError
from kinfolk.model.run import RunRecord
from kinfolk.pipeline.watch import Watcher
from kinfolk.tables import identity, staging

HEROINE = "marta.oliveira@example.com"


@dataclass(frozen=True)
class Waiting:
    """A pair of records a steward should look at, as people know them."""

    first: str
    second: str
    probability: float
    reason: str


@dataclass(frozen=True)
class Demo:
    """What the demo made."""

    folder: Path
    run: RunRecord
    numbers: Numbers
    profile: Profile
    waiting: list[Waiting]


def demo(folder: Path | None = None, watcher: Watcher | None = None) -> Demo:
    """Makes the ecommerce project in `folder` (default: a temporary one), runs it and reads what came out."""
    folder = folder or Path(tempfile.mkdtemp(prefix="kinfolk-demo-"))
    init(folder, "ecommerce")
    record = run(folder, watcher=watcher)
    numbers = status(folder, limit=1).numbers
    profile = show(folder, HEROINE)
    if numbers is None or not isinstance(profile, Profile):
        raise EngineError("The demo did not produce the one customer it is about.", where=str(folder))
    return Demo(folder, record, numbers, profile, waiting(open_project(folder).state))


def waiting(state: Path, limit: int = 5) -> list[Waiting]:
    """The strongest pairs that wait for a steward."""
    with reading(state) as reader:
        tree = query(
            "select $first as first, $second as second, p.probability, p.reason "
            "from review p join records_a a on a.record_no = p.record_no_a "
            "join records_b b on b.record_no = p.record_no_b order by p.weight desc limit $n",
            first=_known_as("a"),
            second=_known_as("b"),
            review=table(identity.REVIEW.name),
            records_a=table(staging.RECORDS.name),
            records_b=table(staging.RECORDS.name),
            n=limit,
        )
        return [Waiting(*row) for row in reader.read(tree).rows]


def _known_as(record: str) -> exp.Expression:
    return sql(
        "concat_ws(' ', $first, $last, '<' || $email || '>', '(' || $source || ')')",
        first=column("first_name", record),
        last=column("last_name", record),
        email=column("email", record),
        source=column("source", record),
    )
