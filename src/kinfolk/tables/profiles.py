"""Golden profiles: one row per customer, where each value came from, and what the customer did."""

from __future__ import annotations

from kinfolk.tables import staging
from kinfolk.tables.table import Column, Erasure, Table

_CUSTOMER = Column("customer_id", "varchar", "the customer; stable across runs")

CUSTOMERS = Table(
    name="profiles.customers",
    grain="one customer; attributes of the company's own follow the columns named here",
    keys=("customer_id",),
    columns=(
        _CUSTOMER,
        Column("records", "bigint", "records of people behind the profile"),
        Column("sources", "bigint", "sources those records come from"),
        Column("first_seen", "timestamp", "earliest observation among them (UTC)"),
        Column("last_seen", "timestamp", "latest observation among them (UTC)"),
        Column("completeness", "double", "share of core fields that are known, 0 to 1; null without core fields"),
        *(Column(c.name, c.type, c.about) for c in staging.PEOPLE),
    ),
    subject="customer_id",
    erasure=Erasure.REBUILD,
)

ORIGINS = Table(
    name="profiles.origins",
    grain="one customer; for each field (or fields that survive together) the landing row its value came from",
    keys=("customer_id",),
    columns=(_CUSTOMER,),
    subject="customer_id",
    erasure=Erasure.REBUILD,
)

LINEAGE = Table(
    name="profiles.lineage",
    grain="one golden value (a view over customers, origins and members)",
    keys=("customer_id", "field"),
    columns=(
        _CUSTOMER,
        Column("field", "varchar", "column of profiles.customers"),
        Column("value", "varchar", "the golden value, as text"),
        Column("source", "varchar", "the source it came from"),
        Column("record_id", "varchar", "the record in that source"),
        Column("observed_at", "timestamp", "when the source last saw the record so (UTC)"),
        Column("rule", "varchar", "the preferences that chose it, first to last"),
        Column("record_no", "bigint", "the landing row"),
        Column("original", "varchar", "the source's columns in that row"),
    ),
    subject="customer_id",
    erasure=Erasure.REBUILD,
)

DUPLICATES = Table(
    name="profiles.duplicates",
    grain="one source",
    keys=("source",),
    columns=(
        Column("source", "varchar", "name of the source"),
        Column("records", "bigint", "its current records"),
        Column("customers", "bigint", "customers they stand for"),
        Column("rate_before", "double", "share of its records that repeat a customer it already has, 0 to 1"),
        Column(
            "rate_after",
            "double",
            "expected share of its customers that are still doubles, from pairs in review that no rule holds apart",
        ),
    ),
    subject=None,
    erasure=Erasure.REBUILD,
)

ACCOUNT_CUSTOMERS = Table(
    name="profiles.account_customers",
    grain="one customer of one account",
    keys=("account_id", "customer_id"),
    columns=(Column("account_id", "varchar", "id of the account"), _CUSTOMER),
    subject="customer_id",
    erasure=Erasure.REBUILD,
)

ACTIVITY: dict[str, Table] = {
    name: Table(
        name=f"profiles.{name}",
        grain=staged.grain + ", with the customer it belongs to (null where none or more than one fits)",
        keys=staged.keys,
        columns=(_CUSTOMER, *(c for c in staged.columns if c not in (*staging.PERSON, staging.UNREAD))),
        subject="customer_id",
        erasure=Erasure.REBUILD,
    )
    for name, staged in staging.ACTIVITY.items()
}

TABLES = (CUSTOMERS, ORIGINS, LINEAGE, DUPLICATES, ACCOUNT_CUSTOMERS, *ACTIVITY.values())
