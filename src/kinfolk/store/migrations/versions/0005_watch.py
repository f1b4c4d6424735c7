"""Which source a step was about, and which step a run failed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"


def upgrade() -> None:
    """Adds `source` and `failed` to `steps`."""
    op.add_column("steps", sa.Column("source", sa.String))
    op.add_column("steps", sa.Column("failed", sa.Boolean, nullable=False, server_default="0"))
