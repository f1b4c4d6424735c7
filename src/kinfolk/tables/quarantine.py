"""What became of rows that could not be landed: corrected, sent again, or overtaken by what arrived later."""

from __future__ import annotations

from kinfolk.tables.landing import QUARANTINE
from kinfolk.tables.table import Column, Erasure, Table

SETTLED = Table(
    name="quarantine.settled",
    grain="one row of quarantine.records that waits no longer",
    keys=("record_no",),
    columns=(
        Column("record_no", "bigint", "the row of quarantine.records"),
        Column("source", "varchar", "name of the source"),
        Column("load_id", "bigint", "the load that settled it"),
        Column(
            "how",
            "varchar",
            "replayed; read again (it came again, or its file without it); arrived (a later row of its record landed)",
        ),
    ),
    subject=None,
    erasure=Erasure.KEEP,
)

FIXES = Table(
    name="quarantine.fixes",
    grain="one correction of one quarantined row; of several for one row_hash the last counts",
    keys=("record_no", "fixed_at"),
    columns=(
        Column("record_no", "bigint", "the row of quarantine.records that was corrected"),
        Column("source", "varchar", "name of the source"),
        Column("record_id", "varchar", "its record id after the correction, where it has one"),
        Column(
            "row_hash", "ubigint", "hash of the row as the source wrote it: wherever it comes again it is corrected"
        ),
        Column("row", "varchar", "the whole row as it is now, as JSON"),
        Column("changed", "varchar", "the values that were given, as JSON"),
        Column("fixed_by", "varchar", "who corrected it"),
        Column("fixed_at", "timestamp", "when (UTC)"),
    ),
    subject="record_id",
    erasure=Erasure.DELETE_ROWS,
)

OPEN = Table(
    name="quarantine.open",
    grain="one row that could not be landed and still waits",
    keys=("record_no",),
    columns=QUARANTINE.columns,
    subject="record_id",
    erasure=Erasure.REBUILD,
)
