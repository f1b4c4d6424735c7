"""`kinfolk identity households` and `accounts`: who lives with whom, and who belongs to which company."""

from __future__ import annotations

from typing import Any

from kinfolk.commands.open_project import Where, open_project
from kinfolk.engine.reader import reading
from kinfolk.engine.sql import column, query, sql, table
from kinfolk.errors import NotFoundError
from kinfolk.tables.households import ACCOUNT_MEMBERS, ACCOUNTS, HOUSEHOLDS
from kinfolk.tables.profiles import CUSTOMERS
from kinfolk.tables.table import Table

Rows = list[dict[str, Any]]


def households(
    where: Where, customer: str | None = None, limit: int | None = None, environment: str | None = None
) -> Rows:
    """A row for each customer who lives with others, household by household; of one customer's household where asked.

    Errors  NotFoundError where the project finds no households
    """
    tree = query(
        "select h.*, concat_ws(' ', c.first_name, c.last_name) as name from h "
        "join customers c on c.customer_id = h.customer_id where $one "
        "order by length(h.household_id), h.household_id, length(h.customer_id), h.customer_id limit $limit",
        h=table(HOUSEHOLDS.name),
        customers=table(CUSTOMERS.name),
        one=_of(HOUSEHOLDS, "household_id", customer),
        limit=limit,
    )
    return _read(where, HOUSEHOLDS, tree, environment)


def accounts(
    where: Where, customer: str | None = None, limit: int | None = None, environment: str | None = None
) -> Rows:
    """A row for each account, those with most customers first; of one customer's accounts where asked.

    Errors  NotFoundError where the project finds no accounts
    """
    tree = query(
        "select h.*, (select string_agg(distinct found_by || ': ' || value, ', ' order by found_by || ': ' || value) "
        "from members m where m.account_id = h.account_id) as led_by from h "
        "where $one order by customers desc, length(account_id), account_id limit $limit",
        h=table(ACCOUNTS.name),
        members=table(ACCOUNT_MEMBERS.name),
        one=_of(ACCOUNT_MEMBERS, "account_id", customer),
        limit=limit,
    )
    return _read(where, ACCOUNTS, tree, environment)


def _of(members: Table, group: str, customer: str | None) -> Any:
    if customer is None:
        return sql("true")
    theirs = query(
        "select $group from t where customer_id = upper($c)", group=column(group), t=table(members.name), c=customer
    )
    return sql("$group in ($theirs)", group=column(group, "h"), theirs=theirs)


def _read(where: Where, described: Table, tree: Any, environment: str | None) -> Rows:
    kind = described.name.partition(".")[2]
    with reading(open_project(where, environment).state) as reader:
        if not reader.present(described.name):
            raise NotFoundError(
                f"This project has no {kind}.", hint=f"Declare `{kind}:` in identity.yml, then `kinfolk run`."
            )
        return reader.read(tree).dicts()
