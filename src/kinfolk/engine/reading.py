"""Locators become work tables of text: every row lands, or is returned with the reason why it did not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp

from kinfolk.engine import sql
from kinfolk.errors import SourceError
from kinfolk.model.locator import ArrowBatches, ArrowStream, DelimitedFile, Locator, ParquetFile, Rejection

if TYPE_CHECKING:  # a run that finds nothing to read should not wait for Arrow
    import pyarrow as pa

_BATCH = "kinfolk_batch"
_PIECE_ROWS = 100_000
_PIECE_BYTES = 64_000_000

_DELIMITED = """
    select *, $part as _part
    from read_csv(
        $path, columns = $columns, delim = $delimiter, quote = $quote, escape = $quote, skip = $skip,
        header = false, auto_detect = false, hive_partitioning = false
    )
"""

_PARQUET = """
    select $cells, $part as _part, $number as _row
    from read_parquet($path, hive_partitioning = false)
"""

_PARQUET_COLUMNS = "describe select * from read_parquet($path, hive_partitioning = false)"

# Failures that say nothing about the file. Any other means that DuckDB's reader gave up on it (mixed line ends, a row
# too long, text after a quote …): the exact reader then says which row is at fault.
_OURS = (duckdb.OutOfMemoryException, duckdb.InternalException, duckdb.FatalException, duckdb.IOException)


@dataclass(frozen=True)
class ReadResult:
    """What became of one part.

    rows        rows in the table; with the rejections they are all rows of the part
    rejections  rows that cannot be read, in the order of the part
    notes       what was found out rather than declared, in sentences for a person
    """

    rows: int
    rejections: list[Rejection]
    notes: tuple[str, ...] = ()


def read(connection: duckdb.DuckDBPyConnection, locator: Locator, into: str, part: str) -> ReadResult:
    """Adds the rows of one part to the work table `into` ("schema.name"), which is made if it does not exist.

    Writes  one row per row of the part: its columns as text (empty text is NULL, columns the table lacks are added),
            _part (the given name), _row (1-based row of data in the part, rejected rows counted), in their order
    Errors  SourceError if the part cannot be read; nothing of it is in the table then. The connection must not
            be inside a transaction
    """
    table = _Table(connection, into, part)
    try:
        if isinstance(locator, DelimitedFile):
            rows, rejections = _read_delimited(table, locator)
        elif isinstance(locator, ParquetFile):
            rows, rejections = _read_parquet(table, locator), []
        elif isinstance(locator, ArrowStream):
            rows, rejections = _read_stream(table, locator), []
        else:
            rows, rejections = _read_exactly(table, locator)
    finally:
        if locator.discard:
            locator.discard()
    return ReadResult(rows, rejections, locator.notes)


class _Table:
    """The work table that is read into; `with table:` makes what is written one transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str, part: str) -> None:
        self.connection = connection
        self.name = sql.table(name)
        self.part = part
        self.columns: tuple[str, ...] = ()

    def __enter__(self) -> None:
        self.connection.begin()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:
            self.connection.rollback()
            self.columns = ()
        else:
            self.connection.commit()

    def run(self, tree: exp.Expr, values: object = None) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql.text(tree), values).fetchall()

    def have(self, columns: tuple[str, ...]) -> None:
        """Makes the table, or adds the columns it lacks."""
        if self.columns and {name.lower() for name in columns} <= {name.lower() for name in self.columns}:
            return
        types = {**dict.fromkeys(columns, "varchar"), "_part": "varchar", "_row": "bigint"}
        definitions = [
            exp.ColumnDef(this=exp.to_identifier(name, quoted=True), kind=exp.DataType.build(kind))
            for name, kind in types.items()
        ]
        self.run(exp.Create(this=exp.Schema(this=self.name, expressions=definitions), kind="TABLE", exists=True))
        query = sql.query("select * from part limit 0", part=self.name)
        there = [column[0] for column in self.connection.execute(sql.text(query)).description or ()]
        known = {name.lower() for name in there}
        for definition in definitions:
            if definition.name.lower() not in known:
                self.run(exp.Alter(this=self.name, kind="TABLE", actions=[definition]))
                there.append(definition.name)
        self.columns = tuple(there)

    def add(self, query: exp.Query, values: object = None) -> int:
        """Appends a query's rows, columns matched by name; returns how many."""
        [(count,)] = self.run(exp.Insert(this=self.name, by_name=True, expression=query), values)
        return int(count)

    def number(self, rows: int) -> bool:
        """Numbers the rows just appended in their order; whether their positions were unbroken, as they must be."""
        # Measured: 0.05 s a million rows, where row_number() would read the file with one thread (2 x the time).
        [(first, last)] = self.run(
            sql.query("select min(rowid), max(rowid) from part where _row is null", part=self.name)
        )
        if rows and last - first + 1 != rows:
            return False
        self.run(
            exp.update(
                self.name,
                {"_row": sql.sql("rowid - $first + 1", first=first)},
                where=sql.sql("_row is null"),
            )
        )
        return True


