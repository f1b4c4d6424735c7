"""One customer as a graph: its records, what joins them, and likely pairs with records of others that were cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kinfolk.engine.reader import Reader
from kinfolk.engine.sql import query, sql, table
from kinfolk.errors import NotFoundError
from kinfolk.tables import identity, profiles, staging

MOST = 40  # records that are drawn


@dataclass(frozen=True)
class Node:
    """A record. inside: whether it is the customer's own."""

    record_no: int
    label: str
    name: str
    customer_id: str
    inside: bool


@dataclass(frozen=True)
class Edge:
    """What ties two records. key: the key they share; else weight in bits. cut: they ended up in two customers."""

    a: int
    b: int
    key: str | None
    weight: float | None
    probability: float | None
    cut: bool


@dataclass(frozen=True)
class Cluster:
    """A customer's graph. records: how many it has, of which at most MOST are drawn."""

    customer_id: str
    name: str
    records: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def cluster(reader: Reader, asked: str) -> Cluster:
    """The graph of a customer, also by an earlier id. Errors: NotFoundError where there is none"""
    members = table(identity.MEMBERS.name)
    own = reader.read(
        query(
            "select m.record_no, m.customer_id from members m where m.customer_id = "
            "coalesce((select customer_id from aliases where alias = upper($id)), upper($id)) order by m.record_no",
            members=members,
            aliases=table(identity.ALIASES.name),
            id=asked,
        )
    ).rows
    if not own:
        raise NotFoundError(f"There is no customer {asked}.", hint="`kinfolk show` finds customers by name or e-mail.")
    customer_id, drawn = own[0][1], [number for number, _ in own[:MOST]]
    edges = [*_of(reader, identity.LINKS.name, drawn), *_of(reader, identity.PAIRS.name, drawn)]
    edges.sort(key=lambda row: -(row.get("weight") or 1e9))
    outside = dict.fromkeys(n for row in edges for n in (row["record_no_a"], row["record_no_b"]) if n not in set(drawn))
    beyond = {number for number, _ in own[MOST:]}
    shown = [*drawn, *[number for number in outside if number not in beyond][: MOST // 4]]
    nodes = _nodes(reader, shown, customer_id)
    return Cluster(customer_id, _name(reader, customer_id), len(own), nodes, _edges(edges, nodes))


def _of(reader: Reader, name: str, numbers: list[int]) -> list[dict[str, Any]]:
    touched = sql("record_no_a in ($numbers) or record_no_b in ($numbers)", numbers=numbers)
    return reader.read(query("select * from found where $touched", found=table(name), touched=touched)).dicts()


def _nodes(reader: Reader, numbers: list[int], customer_id: str) -> tuple[Node, ...]:
    tree = query(
        "select m.record_no, m.source || ':' || m.record_id, "
        "concat_ws(' ', r.first_name, r.last_name, r.company), m.customer_id "
        "from members m join records r on r.record_no = m.record_no where m.record_no in ($numbers) "
        "order by m.customer_id <> $id, m.customer_id, m.source, m.record_id",
        members=table(identity.MEMBERS.name),
        records=table(staging.RECORDS.name),
        numbers=numbers,
        id=customer_id,
    )
    rows = reader.read(tree).rows
    return tuple(Node(number, label, name, whose, whose == customer_id) for number, label, name, whose in rows)


def _edges(rows: list[dict[str, Any]], nodes: tuple[Node, ...]) -> tuple[Edge, ...]:
    customer = {node.record_no: node.customer_id for node in nodes}
    made = []
    for row in rows:
        a, b = row["record_no_a"], row["record_no_b"]
        if a in customer and b in customer:
            tie = (row.get("key"), row.get("weight"), row.get("probability"))
            made.append(Edge(a, b, *tie, cut=customer[a] != customer[b]))
    return tuple(made)


def _name(reader: Reader, customer_id: str) -> str:
    tree = query(
        "select concat_ws(' ', first_name, last_name, company) from customers where customer_id = $id",
        customers=table(profiles.CUSTOMERS.name),
        id=customer_id,
    )
    return next((row[0] for row in reader.read(tree).rows), "")
