"""The databases Kinfolk reads."""

from __future__ import annotations

from kinfolk.connectors.database.adbc import ADBC as _ADBC
from kinfolk.connectors.database.connector import DatabaseConnector
from kinfolk.connectors.database.duckdb_file import DUCKDB as _DUCKDB
from kinfolk.connectors.database.mysql import MYSQL as _MYSQL
from kinfolk.connectors.database.postgres import POSTGRES as _POSTGRES
from kinfolk.connectors.database.sqlite import SQLITE as _SQLITE

ADBC = DatabaseConnector(_ADBC, "adbc")
DUCKDB = DatabaseConnector(_DUCKDB, "adbc")
MYSQL = DatabaseConnector(_MYSQL, "mysql")
POSTGRES = DatabaseConnector(_POSTGRES, "postgres")
SQLITE = DatabaseConnector(_SQLITE, "sqlite")