def _read_delimited(table: _Table, locator: DelimitedFile) -> tuple[int, list[Rejection]]:
    """Fast if that provably loses nothing, else exactly."""
    if locator.lines is not None:
        try:
            with table:
                return _read_fast(table, locator), []
        except _OURS:
            raise
        except (duckdb.Error, _Doubt):
            pass  # the transaction took back what was read
    return _read_exactly(table, ArrowBatches(locator.columns, locator.exact))


class _Doubt(Exception):
    """The fast reader's rows do not add up to the lines of the file."""


def _read_fast(table: _Table, locator: DelimitedFile) -> int:
    table.have(locator.columns)
    if "rowid" in {name.lower() for name in table.columns}:
        raise _Doubt  # the name that numbers rows means a column of the source here
    values = {
        "path": _literal_path(str(locator.path)),
        "part": table.part,
        "columns": dict.fromkeys(locator.columns, "VARCHAR"),
        "delimiter": locator.delimiter,
        "quote": locator.quote,
        "skip": locator.skip,
    }
    # The database binds the values itself: 10,000 columns as a syntax tree would cost half a second.
    rows = table.add(sql.query(_DELIMITED, **{name: exp.Placeholder(this=name) for name in values}), values)
    # Before the rows are numbered: until then they are those without a number.
    if not _adds_up(table, locator, rows) or not table.number(rows):
        raise _Doubt
    return rows


def _adds_up(table: _Table, locator: DelimitedFile, rows: int) -> bool:
    """Whether every line of the file is a row, lies within a value, or is blank."""
    assert locator.lines is not None
    over = locator.lines - rows
    if len(locator.columns) == 1 and locator.blank():
        return False  # DuckDB takes a blank line of a single column for a row
    if over <= 0:
        return over == 0
    over -= _line_ends_in_values(table, locator.columns) if locator.quote else 0
    return over == 0 or 0 < over <= locator.blank()


def _line_ends_in_values(table: _Table, columns: tuple[str, ...]) -> int:
    counts = [
        sql.sql(
            """coalesce(sum(case when contains($c, chr(10)) or contains($c, chr(13)) then
               2 * strlen($c) - strlen(replace(replace($c, chr(13) || chr(10), chr(10)), chr(10), ''))
               - strlen(replace(replace($c, chr(13) || chr(10), chr(10)), chr(13), ''))
               - 2 * (strlen($c) - strlen(replace($c, chr(13) || chr(10), chr(10)))) end), 0)""",
            c=sql.column(name),
        )
        for name in columns
    ]
    [found] = table.run(sql.query("select $counts from part where _row is null", counts=counts, part=table.name))
    return sum(found)


def _read_parquet(table: _Table, locator: ParquetFile) -> int:
    path = _literal_path(str(locator.path))
    try:
        with table:
            described = table.connection.execute(_PARQUET_COLUMNS, {"path": path}).fetchall()
            table.have(locator.columns)
            cells = [
                exp.alias_(_as_text(sql.column(name), kind), wanted, quoted=True)
                for (name, kind, *_), wanted in zip(described, locator.columns, strict=True)
            ]
            hidden = any(name.lower() == "file_row_number" for name, *_ in described)
            number = exp.null() if hidden else sql.sql("file_row_number + 1")
            rows = table.add(sql.query(_PARQUET, cells=cells, part=table.part, path=path, number=number))
            if rows != locator.rows or (hidden and not table.number(rows)):
                raise SourceError(f"{rows} rows were read where the file promises {locator.rows}.", where=table.part)
            return rows
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise SourceError(
            f"The Parquet file is damaged ({str(error).splitlines()[0]}).",
            where=table.part,
            hint="Copy or export it again.",
        ) from error


