"""What a connector hands to the engine: where bytes are and how to read them, never the rows themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Rejection:
    """A row that cannot be read. It is kept, with its reason, never dropped.

    line  where it begins in its file, counted from 1
    text  the row as it stands there; beyond 100,000 characters only its beginning
    """

    line: int | None
    reason: str
    text: str


# Rows as they are read: batches of text columns with a column _row (1-based row of data), and rows that cannot be read.
Rows = Callable[[], "Iterator[pa.RecordBatch | Rejection]"]


@dataclass(frozen=True)
class DelimitedFile:
    """A text file of rows in UTF-8, to be read fast where that loses nothing, exactly otherwise.

    columns  the header's names, made unique and non-empty
    quote    "" where the file quotes nothing
    skip     lines before the first row of data (the header included)
    lines    lines of data, blank ones included; None = only `exact` can read this file
    blank    counts blank lines (a second pass over the file)
    exact    every row and every rejection, slowly
    discard  removes the temporary copy this points to, where it is one
    notes    what was found out rather than declared, in sentences
    """

    path: Path
    columns: tuple[str, ...]
    delimiter: str
    quote: str
    skip: int
    lines: int | None
    blank: Callable[[], int]
    exact: Rows
    discard: Callable[[], None] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file; every column is read as text.

    columns  names for its columns, in their order, made unique and non-empty
    rows     rows its footer promises
    """

    path: Path
    columns: tuple[str, ...]
    rows: int
    discard: Callable[[], None] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ArrowBatches:
    """Rows that arrive as Arrow batches (JSON, spreadsheets, databases, services).

    columns  columns known beforehand; a batch may bring more
    """

    columns: tuple[str, ...]
    rows: Rows
    discard: Callable[[], None] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ArrowStream:
    """Rows that arrive as Arrow batches with types (databases); read once, one batch at a time, as text.

    columns  names of the columns of every batch, in their order, made unique and non-empty
    """

    columns: tuple[str, ...]
    batches: Callable[[], Iterator[pa.RecordBatch]]
    discard: Callable[[], None] | None = None
    notes: tuple[str, ...] = ()


Locator = DelimitedFile | ParquetFile | ArrowBatches | ArrowStream


@dataclass(frozen=True)
class Part:
    """One unit a source is loaded by: a file, a sheet, a table, an answer of an API.

    name         how people call it: a path relative to the project, a table's name
    fingerprint  sha256 of its content, or whatever else tells it apart: the same fingerprint is the same data
    path         where the file is; for what is no file, the project's folder
    since        rows from this value of the source's cursor on are wanted; None = all
    """

    name: str
    fingerprint: str
    path: Path
    since: str | None = None
