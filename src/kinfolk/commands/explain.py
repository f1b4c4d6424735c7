"""`kinfolk explain`: why two records are, or are not, one customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kinfolk.commands.as_of import snapshot_as_of
from kinfolk.commands.open_project import Where, open_project
from kinfolk.engine.reader import Reader, reading
from kinfolk.engine.sql import query, table
from kinfolk.errors import NotFoundError
from kinfolk.model.project import Project
from kinfolk.stages.identity.explain import Explanation, SharedKey, as_learned, frequency_query
from kinfolk.stages.identity.explain import explain as explain_pair
from kinfolk.stages.identity.path import path
from kinfolk.tables import identity, staging


@dataclass(frozen=True)
class Record:
    """A record, as people point at it, and the customer it belongs to."""

    source: str
    record_id: str
    record_no: int
    customer_id: str

    def __str__(self) -> str:
        return f"{self.source}:{self.record_id}"


@dataclass(frozen=True)
class Link:
    """One step of the way between two records of one customer. key: joined by it; else weight, in bits."""

    first: Record
    second: Record
    key: str | None
    weight: float | None


@dataclass(frozen=True)
class Explained:
    """Two records and everything that speaks for or against their being one customer.

    same       whether they are
    evidence   what the two say by themselves
    way        how they hang together when they are one customer
    reason     why a steward is asked about them, when one is
    guards     what was done about a key's value they share, in words
    merge_at, review_at   the thresholds in force, as probabilities
    """

    first: Record
    second: Record
    same: bool
    evidence: Explanation
    way: list[Link]
    reason: str | None
    merge_at: float | None
    review_at: float | None
    guards: tuple[str, ...] = ()


def explain(
    where: Where, first: str, second: str, environment: str | None = None, as_of: str | None = None
) -> Explained:
    """The evidence about two records, each given as source:id; for a customer id its most telling record is taken.

    Errors  NotFoundError names the one that does not exist
    """
    project = open_project(where, environment)
    with reading(project.state, snapshot_as_of(project, as_of)) as reader:
        return read_explained(reader, project, first, second)


def read_explained(reader: Reader, project: Project, first: str, second: str) -> Explained:
    """The same in a state that is open."""
    a, b = _telling(reader, _records(reader, first), _records(reader, second))
    if a.record_no == b.record_no:
        raise NotFoundError(f"{first} and {second} are one record, {a}.", hint="Give two different ones.")
    return _explained(reader, project, a, b)


def _explained(reader: Reader, project: Project, a: Record, b: Record) -> Explained:
    numbers = sorted([a.record_no, b.record_no])
    rows = reader.arrow(
        query(
            "select * from records where record_no in ($numbers) order by record_no",
            records=table(staging.RECORDS.name),
            numbers=numbers,
        )
    )
    [(model,)] = reader.read(query("select model from kept", kept=table(identity.MODEL.name))).rows
    rules = as_learned(project.identity, model)
    frequencies = reader.arrow(frequency_query(rows, rules))
    matching, evidence = rules.matching, explain_pair(rows, frequencies, model, rules)
    return Explained(
        first=a,
        second=b,
        same=a.customer_id == b.customer_id,
        evidence=evidence,
        way=_way(reader, a, b) if a.customer_id == b.customer_id else [],
        reason=_review_reason(reader, numbers),
        merge_at=matching.merge_at if matching else None,
        review_at=matching.review_at if matching else None,
        guards=tuple(effect for key in evidence.keys for effect in _effects(reader, key)),
    )


def _effects(reader: Reader, key: SharedKey) -> list[str]:
    """What guards did about a value; they name its tenant after it."""
    tree = query(
        "select effect from guards where rule = $key and (value = $value or starts_with(value, $begin)) "
        "order by effect",
        guards=table(identity.GUARDS.name),
        key=key.key,
        value=key.value,
        begin=f"{key.value} (",
    )
    return [effect for (effect,) in reader.read(tree).rows]


def _records(reader: Reader, asked: str) -> list[Record]:
    """The record source:id, or every record of a customer."""
    source, colon, record_id = asked.partition(":")
    members = table(identity.MEMBERS.name)
    if colon:
        tree = query(
            "select source, record_id, record_no, customer_id from members where source = $s and record_id = $id",
            members=members,
            s=source,
            id=record_id,
        )
    else:
        tree = query(
            "select source, record_id, record_no, customer_id from members where customer_id = "
            "coalesce((select customer_id from aliases where alias = upper($id)), upper($id)) "
            "order by record_no limit 1000",
            members=members,
            aliases=table(identity.ALIASES.name),
            id=asked,
        )
    found = [Record(*row) for row in reader.read(tree).rows]
    if not found:
        raise NotFoundError(
            f"There is no {'record' if colon else 'customer'} {asked}.",
            hint="Records are named source:id, as `kinfolk show` lists them.",
        )
    return found


def _telling(reader: Reader, left: Sequence[Record], right: Sequence[Record]) -> tuple[Record, Record]:
    """Of two customers the pair of records with the most evidence; of two records just those."""
    if len(left) == 1 and len(right) == 1:
        return left[0], right[0]
    scored = query(
        "select record_no_a, record_no_b from (select record_no_a, record_no_b, weight from pairs "
        "union all select record_no_a, record_no_b, weight from review) as scored "
        "where (record_no_a in ($left) and record_no_b in ($right)) or "
        "(record_no_a in ($right) and record_no_b in ($left)) order by weight desc limit 1",
        pairs=table(identity.PAIRS.name),
        review=table(identity.REVIEW.name),
        left=[r.record_no for r in left],
        right=[r.record_no for r in right],
    )
    by_number = {r.record_no: r for r in (*left, *right)}
    for a, b in reader.read(scored).rows:
        return by_number[a], by_number[b]
    return left[0], next((r for r in right if r.record_no != left[0].record_no), right[0])


def _way(reader: Reader, a: Record, b: Record) -> list[Link]:
    members = {r.record_no: r for r in _records(reader, a.customer_id)}
    among = "select * from found where record_no_a in ($numbers) and record_no_b in ($numbers)"
    links, pairs = (
        reader.arrow(query(among, found=table(name), numbers=list(members)))
        for name in (identity.LINKS.name, identity.PAIRS.name)
    )
    return [
        Link(members[hop.record_no_a], members[hop.record_no_b], hop.key, hop.weight)
        for hop in path(links, pairs, a.record_no, b.record_no)
    ]


def _review_reason(reader: Reader, numbers: Sequence[int]) -> str | None:
    tree = query(
        "select reason from review where record_no_a = $a and record_no_b = $b",
        review=table(identity.REVIEW.name),
        a=numbers[0],
        b=numbers[1],
    )
    return next((row[0] for row in reader.read(tree).rows), None)
