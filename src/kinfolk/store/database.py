"""Opens the control state: one SQLite file in the project's state folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError

from kinfolk.errors import EngineError
from kinfolk.store.schema import HEAD

_PRAGMAS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    "pragma busy_timeout = 10000",
)


def open_store(state: Path) -> Engine:
    """The control state of a project, created or brought up to date when needed.

    Errors  EngineError when the file is damaged or cannot be written
    """
    state.mkdir(parents=True, exist_ok=True)
    engine = create_engine(URL.create("sqlite", database=str(_file(state))))

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see `writing`
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    try:
        _migrate(engine)
    except DatabaseError as error:
        raise EngineError(
            f"The history of runs cannot be read or written ({error.orig}).",
            where=str(_file(state)),
            hint="If the file is damaged, delete it: nothing about customers is in it.",
        ) from error
    return engine


def exists(state: Path) -> bool:
    """Whether a project has any control state yet."""
    return _file(state).exists()


def _file(state: Path) -> Path:
    return state / "control.sqlite"


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that takes the write lock at once, so that two writers wait instead of failing half-way."""
    with engine.connect() as connection:
        connection.exec_driver_sql("begin immediate")
        try:
            yield connection
        except BaseException:
            connection.exec_driver_sql("rollback")
            raise
        connection.exec_driver_sql("commit")


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        if inspect(connection).has_table("alembic_version"):
            found = connection.execute(text("select version_num from alembic_version")).scalar()
            if found == HEAD:
                return
    # Imported only when there is something to migrate: alembic costs a sixth of a second.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["engine"] = engine
    command.upgrade(config, "head")
