"""What customers did: orders, events, tickets … tied to the customer they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import exp

from kinfolk.engine.sql import column, query, sql, table
from kinfolk.engine.step import Publish, Query
from kinfolk.model.source import Source
from kinfolk.tables import profiles, staging


def activity_steps(sources: Sequence[Source]) -> tuple[Query, ...]:
    """Steps that give every activity row its customer.

    A row leads to its customer by a record of a source, or by the value of a key; a value that leads to more
    than one customer leads to none.

    Reads   staging.<orders, …>, staging.records, identity.members
    Writes  profiles.<orders, …>, profiles.account_customers
    """
    keys = tuple(sorted({s.belongs_to.key for s in sources if s.belongs_to and s.belongs_to.key}))
    steps = [_owners(key) for key in keys]
    for name in staging.ACTIVITY:
        feeding = [s for s in sources if s.mapping(name)]
        if feeding:
            attributes = dict.fromkeys(a for s in feeding for m in s.mappings if m.table == name for a in m.attributes)
            steps.append(_attached(name, keys, attributes))
    return (*steps, _account_customers())


def _owners(key: str) -> Query:
    """Values of a key that lead to exactly one customer."""
    tree = query(
        "select cast($k as varchar) as value, min(m.customer_id) as customer_id from records r "
        "join members m on m.record_no = r.record_no where $k is not null "
        "group by all having min(m.customer_id) = max(m.customer_id)",
        k=column(key, "r"),
        records=table(staging.RECORDS.name),
        members=table("identity.members"),
    )
    return Query(f"owners.{key}", tree, f"Customers by {key}")


def _attached(name: str, keys: Sequence[str], attributes: Iterable[str]) -> Query:
    promised = [c.name for c in profiles.ACTIVITY[name].columns if c.name != "customer_id"]
    tree = query(
        "select $customer as customer_id, $columns from staged s "
        "left join members m on m.source = s.person_source and m.record_id = s.person_value",
        customer=sql("coalesce(null, $found)", found=[column("customer_id", r) for r in ("m", *map(_alias, keys))]),
        columns=[column(c, "s") for c in (*promised, *attributes)],
        staged=table(f"staging.{name}"),
        members=table("identity.members"),
    )
    for key in keys:
        owners = table(f"owners.{key}")
        owners.set("alias", exp.TableAlias(this=exp.to_identifier(_alias(key))))
        matches = sql("$k.value = s.person_value and s.person_key = $key", k=exp.to_identifier(_alias(key)), key=key)
        assert isinstance(tree, exp.Select), "a SELECT with a join more is a SELECT"
        tree = tree.join(owners, on=matches, join_type="left")
    return Query(f"profiles.{name}", tree, f"Customers of {name}", Publish.REPLACE)


def _account_customers() -> Query:
    tree = query(
        "select distinct r.account_id, m.customer_id from records r "
        "join members m on m.record_no = r.record_no where r.account_id is not null",
        records=table(staging.RECORDS.name),
        members=table("identity.members"),
    )
    return Query(profiles.ACCOUNT_CUSTOMERS.name, tree, "Customers of accounts", Publish.REPLACE)


def _alias(key: str) -> str:
    return f"by_{key}"
