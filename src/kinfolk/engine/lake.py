"""The lake: published tables as Parquet files under one transactional catalogue (DuckLake on SQLite)."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import duckdb
from sqlglot import exp

from kinfolk.engine import spill, sql
from kinfolk.errors import EngineError
from kinfolk.expressions.template import fill

LAKE = "lake"
Options = list[tuple[str, str | None]]
LANDING = "landing_lake"  # the lake whose landing is read, where that is another environment's
_EXTENSIONS = ("sqlite_scanner", "ducklake")


def exists(state: Path) -> bool:
    """Whether a run has ever been published into this state folder."""
    return catalogue_of(state).exists()


def connect(state: Path, *, read_only: bool, snapshot: int | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory database with the lake of `state` attached as `lake`; made if a writer asks and there is none.

    snapshot  the state to read, by its number; None = the last one

    Errors  EngineError when the extensions are not installed or the catalogue cannot be opened
    """
    if not read_only:
        data_folder(state).mkdir(parents=True, exist_ok=True)
    connection = _with_extensions(_config(spill.folder(state)))
    if not read_only and not exists(state):
        _make(connection, state)
    # With a write-ahead log a reader that is still reading does not keep a run from publishing.
    how: Options = [("READ_ONLY", None)] if read_only else [("META_JOURNAL_MODE", "WAL")]
    how += [("SNAPSHOT_VERSION", str(snapshot))] if snapshot is not None else []
    attach(connection, state, LAKE, how)
    return connection


def _make(connection: duckdb.DuckDBPyConnection, state: Path) -> None:
    """Makes the catalogue of a lake aside, and puts it in its place when it is whole.

    A run that is stopped or killed while it is made would leave one that can be neither read nor made again.
    """
    unfinished = catalogue_of(state).with_suffix(".new")
    for left in unfinished.parent.glob(f"{unfinished.name}*"):
        left.unlink()
    attach(connection, state, LAKE, [], unfinished)
    connection.execute(sql.text(fill("detach $name", name=exp.to_identifier(LAKE))))
    unfinished.replace(catalogue_of(state))


