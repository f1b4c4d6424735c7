"""Who the customers in a plan's examples are, for the person at the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from kinfolk.engine.compare import published
from kinfolk.engine.duckdb import Session
from kinfolk.engine.sql import column, query, sql, table
from kinfolk.model.plan import CustomerEffect
from kinfolk.tables.profiles import CUSTOMERS


@dataclass(frozen=True)
class People:
    """Customer id -> what the person is known by: before, as they are published; after, as they would be."""

    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


def people_of(session: Session, effect: CustomerEffect | None) -> People:
    """The people in the examples."""
    examples = effect.examples if effect else ()
    was = {customer for moved in examples for customer in moved.before}
    will = {customer for moved in examples for customer in moved.after}
    old = session.published.get(CUSTOMERS.name, ())
    return People(
        _known_as(session, published(CUSTOMERS.name), old, was) if old else {},
        _known_as(session, table(CUSTOMERS.name), session.columns(CUSTOMERS.name), will) if will else {},
    )


def _known_as(session: Session, customers: exp.Table, columns: Iterable[str], ids: set[str]) -> dict[str, str]:
    known = set(columns)
    name = [column(c) for c in ("first_name", "last_name") if c in known]
    others = [column(c) for c in ("full_name", "company") if c in known]
    reached = [column(c) for c in ("email", "phone") if c in known]
    tree = query(
        "select customer_id, concat_ws(' ', $name, $reached) from customers where customer_id in ($ids)",
        name=_first([sql("nullif(concat_ws(' ', $parts), '')", parts=name), *others] if name else others),
        reached=_first(reached),
        customers=customers,
        ids=sorted(ids),
    )
    return {customer: words for customer, words in session.fetch(tree) if words} if ids else {}


def _first(values: Sequence[exp.Expr]) -> exp.Expr:
    """The first that is known."""
    return exp.func("coalesce", *values, exp.null())
