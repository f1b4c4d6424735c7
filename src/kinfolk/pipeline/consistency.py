"""Promises between published tables, each a query that finds what breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from kinfolk.engine.reader import Reader
from kinfolk.engine.sql import query, table
from kinfolk.tables import identity, landing, profiles, staging


@dataclass(frozen=True)
class Broken:
    """A promise that does not hold. rows: how many break it."""

    promise: str
    table: str
    rows: int


def broken_promises(reader: Reader) -> Iterator[Broken]:
    """Every promise between the published tables that does not hold."""
    for promise, name, tree in _promises(reader):
        [(rows,)] = reader.read(query("select count(*) from ($breaks) as breaks", breaks=tree)).rows
        if rows:
            yield Broken(promise, name, rows)


def _promises(reader: Reader) -> Iterator[tuple[str, str, exp.Query]]:
    if not reader.present(landing.LOADS.name):
        return
    loaded = query("select distinct source from loads where rows > rejected", loads=table(landing.LOADS.name))
    for (source,) in reader.read(loaded).rows:
        if reader.present(f"landing.{source}"):
            yield from _of_landing(source)
        else:
            yield "a source that was loaded has landed", f"landing.{source}", query("select 1 as lost")
    if reader.present(identity.MEMBERS.name):
        yield from _of_customers()


def _of_landing(source: str) -> Iterator[tuple[str, str, exp.Query]]:
    name = f"landing.{source}"
    yield (
        "every landed row belongs to a load",
        name,
        query(
            "select 1 from landed where _load_id not in (select load_id from loads)",
            landed=table(name),
            loads=table(landing.LOADS.name),
        ),
    )
    yield (
        "every superseded row was landed",
        landing.SUPERSEDED.name,
        query(
            "select 1 from over where source = $source and record_no not in (select _record_no from landed)",
            over=table(landing.SUPERSEDED.name),
            source=source,
            landed=table(name),
        ),
    )
    yield (
        "a record has one current version",
        name,
        query(
            "select _record_id from landed where _change <> 'deleted' and _record_no not in "
            "(select record_no from over where source = $source) group by _record_id having count(*) > 1",
            landed=table(name),
            over=table(landing.SUPERSEDED.name),
            source=source,
        ),
    )


def _of_customers() -> Iterator[tuple[str, str, exp.Query]]:
    members, customers = table(identity.MEMBERS.name), table(profiles.CUSTOMERS.name)
    yield (
        "every member is a staged record",
        identity.MEMBERS.name,
        query(
            "select 1 from members where record_no not in (select record_no from records)",
            members=members,
            records=table(staging.RECORDS.name),
        ),
    )
    unlike = (
        "select customer_id from members except select customer_id from customers",
        "select customer_id from customers except select customer_id from members",
    )
    for promise, name, text in zip(
        ("every member's customer has a profile", "every profile has a member"),
        (profiles.CUSTOMERS.name, identity.MEMBERS.name),
        unlike,
        strict=True,
    ):
        yield promise, name, query(text, members=members, customers=customers)
    yield (
        "a customer id in use is no alias",
        identity.ALIASES.name,
        query(
            "select alias from aliases where alias in (select customer_id from members)",
            aliases=table(identity.ALIASES.name),
            members=members,
        ),
    )
