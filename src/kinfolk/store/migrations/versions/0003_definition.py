"""What the project said when a run was started."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds the column `definition` to the table `runs`; runs of before have none."""
    op.add_column("runs", sa.Column("definition", sa.Text))