def behold(state: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory database that sees the lake as it is now, whatever is published meanwhile, and leaves no trace.

    Errors  EngineError when the extensions are not installed or the catalogue cannot be opened
    """
    # A run under way spills into its own folder.
    folder = spill.folder(state) if state.exists() else Path(tempfile.gettempdir()) / f"spill-{os.getpid()}"
    connection = _with_extensions(_config(folder))
    if exists(state):
        attach_as_it_is(connection, state, LAKE)
    else:
        connection.execute(sql.text(exp.Attach(this=exp.alias_(exp.Literal.string(":memory:"), LAKE))))
    connection.execute("set timezone = 'UTC'")
    return connection


def attach_as_it_is(connection: duckdb.DuckDBPyConnection, state: Path, name: str) -> None:
    """Attaches the lake of `state` at its newest snapshot, to be read only."""
    attach(connection, state, name, [("READ_ONLY", None)])
    newest = newest_snapshot(connection, name)
    connection.execute(sql.text(fill("detach $name", name=exp.to_identifier(name))))
    attach(connection, state, name, [("SNAPSHOT_VERSION", str(newest))])


def newest_snapshot(connection: duckdb.DuckDBPyConnection, name: str = LAKE) -> int:
    """The number of the lake's state that is read; each publication makes a greater one."""
    found = exp.select("id").from_(exp.Table(this=exp.Anonymous(this="current_snapshot"), db=exp.to_identifier(name)))
    return int(connection.execute(sql.text(found)).fetchall()[0][0])


def published_at(connection: duckdb.DuckDBPyConnection, name: str = LAKE) -> int:
    """When the state that is read was published, in microseconds since 1970.

    Its number would not do to tell it apart: after a restore numbers are given out a second time.
    """
    states = exp.Table(this=exp.Anonymous(this="snapshots"), db=exp.to_identifier(name))
    tree = (
        exp.select("epoch_us(snapshot_time)")
        .from_(states)
        .where(exp.column("snapshot_id").eq(newest_snapshot(connection, name)))
    )
    return int(connection.execute(sql.text(tree)).fetchall()[0][0])


def _config(spill_folder: Path) -> dict[str, str | bool | int | float | list[str]]:
    return {"autoload_known_extensions": "false", "temp_directory": str(spill_folder)}


def attach(
    connection: duckdb.DuckDBPyConnection, state: Path, name: str, how: Options, catalogue: Path | None = None
) -> None:
    """Attaches the lake of `state` under that name. Errors: EngineError when its catalogue cannot be opened."""
    catalogue = catalogue or catalogue_of(state)
    # The folder may have been moved since the catalogue was made, so where the data lies is said anew each time.
    # Rows written into the catalogue itself would be one more place to erase, and of a table of 2,000 columns the
    # catalogue cannot hold them.
    options = [
        ("DATA_PATH", str(data_folder(state))),
        ("OVERRIDE_DATA_PATH", None),
        ("DATA_INLINING_ROW_LIMIT", "0"),
        *how,
    ]
    statement = exp.Attach(
        this=exp.alias_(exp.Literal.string(f"ducklake:sqlite:{catalogue}"), name),
        expressions=[
            exp.AttachOption(this=exp.var(key), expression=value and exp.Literal.string(value))
            for key, value in options
        ],
    )
    try:
        connection.execute(sql.text(statement))
    except duckdb.Error as error:
        what = f"The catalogue of the lake cannot be opened: {str(error).splitlines()[0].rstrip('.')}."
        raise unusable(catalogue, what) from error
    connection.execute("set timezone = 'UTC'")


def damaged(state: Path, error: duckdb.Error) -> bool:
    """Whether an error says that a file of the lake is gone, or is no Parquet file."""
    kinds = (duckdb.IOException, duckdb.InvalidInputException)
    return isinstance(error, kinds) and str(data_folder(state)) in str(error)


def unusable(place: Path, what: str) -> EngineError:
    """The error that says what is wrong with a lake, and what can be done about it."""
    hint = (
        "`kinfolk doctor` says what is whole. Restore a backup; or move .kinfolk away and run again, but then "
        "customer ids are new."
    )
    if _disk_full(place):
        hint = "The disk is full: make room and try again. Nothing has to be restored for that."
    return EngineError(what, where=str(place), hint=hint)


def _disk_full(place: Path) -> bool:
    with suppress(OSError):
        return shutil.disk_usage(place.parent).free < _ROOM
    return False


_ROOM = 1 << 20  # bytes; with less even a reader fails, which keeps notes of its own beside the catalogue
_CHECKED: set[Path] = set()


def _with_extensions(config: dict[str, str | bool | int | float | list[str]]) -> duckdb.DuckDBPyConnection:
    """A connection that knows the lake's format.

    DuckDB checks an extension's signature each time it is loaded (0.07 s each). Once in a process is enough.
    """
    paths = [_extension(name) for name in _EXTENSIONS]
    if _CHECKED.issuperset(paths):
        config = {**config, "allow_unsigned_extensions": "true"}
    connection = duckdb.connect(":memory:", config=config)
    for path in paths:
        connection.load_extension(str(path))
    _CHECKED.update(paths)
    return connection


def lock_down(connection: duckdb.DuckDBPyConnection, state: Path) -> None:
    """From here on this connection reads the lake's own files and nothing else; settings are frozen.

    For SQL that people write: no other files, no network, no attaching, no loading of extensions.
    """
    if connection.execute("select current_setting('lock_configuration')").fetchall() == [(True,)]:
        return
    # Not as a bound parameter: DuckDB imports pandas, where it is installed, to bind one.
    connection.execute(sql.text(fill("set allowed_directories = [$folder]", folder=str(state / "lake"))))
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def tables(connection: duckdb.DuckDBPyConnection, name: str = LAKE) -> dict[str, tuple[str, ...]]:
    """Published tables and views, schema.name -> column names, of the lake attached under that name."""
    found: dict[str, list[str]] = {}
    columns = fill(
        "select schema_name || '.' || table_name, column_name from duckdb_columns() "
        "where database_name = $name order by 1, column_index",
        name=name,
    )
    for table, column in connection.execute(sql.text(columns)).fetchall():
        found.setdefault(table, []).append(column)
    return {table: tuple(columns) for table, columns in found.items()}


def data_folder(state: Path) -> Path:
    """Where the files of the tables lie."""
    return state / "lake" / "data"


def catalogue_of(state: Path) -> Path:
    """The file that says which data is published; every publication and every rollback writes it."""
    return state / "lake" / "catalog.sqlite"


def _extension(name: str) -> Path:
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    folder = Path(spec.origin).parent if spec and spec.origin else None
    path = folder and folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if path is None or not path.exists():
        raise EngineError(
            f"DuckDB {duckdb.__version__} needs its extension {name}, which is not installed.",
            hint="Reinstall kinfolk: it pins DuckDB and its extensions to one version.",
        )
    return path
