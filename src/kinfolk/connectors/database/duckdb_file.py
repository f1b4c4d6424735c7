"""DuckDB files, through the Arrow driver that comes with DuckDB: read-only, apart from the engine's own session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kinfolk.connectors.database.adbc import AdbcDatabase, adbc_errors
from kinfolk.connectors.database.files import database_file, fingerprint_of
from kinfolk.connectors.database.options import FileDatabaseOptions


class DuckdbFile:
    """A DuckDB database in a file."""

    name = "DuckDB"

    def options(self, written: Mapping[str, Any]) -> FileDatabaseOptions:
        """The settings, checked."""
        return FileDatabaseOptions.model_validate(written)

    def place(self, options: FileDatabaseOptions) -> str:
        """The file."""
        return options.path

    def fingerprint(self, options: FileDatabaseOptions, folder: Path) -> str:
        """sha256 of the file and of the log beside it."""
        return fingerprint_of(options.path, folder, (".wal",))

    @contextmanager
    def connect(self, options: FileDatabaseOptions, folder: Path) -> Iterator[AdbcDatabase]:
        """The file, open for reading."""
        import adbc_driver_duckdb
        import adbc_driver_manager.dbapi as dbapi

        file = database_file(options.path, folder)
        settings = {"path": str(file), "access_mode": "READ_ONLY", "autoinstall_known_extensions": "false"}
        driver = adbc_driver_duckdb.driver_path()
        with dbapi.connect(driver, entrypoint="duckdb_adbc_init", db_kwargs=settings) as connection:
            yield AdbcDatabase(connection, "duckdb")

    def errors(self) -> tuple[type[Exception], ...]:
        """What ADBC raises."""
        return adbc_errors()


DUCKDB = DuckdbFile()
