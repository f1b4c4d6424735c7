"""Real database servers for tests: a PostgreSQL of the tests' own, and a MariaDB where one can be reached."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server in a folder of its own, reached through its socket there."""

    folder: Path

    @property
    def options(self) -> dict[str, Any]:
        """What a source writes under `postgres:` to reach it."""
        return {"host": str(self.folder), "user": "postgres", "database": "postgres"}

    def run(self, *statements: str) -> None:
        """Runs statements, each in a transaction of its own."""
        import adbc_driver_postgresql.dbapi as dbapi

        with dbapi.connect(f"host='{self.folder}' user=postgres dbname=postgres", autocommit=True) as connection:
            for statement in statements:
                with connection.cursor() as cursor:
                    cursor.execute(statement)

    def fill(self, table: str, columns: dict[str, str], rows: Iterable[Iterable[Any]]) -> None:
        """A table anew, with these columns (name -> type) and rows of text."""
        self.run(*_statements(table, columns, rows, '"'))

    def lock_out(self, user: str, password: str) -> None:
        """A user who must know a password, when all others need none."""
        rules = self.folder / "pg_hba.conf"
        rules.write_text(f"local all {user} scram-sha-256\n" + rules.read_text())
        self.run(f"drop role if exists {user}", f"create role {user} login password '{password}'")
        self.run("select pg_reload_conf()")
        for _ in range(100):  # the server takes the new rules in its own time
            if not self._lets_in(user):
                return
            time.sleep(0.05)
        raise TimeoutError(f"PostgreSQL still lets {user} in without a password.")

    def _lets_in(self, user: str) -> bool:
        import adbc_driver_postgresql.dbapi as dbapi

        try:
            dbapi.connect(f"host='{self.folder}' user={user} dbname=postgres").close()
        except dbapi.Error:
            return False
        return True

    def hang_up(self) -> None:
        """Ends every other connection, as a restart of the server would."""
        self.run(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where pid <> pg_backend_pid() and usename is not null"
        )


@dataclass(frozen=True)
class Mysql:
    """The MariaDB or MySQL of this machine, database `test`."""

    options: dict[str, Any]

    def run(self, *statements: str) -> None:
        """Runs statements, each committed at once."""
        import pymysql

        with pymysql.connect(**self.options, autocommit=True, charset="utf8mb4") as connection:
            for statement in statements:
                with connection.cursor() as cursor:
                    cursor.execute(statement)

    def fill(self, table: str, columns: dict[str, str], rows: Iterable[Iterable[Any]]) -> None:
        """A table anew, with these columns (name -> type) and rows of text."""
        self.run(*_statements(table, columns, rows, "`"))

    def hang_up(self, table: str) -> None:
        """Ends the connections that read this table, as a restart of the server would."""
        import pymysql

        asked = "select id from information_schema.processlist where id <> connection_id() and info like %s"
        with pymysql.connect(**self.options) as connection, connection.cursor() as cursor:
            cursor.execute(asked, (f"%FROM `{table}` AS%",))
            for (number,) in cursor.fetchall():
                cursor.execute("kill %s", (number,))


def _statements(table: str, columns: dict[str, str], rows: Iterable[Iterable[Any]], mark: str) -> list[str]:
    named = ", ".join(f"{mark}{name}{mark} {kind}" for name, kind in columns.items())
    made = [f"drop table if exists {table}", f"create table {table} ({named})"]
    values = ", ".join("(" + ", ".join(map(_literal, row)) + ")" for row in rows)
    return [*made, f"insert into {table} values {values}"] if values else made


def _literal(value: Any) -> str:
    return "null" if value is None else "'" + str(value).replace("'", "''") + "'"
