"""What people decided about pairs of records: facts, only ever added to."""

from __future__ import annotations

from kinfolk.tables.table import Column, Erasure, Table

SAME, DIFFERENT, NOT_SURE, WITHDRAWN = "same", "different", "not sure", "withdrawn"
VERDICTS = (SAME, DIFFERENT, NOT_SURE)

PAIR = (
    Column("source_a", "varchar", "source of the first record (pairs are written in order of source and record id)"),
    Column("record_id_a", "varchar", "the source's own id of the first record"),
    Column("source_b", "varchar", "source of the second record"),
    Column("record_id_b", "varchar", "the source's own id of the second record"),
)

DECISIONS = Table(
    name="identity.decisions",
    grain="one decision on one pair of records; the latest on a pair holds",
    keys=("decision_no",),
    columns=(
        Column("decision_no", "bigint", "counts up, and is never given out again"),
        *PAIR,
        Column("verdict", "varchar", "same, different, not sure or withdrawn (as if nobody had ever decided)"),
        Column("decided_by", "varchar", "who decided"),
        Column("decided_at", "timestamp", "when (UTC)"),
        Column("note", "varchar", "why, in that person's words"),
        Column("part_of", "bigint", "the first decision_no of the act it was part of, such as a merge"),
    ),
    subject="record_id_a",
    erasure=Erasure.DELETE_ROWS,
)

TABLES = (DECISIONS,)
