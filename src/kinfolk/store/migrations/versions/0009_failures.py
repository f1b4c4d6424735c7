"""Failures to sign in are found by when they were, so that those of long ago go without a look at all the others."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds the index."""
    op.create_index("sign_in_failures_by_time", "sign_in_failures", ["failed_at"])
