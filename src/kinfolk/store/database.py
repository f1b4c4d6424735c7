"""Opens the control state: one SQLite file in the project's state folder."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError

from kinfolk.errors import BusyError, DamagedError, EngineError, KinfolkError
from kinfolk.store.schema import HEAD

_PRAGMAS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    "pragma busy_timeout = 10000",
    "pragma secure_delete = on",  # of who was erased nothing stays in free pages
)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def open_store(state: Path) -> Engine:
    """The control state of a project, created or brought up to date when needed.

    Errors  EngineError when the file cannot be read or written, DamagedError when it is damaged; BusyError
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    _make_private(file_of(state))
    engine = _engine(state)
    try:
        _migrate(engine)
    except DatabaseError as error:
        raise _unusable(engine, error) from error
    return engine


def _make_private(file: Path) -> None:
    """Creates the file, where there is none, for nobody else to read; those that the database adds have its mode.

    A file that is there is not touched: closing it would take from the process every lock it holds on its database
    (POSIX), and the next process to leave would remove the journal that this one goes on writing to.
    """
    with suppress(OSError):  # it is there; or what forbids it, the database tells
        os.close(os.open(file, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o600))


def open_as_it_is(state: Path) -> Engine | None:
    """The control state to read from beside whoever creates it or brings it up to date; None until that is done.

    Errors  EngineError when the file cannot be read, DamagedError when it is damaged; BusyError
    """
    engine = _engine(state)
    try:
        return engine if _version(engine) == HEAD else None
    except DatabaseError as error:
        raise _unusable(engine, error) from error


def _engine(state: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(file_of(state))))

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see `writing`
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    return engine


def exists(state: Path) -> bool:
    """Whether a project has any control state yet."""
    return file_of(state).exists()


def file_of(state: Path) -> Path:
    """The file of the control state."""
    return state / "control.sqlite"


def _unusable(engine: Engine, error: DatabaseError) -> KinfolkError:
    """What is wrong. Nobody may take a file that somebody is writing to for a damaged one, which is replaced."""
    code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the rest of it tells details
    if code in _BUSY:
        what = "Somebody else is writing to the history of runs or the ledger of consents."
        return BusyError(what, where=engine.url.database, hint="Try again when they are done.")
    kind = DamagedError if code in _DAMAGED else EngineError
    return kind(
        f"The history of runs cannot be read or written ({error.orig}).",
        where=engine.url.database,
        hint="Is the disk full? If the file is damaged, restore a backup.",
    )


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction of its own. Errors: as of `transaction`"""
    with engine.connect() as connection, transaction(connection):
        yield connection


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Takes the write lock at once, so that two writers wait instead of failing half-way.

    Errors  EngineError when the file cannot be written, DamagedError when it is damaged; BusyError while somebody else
            writes. Nothing of the transaction stays
    """
    try:
        connection.exec_driver_sql("begin immediate")
        yield
        connection.exec_driver_sql("commit")
    except BaseException as error:
        with suppress(DatabaseError):  # what failed may already have ended the transaction
            connection.exec_driver_sql("rollback")
        if isinstance(error, DatabaseError):
            raise _unusable(connection.engine, error) from error
        raise


def _version(engine: Engine) -> str | None:
    """The newest migration that the file has seen."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("select version_num from alembic_version")).scalar()


def _migrate(engine: Engine) -> None:
    if _version(engine) == HEAD:
        return
    # Imported only when there is something to migrate: alembic costs a sixth of a second.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["engine"] = engine
    command.upgrade(config, "head")
