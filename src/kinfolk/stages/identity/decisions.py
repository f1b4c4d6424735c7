"""Decisions of people, as a run obeys them: records that must be one customer, and records that must not.

Decisions are about records as their sources name them. One that is not there now still leads from one record to
another: where A is B and B is C, A is C, whether or not B is there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from sqlglot import exp

from kinfolk.engine.sql import query, table, union_by_name
from kinfolk.stages.identity.arrays import Flags, Ints
from kinfolk.stages.identity.guards import Guard, Guards
from kinfolk.tables import identity as promised
from kinfolk.tables.decisions import DECISIONS, DIFFERENT, NOT_SURE, PAIR, SAME
from kinfolk.tables.staging import RECORDS

Named = tuple[str, str]  # source and record id
_NAMES = tuple(column.name for column in PAIR)


@dataclass(frozen=True)
class Fact:
    """The decision that holds on one pair. numbers: of the two records, None for one that is not there."""

    number: int
    a: Named
    b: Named
    verdict: str
    numbers: tuple[int | None, int | None] = (None, None)


def _none() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class Pairs:
    """Pairs of record positions, and the decision each follows from."""

    a: Ints = field(default_factory=_none)
    b: Ints = field(default_factory=_none)
    number: Ints = field(default_factory=_none)


@dataclass(frozen=True)
class Decided:
    """What people decided about the records at hand: one customer, two customers, and nobody can tell."""

    same: Pairs = Pairs()
    different: Pairs = Pairs()
    unsure: Pairs = Pairs()


def in_force(decisions: exp.Table | exp.Subquery) -> exp.Query:
    """The decision that holds on each pair; none where the latest withdraws those before it."""
    return query(
        "select * exclude (nth) from (select *, row_number() over "
        "(partition by source_a, record_id_a, source_b, record_id_b order by decision_no desc) as nth from d) "
        "as latest where nth = 1 and verdict <> 'withdrawn'",
        d=decisions,
    )


def decision_query() -> exp.Query:
    """The decisions that hold, with the numbers their records have now."""
    return query(
        "select d.decision_no, d.source_a, d.record_id_a, d.source_b, d.record_id_b, d.verdict, "
        "a.record_no as record_no_a, b.record_no as record_no_b from d "
        "left join firsts a on a.source = d.source_a and a.record_id = d.record_id_a "
        "left join seconds b on b.source = d.source_b and b.record_id = d.record_id_b",
        d=exp.Subquery(this=in_force(table(DECISIONS.name)), alias="d"),
        firsts=table(RECORDS.name),
        seconds=table(RECORDS.name),
    )


def news_query() -> exp.Query:
    """Pairs whose decision is another than the published state knows, or which it does not know at all."""
    names = "select decision_no, source_a, record_id_a, source_b, record_id_b from d"
    now = query(names, d=exp.Subquery(this=in_force(table(DECISIONS.name)), alias="d"))
    known = query(names, d=table(promised.DECIDED.name))
    return query(
        "select source_a, record_id_a, source_b, record_id_b from every "
        "group by decision_no, source_a, record_id_a, source_b, record_id_b having count(*) = 1",
        every=exp.Subquery(this=union_by_name([now, known]), alias="every"),
    )


def facts_in(decisions: pa.Table) -> list[Fact]:
    """Rows of `decision_query`, in order of their number."""
    return [
        Fact(
            row["decision_no"],
            (row["source_a"], row["record_id_a"]),
            (row["source_b"], row["record_id_b"]),
            row["verdict"],
            (row["record_no_a"], row["record_no_b"]),
        )
        for row in sorted(decisions.to_pylist(), key=lambda row: row["decision_no"])
    ]


def decided(decisions: pa.Table | None, met: pa.Table | None, record_no: Ints, guards: Guards) -> Decided:
    """What the decisions say of the records with these numbers (ascending).

    met   identity.decided of the state before: the records as a decision met them. Nobody is asked again about two
          records of which nobody can tell, until one of them changes
    Notes contradictions as guards: of decisions that contradict each other, none makes records one customer
    """
    if decisions is None or not decisions.num_rows:
        return Decided()
    facts = facts_in(decisions)
    contradicted = contradictions(facts)
    for numbers, records in contradicted:
        words = "Decisions contradict each other, so none of them made records one customer; withdraw one of them."
        guards.add(Guard("decision", f"decisions {', '.join(map(str, numbers))}", "", records, words))
    void = {number for numbers, _ in contradicted for number in numbers}
    known = _meetings(met)
    usable = [fact for fact in facts if fact.number not in void or fact.verdict != SAME]
    unsure = [fact for fact in facts if fact.verdict == NOT_SURE and _as_met(fact, known)]
    return Decided(
        _pairs(_ways(usable), record_no),
        _pairs([f for f in facts if f.verdict == DIFFERENT], record_no),
        _pairs(unsure, record_no),
    )


def met(decisions: pa.Table | None, before: pa.Table | None) -> pa.Table:
    """identity.decided: the decisions in force, each with its records as it first met them."""
    known = _meetings(before)
    rows = [] if decisions is None else decisions.to_pylist()
    for row in rows:
        first = known.get(row["decision_no"], (None, None))
        for name, number in zip(("record_no_a", "record_no_b"), first, strict=True):
            row[name] = row[name] if number is None else number
    types: dict[str, pa.DataType] = {"bigint": pa.int64(), "varchar": pa.string()}
    schema = pa.schema([(column.name, types[column.type]) for column in promised.DECIDED.columns])
    return pa.Table.from_pylist(sorted(rows, key=lambda row: row["decision_no"]), schema)


def contradictions(facts: Iterable[Fact]) -> list[tuple[list[int], int]]:
    """Each set of decisions that contradict each other: their numbers, and how many records they are about.

    The whole of what `same` ties together falls, not the one or other decision in it: which is wrong nobody knows.
    """
    facts = list(facts)
    groups = _grouped((f.a, f.b) for f in facts if f.verdict == SAME)
    broken = {groups[f.a] for f in facts if f.verdict == DIFFERENT and groups.get(f.a, f.a) == groups.get(f.b, f.b)}
    found = []
    for group in sorted(broken):
        inside = {name for name, root in groups.items() if root == group}
        numbers = [f.number for f in facts if f.a in inside and f.b in inside and f.verdict in (SAME, DIFFERENT)]
        found.append((sorted(numbers), len(inside)))
    return found


def way(facts: Iterable[Fact], a: Named, b: Named) -> list[Fact] | None:
    """The fewest decisions that make a and b one customer, in order; None where none do."""
    ways: dict[Named, list[Fact]] = {}
    for fact in facts:
        if fact.verdict == SAME:
            ways.setdefault(fact.a, []).append(fact)
            ways.setdefault(fact.b, []).append(fact)
    came: dict[Named, tuple[Named, Fact] | None] = {a: None}
    waiting = deque([a])
    while waiting and b not in came:
        here = waiting.popleft()
        for fact in ways.get(here, ()):
            there = fact.b if fact.a == here else fact.a
            if there not in came:
                came[there] = (here, fact)
                waiting.append(there)
    if b not in came:
        return None
    steps, last = [], came[b]
    while last is not None:
        steps.append(last[1])
        last = came[last[0]]
    return steps[::-1]


def ties(decisions: pa.Table) -> tuple[Ints, Ints]:
    """Pairs of record numbers that decisions tie together, whatever they say: these must be decided anew together.

    decisions  rows of `tied_query`
    """
    facts = [fact for fact in facts_in(decisions) if fact.verdict != NOT_SURE]
    numbers = {(name, number) for f in facts for name, number in zip((f.a, f.b), f.numbers, strict=True)}
    groups, hubs = _grouped((f.a, f.b) for f in facts), dict[Named, int]()
    a, b = [], []
    for name, number in sorted((name, number) for name, number in numbers if number is not None):
        a.append(hubs.setdefault(groups[name], number))
        b.append(number)
    return np.array(a, np.int64), np.array(b, np.int64)


def touched_query() -> exp.Query:
    """Numbers that records have now on whose pairs there is news."""
    names = query(
        "select source_a as source, record_id_a as record_id from n union select source_b, record_id_b from m",
        n=exp.Subquery(this=news_query(), alias="n"),
        m=exp.Subquery(this=news_query(), alias="m"),
    )
    return query(
        "select r.record_no from records r join names on names.source = r.source and names.record_id = r.record_id",
        records=table(RECORDS.name),
        names=exp.Subquery(this=names, alias="names"),
    )


def tied_query(superseded: str) -> exp.Query:
    """Every decision that holds or that the published state knows, with the numbers their records have, or had.

    superseded  the records that are no longer so: one that went leads from one to another where it could not before
    """
    known = [
        query(
            "select k.decision_no, k.source_a, k.record_id_a, k.source_b, k.record_id_b, k.verdict, "
            "a.record_no as record_no_a, b.record_no as record_no_b from k "
            "left join firsts a on a.source = k.source_a and a.record_id = k.record_id_a "
            "left join seconds b on b.source = k.source_b and b.record_id = k.record_id_b",
            k=table(promised.DECIDED.name),
            firsts=table(records),
            seconds=table(records),
        )
        for records in (RECORDS.name, superseded)
    ]
    return union_by_name([decision_query(), *known])


def _meetings(met: pa.Table | None) -> Mapping[int, tuple[int | None, int | None]]:
    if met is None:
        return {}
    columns = (met[name].to_pylist() for name in ("decision_no", "record_no_a", "record_no_b"))
    return {number: (a, b) for number, a, b in zip(*columns, strict=True)}


def _as_met(fact: Fact, met: Mapping[int, tuple[int | None, int | None]]) -> bool:
    """Whether both records are still what they were when the decision met them."""
    first = met.get(fact.number, (None, None))
    return all(then is None or then == now for then, now in zip(first, fact.numbers, strict=True))


def _ways(facts: Iterable[Fact]) -> list[Fact]:
    """Decisions for one customer between records that are there, those included that lead over ones that are not."""
    same = [fact for fact in facts if fact.verdict == SAME]
    found = [fact for fact in same if None not in fact.numbers]
    groups = _grouped((f.a, f.b) for f in same)
    hubs: dict[Named, tuple[Named, int]] = {}
    gaps = {groups[f.a]: f.number for f in same if None in f.numbers}
    numbers = {name: number for f in same for name, number in zip((f.a, f.b), f.numbers, strict=True)}
    for name, root in groups.items():
        number = numbers[name]
        if root not in gaps or number is None:
            continue
        hub, first = hubs.setdefault(root, (name, number))
        if hub != name:
            found.append(Fact(gaps[root], hub, name, SAME, (first, number)))
    return found


def _pairs(facts: Sequence[Fact], record_no: Ints) -> Pairs:
    """Positions of those whose records are both at hand; the smaller first, each pair once, by decision."""
    numbers = np.array([number or 0 for fact in facts for number in fact.numbers], np.int64).reshape(-1, 2)
    at = np.searchsorted(record_no, numbers)
    here = np.asarray(np.isin(numbers, record_no).all(axis=1))
    found: dict[tuple[int, int], int] = {}
    for fact, (a, b), there in zip(facts, at.tolist(), here.tolist(), strict=True):
        if there:
            found.setdefault((min(a, b), max(a, b)), fact.number)
    ordered = sorted(found.items(), key=lambda item: (item[1], item[0]))
    columns = list(zip(*((a, b, number) for (a, b), number in ordered), strict=True)) or [(), (), ()]
    return Pairs(*(np.array(column, np.int64) for column in columns))


def _grouped(pairs: Iterable[tuple[Named, Named]]) -> dict[Named, Named]:
    """Every record named, in order, with the first of those it hangs together with."""
    parent: dict[Named, Named] = {}

    def root(name: Named) -> Named:
        while parent.setdefault(name, name) != name:
            parent[name] = name = parent[parent[name]]
        return name

    for a, b in pairs:
        first, second = sorted((root(a), root(b)))
        parent[second] = first
    return {name: root(name) for name in sorted(parent)}


def among(pairs: Pairs, a: Ints, b: Ints) -> Flags:
    """Which of the pairs of positions a, b (in either order) are among those decided."""
    width = 1 + max(int(numbers.max(initial=0)) for numbers in (a, b, pairs.a, pairs.b))

    def packed(x: Ints, y: Ints) -> Ints:
        return np.asarray(np.minimum(x, y) * width + np.maximum(x, y))

    return np.isin(packed(a, b), packed(pairs.a.astype(np.int64), pairs.b.astype(np.int64)))
