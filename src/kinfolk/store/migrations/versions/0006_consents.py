"""The ledger of consents, whom its rows are about, and its head."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds `consent_ledger`, `consent_subjects` and `consent_head`, all empty."""
    op.create_table(
        "consent_ledger",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("part_of", sa.Integer, nullable=False),
        sa.Column("recorded_at", sa.DateTime, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("choice", sa.String(16), nullable=False),
        sa.Column("effective_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime),
        *(sa.Column(name, sa.String) for name in ("policy_version", "channel", "topic")),
        *(sa.Column(name, sa.String) for name in ("collection_method", "collected_at", "recorded_by")),
        sa.Column("commitment", sa.String(64), nullable=False),
        sa.Column("chain", sa.String(64), nullable=False),
    )
    op.create_table(
        "consent_subjects",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("source", sa.String),
        sa.Column("value", sa.String, nullable=False),
        sa.Column("proof", sa.Text),
        sa.Column("salt", sa.String(64), nullable=False),
    )
    op.create_index("consent_subjects_by_value", "consent_subjects", ["value"])
    op.create_table(
        "consent_head",
        sa.Column("only", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("chain", sa.String(64), nullable=False),
    )