_FRACTION = """
    case when isnan($x) then null
         when $x = trunc($x) and abs($x) < 1e18 then cast(cast($x as bigint) as varchar)
         when isinf($x) or abs($x) < 1e-14 or not contains(cast($x as varchar), 'e') then cast($x as varchar)
         else rtrim(rtrim(format('{:.20f}', cast(cast($x as varchar) as double)), '0'), '.') end
"""


def _as_text(value: exp.Expression, kind: str) -> exp.Expression:
    """A typed value as text: plain decimals, ISO dates and times (UTC where a zone is known), JSON if nested."""
    if kind in ("FLOAT", "DOUBLE"):
        return sql.sql(_FRACTION, x=value)
    if kind == "TIMESTAMP WITH TIME ZONE":
        return sql.sql("cast($x at time zone 'UTC' as varchar) || '+00:00'", x=value)
    if kind == "BLOB":
        return sql.sql("nullif(coalesce(try(decode($x)), hex($x)), '')", x=value)
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        return sql.sql("cast(to_json($x) as varchar)", x=value)
    return sql.sql("nullif(cast($x as varchar), '')", x=value)


def _read_stream(table: _Table, locator: ArrowStream) -> int:
    rows = 0
    with table:
        table.have(locator.columns)
        for piece in _pieces(locator.batches()):
            rows += _append_typed(table, piece, rows)
    return rows


def _pieces(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches put together until they are worth a statement of their own."""
    import pyarrow as pa

    kept: list[pa.RecordBatch] = []
    for batch in batches:
        if kept and not batch.schema.equals(kept[0].schema):
            yield pa.Table.from_batches(kept)
            kept = []
        kept.append(batch)
        if sum(b.num_rows for b in kept) >= _PIECE_ROWS or sum(b.nbytes for b in kept) >= _PIECE_BYTES:
            yield pa.Table.from_batches(kept)
            kept = []
    if kept:
        yield pa.Table.from_batches(kept)


def _append_typed(table: _Table, piece: pa.Table, before: int) -> int:
    """Appends a piece of a stream as text; `before` rows of it are in the table already."""
    import pyarrow as pa

    numbered = piece.append_column("_row", pa.array(range(before + 1, before + piece.num_rows + 1), pa.int64()))
    table.connection.register(_BATCH, numbered)
    try:
        described = table.connection.execute("describe select * from kinfolk_batch").fetchall()
        cells = [
            exp.alias_(_as_text(sql.column(name), kind), name, quoted=True)
            for name, kind, *_ in described
            if name != "_row"
        ]
        return table.add(
            sql.query("select $cells, $part as _part, _row from kinfolk_batch", cells=cells, part=table.part)
        )
    finally:
        table.connection.unregister(_BATCH)


def _read_exactly(table: _Table, locator: ArrowBatches) -> tuple[int, list[Rejection]]:
    rows, rejections = 0, list[Rejection]()
    with table:
        table.have(locator.columns)
        for found in locator.rows():
            if isinstance(found, Rejection):
                rejections.append(found)
            else:
                rows += _append(table, found)
    return rows, rejections


def _append(table: _Table, batch: pa.RecordBatch) -> int:
    table.have(tuple(name for name in batch.schema.names if name != "_row"))
    import pyarrow as pa

    table.connection.register(_BATCH, pa.Table.from_batches([batch]))
    try:
        return table.add(sql.query("select *, $part as _part from kinfolk_batch", part=table.part))
    finally:
        table.connection.unregister(_BATCH)


def _literal_path(path: str) -> str:
    """The path with *, ? and [ quoted: DuckDB takes them for a glob, and would read other files in silence."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in path)
