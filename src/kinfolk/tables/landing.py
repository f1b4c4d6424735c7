"""Landing: what arrived, as it arrived, forever in order. One table per source, and the bookkeeping around them."""

from __future__ import annotations

from kinfolk.tables.table import Column, Erasure, Table

ROW = (
    Column("_record_no", "bigint", "number of this landing row, unique over all sources, never reused"),
    Column("_record_id", "varchar", "the source's own id of the record"),
    Column("_row_hash", "ubigint", "hash of every column of the source; null in a deletion"),
    Column("_source", "varchar", "name of the source"),
    Column("_load_id", "bigint", "the load that brought it"),
    Column("_loaded_at", "timestamp", "when that load ran (UTC)"),
    Column("_change", "varchar", "added, changed or deleted"),
    Column("_part", "varchar", "file (or sheet) it came from"),
    Column("_row", "bigint", "row of data in that file, counted from 1"),
)

NAMES = frozenset(column.name for column in ROW)


def landing_table(source: str) -> Table:
    """The promise of one source's landing table; the source's own columns follow these, as text."""
    return Table(
        name="landing." + source,
        grain="one version of one record: its arrival, its change or its deletion",
        keys=("_record_no",),
        columns=ROW,
        subject="_record_id",
        erasure=Erasure.DELETE_ROWS,
    )


LOADS = Table(
    name="landing.loads",
    grain="one file (or sheet) taken in by one load",
    keys=("load_id", "part"),
    columns=(
        Column("load_id", "bigint", "counts up over all sources"),
        Column("source", "varchar", "name of the source"),
        Column("part", "varchar", "file (or sheet), relative to the project"),
        Column("fingerprint", "varchar", "sha256 of its content"),
        Column("layout", "varchar", "columns that record ids were made of, so that a new rule lands everything anew"),
        Column("settings", "varchar", "how the source was read, as JSON, so that a new setting reads everything anew"),
        Column("loaded_at", "timestamp", "when (UTC)"),
        Column("rows", "bigint", "rows in the file, the rejected ones included"),
        Column("rejected", "bigint", "rows that could not be read or landed"),
        Column("next_record_no", "bigint", "record numbers from here on are free"),
        Column("cursor", "varchar", "greatest value of the source's cursor so far; the next load begins there"),
    ),
    subject=None,
    erasure=Erasure.KEEP,
)

SUPERSEDED = Table(
    name="landing.superseded",
    grain="one landing row that is no longer the current version of its record",
    keys=("source", "record_no"),
    columns=(
        Column("source", "varchar", "name of the source"),
        Column("record_no", "bigint", "the row that is over"),
        Column("load_id", "bigint", "the load that changed or deleted its record"),
    ),
    subject=None,
    erasure=Erasure.KEEP,
)

QUARANTINE = Table(
    name="quarantine.records",
    grain="one row that could not be landed",
    keys=("record_no",),
    columns=(
        Column("record_no", "bigint", "number of the row, out of those of landing rows; what is set aside keeps it"),
        Column("source", "varchar", "name of the source"),
        Column("load_id", "bigint", "the load that met it"),
        Column("part", "varchar", "file (or sheet) it stands in"),
        Column("line", "bigint", "line of the file where that is known, else the row of data, from 1"),
        Column("record_id", "varchar", "its record id, where it has one"),
        Column("reason", "varchar", "why it was not landed"),
        Column("rules", "varchar", "rules of the source's contract that it breaks; null where it was another reason"),
        Column("row_hash", "ubigint", "hash of the row as the source wrote it; null for what could not be read"),
        Column("text", "varchar", "the row as it stands there"),
    ),
    subject="record_id",
    erasure=Erasure.DELETE_ROWS,
)

ROLLBACKS = Table(
    name="landing.rollbacks",
    grain="one rollback; the loads it took back are no longer in landing.loads, and their numbers stay used up",
    keys=("run_id",),
    columns=(
        Column("run_id", "bigint", "the run that was the rollback"),
        Column("back_to", "bigint", "the run whose state it brought back"),
        Column("next_load_id", "bigint", "load ids from here on are free"),
        Column("next_record_no", "bigint", "record numbers from here on are free"),
    ),
    subject=None,
    erasure=Erasure.KEEP,
)

TABLES = (LOADS, SUPERSEDED, QUARANTINE, ROLLBACKS)
