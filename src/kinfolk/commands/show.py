"""`kinfolk show`: one customer: the golden profile, where each value came from, the records behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlglot import exp

from kinfolk.commands.as_of import snapshot_as_of
from kinfolk.commands.open_project import Where, open_project
from kinfolk.engine.reader import Reader, reading
from kinfolk.engine.sql import column, query, sql, table
from kinfolk.errors import NotFoundError
from kinfolk.tables import identity, profiles, staging

_LISTED = 20


@dataclass(frozen=True)
class Candidate:
    """One of several customers that fit what was asked."""

    customer_id: str
    name: str
    email: str | None
    phone: str | None
    city: str | None


@dataclass(frozen=True)
class Profile:
    """One customer.

    values    rows of profiles.lineage, in the order of the profile's columns
    records   source, record_id, observed_at and the known values of each record behind the profile
    activity  table -> rows that belong to the customer
    aliases   ids this customer had before
    review    rows of identity.review that concern this customer
    """

    customer_id: str
    asked_for: str
    summary: dict[str, Any]
    values: list[dict[str, Any]]
    records: list[dict[str, Any]]
    activity: dict[str, int] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    review: list[dict[str, Any]] = field(default_factory=list)


def show(folder: Path, who: str, environment: str | None = None, as_of: str | None = None) -> Profile | list[Candidate]:
    """The customer with that id, earlier id, e-mail, phone or name; a list where several fit.

    Errors  NotFoundError when nobody fits
    """
    project = open_project(folder, environment)
    with reading(project.state, snapshot_as_of(project, as_of)) as reader:
        found = _find(reader, who.strip(), _LISTED)
        if not found and _given_up(reader, who.strip()):
            raise _nobody_left(who)
        if not found:
            raise NotFoundError(
                f"No customer fits {who!r}.",
                hint="Ask by customer id, e-mail, phone in full (+49…), or part of a name.",
            )
        if len(found) > 1:
            return [_candidate(reader, customer_id) for customer_id in found]
        return read_profile(reader, found[0], who)


def search(where: Where, who: str, most: int = _LISTED, as_of: str | None = None) -> list[Candidate]:
    """Customers with that id, earlier id, e-mail, phone or name; none where nobody fits, so many at most."""
    project = open_project(where)
    with reading(project.state, snapshot_as_of(project, as_of)) as reader:
        return [_candidate(reader, customer_id) for customer_id in _find(reader, who.strip(), most)]


def profile(where: Where, customer_id: str, as_of: str | None = None) -> Profile:
    """The customer with that id, or one that it had before.

    Errors  NotFoundError when there is none
    """
    project = open_project(where)
    with reading(project.state, snapshot_as_of(project, as_of)) as reader:
        return read_profile(reader, the_one(reader, customer_id), customer_id)


def the_one(reader: Reader, customer_id: str) -> str:
    """The id of the customer that has it, or had it before. Errors: NotFoundError when there is none"""
    for name, is_theirs in _by_id(customer_id):
        if found := _ids(reader, name, is_theirs, 1):
            return found[0]
    raise _nobody_left(customer_id) if _given_up(reader, customer_id) else _no_customer(customer_id)


def read_profile(reader: Reader, customer_id: str, asked_for: str) -> Profile:
    """Everything known of one customer."""
    [row] = _of(reader, profiles.CUSTOMERS.name, customer_id)
    summary = {name: row[name] for name in ("records", "sources", "first_seen", "last_seen", "completeness")}
    values = {v["field"]: v for v in _of(reader, profiles.LINEAGE.name, customer_id)}
    return Profile(
        customer_id=customer_id,
        asked_for=asked_for,
        summary=summary,
        values=[values[name] for name in row if name in values],
        records=_records(reader, customer_id),
        activity={
            name: _number_of(reader, described.name, customer_id)
            for name, described in profiles.ACTIVITY.items()
            if reader.present(described.name)
        },
        aliases=[row["alias"] for row in _of(reader, identity.ALIASES.name, customer_id)],
        review=_review(reader, customer_id),
    )


def _by_id(who: str) -> list[tuple[str, exp.Expr]]:
    return [
        (profiles.CUSTOMERS.name, sql("customer_id = upper($who)", who=who)),
        (identity.ALIASES.name, sql("alias = upper($who) and customer_id is not null", who=who)),
    ]


def _find(reader: Reader, who: str, most: int) -> list[str]:
    """Customer ids that fit, so many at most, tried in order: id, earlier id, e-mail, phone, name."""
    customers, tries = profiles.CUSTOMERS.name, _by_id(who)
    if "@" in who:
        tries.append((customers, sql("email = lower($who)", who=who)))
        tries.append((staging.RECORDS.name, sql("email = lower($who)", who=who)))
    digits = "" if re.search(r"[^\W\d_]|@", who) else re.sub(r"\D", "", who)
    if len(digits.lstrip("0")) >= 6:
        tries.append((customers, sql("phone = $who", who="+" + digits)))
        tries.append((staging.RECORDS.name, sql("phone = $who", who="+" + digits)))
        tries.append((customers, sql("phone like $who", who="%" + digits.lstrip("0"))))
    words = [sql("contains(strip_accents(lower($n)), strip_accents(lower($w)))", n=_NAMES, w=w) for w in who.split()]
    if words:
        tries.append((customers, exp.and_(*words)))
    for name, condition in tries:
        found = _ids(reader, name, condition, most)
        if found:
            return found
    return []


def _nobody_left(who: str) -> NotFoundError:
    return NotFoundError(f"{who} was a customer once; none of its records is left.")


def _no_customer(customer_id: str) -> NotFoundError:
    return NotFoundError(f"There is no customer {customer_id}.", hint="Search by name, e-mail or phone.")


def _given_up(reader: Reader, who: str) -> bool:
    aliases = table(identity.ALIASES.name)
    return bool(reader.read(query("select 1 from aliases where alias = upper($who)", aliases=aliases, who=who)).rows)


_NAMES = sql("concat_ws(' ', first_name, middle_name, last_name, company)")


def _ids(reader: Reader, name: str, condition: exp.Expr, most: int) -> list[str]:
    if name == staging.RECORDS.name:
        tree = query(
            "select distinct m.customer_id from found f join members m on m.record_no = f.record_no where $condition",
            condition=condition,
            found=table(name),
            members=table(identity.MEMBERS.name),
        )
    else:
        tree = query("select distinct customer_id from found where $condition", condition=condition, found=table(name))
    rows = reader.read(query("select * from ($tree) as f order by length(customer_id), 1 limit $n", tree=tree, n=most))
    return [row[0] for row in rows.rows]


def _candidate(reader: Reader, customer_id: str) -> Candidate:
    [row] = _of(reader, profiles.CUSTOMERS.name, customer_id)
    name = " ".join(part for part in (row["first_name"], row["last_name"]) if part) or row["company"] or ""
    return Candidate(customer_id, name, row["email"], row["phone"], row["city"])


def _of(reader: Reader, name: str, customer_id: str) -> list[dict[str, Any]]:
    tree = query("select * from found where customer_id = $id", found=table(name), id=customer_id)
    return reader.read(tree).dicts()


def _number_of(reader: Reader, name: str, customer_id: str) -> int:
    tree = query("select count(*) from found where customer_id = $id", found=table(name), id=customer_id)
    [(rows,)] = reader.read(tree).rows
    return int(rows)


def _records(reader: Reader, customer_id: str) -> list[dict[str, Any]]:
    tree = query(
        "select r.* from members m join records r on r.record_no = m.record_no where m.customer_id = $id "
        "order by r.source, r.record_id",
        members=table(identity.MEMBERS.name),
        records=table(staging.RECORDS.name),
        id=customer_id,
    )
    return [{name: value for name, value in row.items() if value is not None} for row in reader.read(tree).dicts()]


def _review(reader: Reader, customer_id: str) -> list[dict[str, Any]]:
    tree = query(
        "select * from review where $a = $id or $b = $id order by weight desc",
        a=column("customer_a"),
        b=column("customer_b"),
        review=table(identity.REVIEW.name),
        id=customer_id,
    )
    return reader.read(tree).dicts()
