"""Alembic's entry: migrates the engine it is handed, in one transaction."""

from __future__ import annotations

from alembic import context

from kinfolk.store.schema import metadata

with context.config.attributes["engine"].connect() as connection:
    connection.exec_driver_sql("begin immediate")
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=False)
    context.run_migrations()
    connection.exec_driver_sql("commit")
