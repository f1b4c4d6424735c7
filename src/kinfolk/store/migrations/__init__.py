"""Steps from each version of the control state to the next (Alembic)."""
