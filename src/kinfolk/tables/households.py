"""Who lives with whom, and who belongs to which company: graphs beside that of customers, where they are declared."""

from __future__ import annotations

from kinfolk.tables.table import Column, Erasure, Table

_CUSTOMER = Column("customer_id", "varchar", "the customer; stable across runs")
_HOUSEHOLD = Column("household_id", "varchar", "the household; stable across runs")
_ACCOUNT = Column("account_id", "varchar", "the account; stable across runs")
_GUARD = (
    Column("rule", "varchar", "the columns it concerns, joined by +"),
    Column("value", "varchar", "the value it concerns"),
    Column("customers", "bigint", "customers affected"),
    Column("effect", "varchar", "what was done, in words"),
)

HOUSEHOLDS = Table(
    name="identity.households",
    grain="one customer who lives with others",
    keys=("customer_id",),
    columns=(
        _HOUSEHOLD,
        _CUSTOMER,
        Column("nearest", "varchar", "the customer of the household with whom the evidence is strongest"),
        Column("probability", "double", "probability that these two are two people of one household, 0 to 1"),
        Column("evidence", "varchar", "columns in which these two have the same value, joined by commas"),
    ),
    subject="customer_id",
    erasure=Erasure.REBUILD,
)

FORMER_HOUSEHOLDS = Table(
    name="identity.former_households",
    grain="one household id that is no longer in use; it is never given to others",
    keys=("alias",),
    columns=(
        Column("alias", "varchar", "the id given up"),
        Column("household_id", "varchar", "the household it lives on in; empty where nobody is left of it"),
    ),
    subject=None,
    erasure=Erasure.KEEP,
)

HOUSEHOLD_GUARDS = Table(
    name="identity.household_guards",
    grain="one value that too many customers share to be a household",
    keys=("rule", "value"),
    columns=_GUARD,
    subject=None,
    erasure=Erasure.REBUILD,
)

ACCOUNTS = Table(
    name="identity.accounts",
    grain="one company that customers belong to",
    keys=("account_id",),
    columns=(
        _ACCOUNT,
        Column("name", "varchar", "its commonest company name, or else its strongest value"),
        Column("customers", "bigint", "customers who belong to it"),
    ),
    subject=None,
    erasure=Erasure.REBUILD,
)

ACCOUNT_MEMBERS = Table(
    name="identity.account_members",
    grain="one value by which one customer belongs to an account; a customer may belong to several",
    keys=("customer_id", "found_by", "value"),
    columns=(
        _ACCOUNT,
        _CUSTOMER,
        Column("found_by", "varchar", "the column, or email_domain"),
        Column("value", "varchar", "its value, in the form in which it is compared"),
    ),
    subject="customer_id",
    erasure=Erasure.REBUILD,
)

ACCOUNT_VALUES = Table(
    name="identity.account_values",
    grain="one value that leads to an account",
    keys=("tenant", "found_by", "value"),
    columns=(
        _ACCOUNT,
        Column("tenant", "varchar", "the world it holds in; an empty text where there is one world"),
        Column("found_by", "varchar", "the column, or email_domain"),
        Column("value", "varchar", "the value, in the form in which it is compared"),
    ),
    subject=None,
    erasure=Erasure.REBUILD,
)

FORMER_ACCOUNTS = Table(
    name="identity.former_accounts",
    grain="one account id that is no longer in use; it is never given to another",
    keys=("alias",),
    columns=(
        Column("alias", "varchar", "the id given up"),
        Column("account_id", "varchar", "the account it lives on in; empty where no value leads to it"),
    ),
    subject=None,
    erasure=Erasure.KEEP,
)

ACCOUNT_GUARDS = Table(
    name="identity.account_guards",
    grain="one value that leads to no account, or two that stand in the same records and lead to different ones",
    keys=("rule", "value"),
    columns=_GUARD,
    subject=None,
    erasure=Erasure.REBUILD,
)

HOUSEHOLD_TABLES = (HOUSEHOLDS, FORMER_HOUSEHOLDS, HOUSEHOLD_GUARDS)
ACCOUNT_TABLES = (ACCOUNTS, ACCOUNT_MEMBERS, ACCOUNT_VALUES, FORMER_ACCOUNTS, ACCOUNT_GUARDS)
TABLES = (*HOUSEHOLD_TABLES, *ACCOUNT_TABLES)
