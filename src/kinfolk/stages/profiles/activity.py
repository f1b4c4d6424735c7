"""What customers did: orders, events, tickets … tied to the customer they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlglot import exp

from kinfolk.engine.sql import column, query, sql, table, union_by_name
from kinfolk.engine.step import Patch, Publish, Query, patching
from kinfolk.model.source import Source
from kinfolk.tables import profiles, staging


def activity_steps(sources: Sequence[Source]) -> tuple[Query, ...]:
    """Steps that give every activity row its customer.

    A row leads to its customer by a record of a source, or by the value of a key; a value that leads to more
    than one customer leads to none.

    Reads   staging.<orders, …>, staging.records, identity.members
    Writes  profiles.<orders, …>, profiles.account_customers
    """
    keys = _keys(sources)
    steps = [_owners(key) for key in keys]
    steps += [_attached(name, keys, attributes) for name, attributes in _fed(sources).items()]
    return (*steps, _account_customers())


def touched_activity_steps(sources: Sequence[Source], among: str) -> tuple[Query, ...]:
    """The same, for rows that came, went or changed and rows whose customer may have; the others stay as published.

    Reads   also among                     the customers that changed, by customer_id
            touched.records                record_no of rows landed or superseded
            touched.superseded             rows of staging.records that are no longer so
            touched.members                source, record_id of records that are, or were, of a changed customer
    Writes  patches
    """
    keys, steps = _keys(sources), list[Query]()
    values = [_values_touched(key, among) for key in keys]
    fed = _fed(sources)
    steps += [_touched_rows(name, keys) for name in fed]
    steps += [_owners(key, [f"touched.{name}" for name in fed]) for key in keys]
    for name, attributes in fed.items():
        step = _attached(name, keys, attributes)
        rows = query("select record_no from rows", rows=table(f"touched.{name}"))
        tree = step.tree.where(sql("s.record_no in ($rows)", rows=rows))
        steps.append(patching(replace(step, tree=tree), Patch("record_no", f"touched.{name}")))
    accounts = _account_customers()
    some = query("select customer_id from t", t=table(among))
    accounts = replace(accounts, tree=accounts.tree.where(sql("m.customer_id in ($some)", some=some)))
    return (*values, *steps, patching(accounts, Patch("customer_id", among)))


def _keys(sources: Sequence[Source]) -> tuple[str, ...]:
    return tuple(sorted({s.belongs_to.key for s in sources if s.belongs_to and s.belongs_to.key}))


def _fed(sources: Sequence[Source]) -> dict[str, tuple[str, ...]]:
    """Activity tables that some source feeds -> the company's own columns of each."""
    return {
        name: tuple(dict.fromkeys(a for s in sources if (m := s.mapping(name)) for a in m.attributes))
        for name in staging.ACTIVITY
        if any(s.mapping(name) for s in sources)
    }


def _values_touched(key: str, among: str) -> Query:
    """Values of a key that records of changed customers have, or had."""
    tree = query(
        "select $k as value from records r join members m on m.record_no = r.record_no "
        "where m.customer_id in (select customer_id from among) and $k is not null "
        "union select $k from superseded r where $k is not null",
        k=column(key, "r"),
        records=table(staging.RECORDS.name),
        members=table("identity.members"),
        among=table(among),
        superseded=table("touched.superseded"),
    )
    return Query(f"touched.values_{key}", tree, f"Values of {key} that changed hands")


def _touched_rows(name: str, keys: Sequence[str]) -> Query:
    staged = table(f"staging.{name}")
    trees = [
        query("select record_no from touched", touched=table("touched.records")),
        query(
            "select s.record_no from staged s join members m on m.source = s.person_source "
            "and m.record_id = s.person_value",
            staged=staged.copy(),
            members=table("touched.members"),
        ),
    ]
    trees += [
        query(
            "select record_no from staged where person_key = $key and person_value in (select value from found)",
            key=key,
            staged=staged.copy(),
            found=table(f"touched.values_{key}"),
        )
        for key in keys
    ]
    return Query(f"touched.{name}", union_by_name(trees), f"Rows of {name} whose customer may have changed")


def _owners(key: str, among: Sequence[str] = ()) -> Query:
    """Values of a key that lead to exactly one customer."""
    tree = query(
        "select cast($k as varchar) as value, min(m.customer_id) as customer_id from records r "
        "join members m on m.record_no = r.record_no where $k is not null "
        "group by all having min(m.customer_id) = max(m.customer_id)",
        k=column(key, "r"),
        records=table(staging.RECORDS.name),
        members=table("identity.members"),
    )
    if among:
        wanted = [
            query(
                "select s.person_value from staged s where s.record_no in (select record_no from rows)",
                staged=table(f"staging.{name.removeprefix('touched.')}"),
                rows=table(name),
            )
            for name in among
        ]
        assert isinstance(tree, exp.Select), "a SELECT with a condition is a SELECT"
        tree = tree.where(sql("$k in ($wanted)", k=column(key, "r"), wanted=union_by_name(wanted)))
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
