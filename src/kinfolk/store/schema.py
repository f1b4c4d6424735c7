"""Tables of the control state (SQLAlchemy Core); `migrations/` brings an older file up to them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

HEAD = "0009"  # the newest migration


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets time zones, so they are taken off on the way in and put back on the way out."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC without zone, for the database."""
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """UTC with zone, for Python."""
        return value.replace(tzinfo=UTC) if value else None


metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("run_id", Integer, primary_key=True, autoincrement=True),
    Column("status", String(16), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("error", String),
    Column("process_id", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("host", String),
    Column("snapshot_id", BigInteger),  # of the state it published
    Column("gone_because", String),  # why that state cannot be read any more
    Column("definition", Text),  # empty where it is that of the run before
)

steps = Table(
    "steps",
    metadata,
    Column("run_id", ForeignKey("runs.run_id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("rows_in", BigInteger),
    Column("rows_out", BigInteger),
    Column("rows_rejected", BigInteger, nullable=False),
    Column("peak_mb", Integer, nullable=False),
    Column("source", String),
    Column("failed", Boolean, nullable=False, server_default="0"),
)

# The ledger of consents: rows are only ever added. Whom a row is about lies in a table of its own, which an erasure
# empties; the ledger keeps a salted commitment to it, and so verifies as before (store/chain.py).
consent_ledger = Table(
    "consent_ledger",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("part_of", Integer, nullable=False),
    Column("carried", Boolean, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("purpose", String, nullable=False),
    Column("choice", String(16), nullable=False),
    Column("effective_at", Moment, nullable=False),
    Column("ranks_at", Moment),
    Column("expires_at", Moment),
    Column("policy_version", String),
    Column("notice", String(64)),
    Column("channel", String),
    Column("topic", String),
    Column("commitment", String(64), nullable=False),
    Column("chain", String(64), nullable=False),
)

consent_subjects = Table(
    "consent_subjects",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("source", String),
    Column("value", String, nullable=False),
    Column("collection_method", String),
    Column("collected_at", String),
    Column("recorded_by", String),
    Column("proof", Text),
    Column("salt", String(64), nullable=False),
    Index("consent_subjects_by_value", "value"),
)

# Erasures are rows of the same ledger, numbered and chained with the others. rows: numbers, as a JSON list.
consent_erasures = Table(
    "consent_erasures",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("erased_at", Moment, nullable=False),
    Column("rows", Text, nullable=False),
    Column("erased_by", String),
    Column("reason", String),
    Column("chain", String(64), nullable=False),
)

# How many rows there are and how the last one is chained, so that a missing last row is missed.
consent_head = Table(
    "consent_head",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("entries", Integer, nullable=False),
    Column("chain", String(64), nullable=False),
)

# People who sign in, and the groups they are in. What they may do follows from policies/access.yml and, for those who
# were given roles here, from `roles`. Passwords are kept as argon2 makes them, and of everything else that opens a door
# only its sha256, so that nobody who reads this file can use it.
users = Table(
    "users",
    metadata,
    Column("user_id", String(32), primary_key=True),
    Column("email", String, nullable=False, unique=True),  # in lower case
    Column("name", String),
    Column("password", String),
    Column("active", Boolean, nullable=False),
    Column("roles", JSON, nullable=False),
    Column("subject", String, unique=True),  # at the identity provider
    Column("external_id", String, unique=True),  # at what provisions accounts
    Column("created_by", String),
    Column("last_seen_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

groups = Table(
    "groups",
    metadata,
    Column("group_id", String(32), primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("external_id", String, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

group_members = Table(
    "group_members",
    metadata,
    Column("group_id", ForeignKey("groups.group_id", ondelete="cascade"), primary_key=True),
    Column("user_id", ForeignKey("users.user_id", ondelete="cascade"), primary_key=True),
)

# Links that are good for one visit: of the first owner, and of people who are to choose a password.
invitations = Table(
    "invitations",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", ForeignKey("users.user_id", ondelete="cascade")),  # empty for the first owner
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", ForeignKey("users.user_id"), nullable=False),
    Column("groups", JSON, nullable=False),  # as the identity provider named them
    Column("created_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("failure_id", Integer, primary_key=True, autoincrement=True),
    Column("account", String(64), nullable=False),  # sha256 of the address, which anybody may have typed
    Column("failed_at", Moment, nullable=False),
    Index("sign_in_failures_by_account", "account"),
    Index("sign_in_failures_by_time", "failed_at"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", String, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("may", JSON, nullable=False),
    Column("created_by", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    Column("revoked_at", Moment),
)
