"""Users, groups, sessions, tokens: who may ask, beside what policies/access.yml says of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds users, groups and their members, invitations, sessions, failures to sign in and tokens, all empty."""
    _people()
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.user_id"), nullable=False),
        sa.Column("groups", sa.JSON, nullable=False),
        *(sa.Column(name, sa.DateTime, nullable=False) for name in ("created_at", "last_seen_at", "expires_at")),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("failure_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("failed_at", sa.DateTime, nullable=False),
    )
    op.create_index("sign_in_failures_by_account", "sign_in_failures", ["account"])
    op.create_table(
        "tokens",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("may", sa.JSON, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        *(sa.Column(name, sa.DateTime, nullable=False) for name in ("created_at", "expires_at")),
        *(sa.Column(name, sa.DateTime) for name in ("last_used_at", "revoked_at")),
    )


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", sa.String(32), primary_key=True),
        sa.Column("email", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String),
        sa.Column("password", sa.String),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        *(sa.Column(name, sa.String, unique=True) for name in ("subject", "external_id")),
        sa.Column("created_by", sa.String),
        sa.Column("last_seen_at", sa.DateTime),
        *(sa.Column(name, sa.DateTime, nullable=False) for name in ("created_at", "updated_at")),
    )
    op.create_table(
        "groups",
        sa.Column("group_id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("external_id", sa.String, unique=True),
        *(sa.Column(name, sa.DateTime, nullable=False) for name in ("created_at", "updated_at")),
    )
    op.create_table(
        "group_members",
        sa.Column("group_id", sa.String(32), sa.ForeignKey("groups.group_id", ondelete="cascade"), primary_key=True),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.user_id", ondelete="cascade"), primary_key=True),
    )
    op.create_table(
        "invitations",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.user_id", ondelete="cascade")),
        *(sa.Column(name, sa.DateTime, nullable=False) for name in ("created_at", "expires_at")),
        sa.Column("used_at", sa.DateTime),
    )
