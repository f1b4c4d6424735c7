"""Which state each run published, and where it ran."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds `host`, `snapshot_id` and `gone_because` to `runs`."""
    op.add_column("runs", sa.Column("host", sa.String))
    op.add_column("runs", sa.Column("snapshot_id", sa.BigInteger))
    op.add_column("runs", sa.Column("gone_because", sa.String))
