"""What became of the membership of records: a history that is only ever added to."""

from __future__ import annotations

from kinfolk.tables.table import Column, Erasure, Table

EVENTS = Table(
    name="identity.events",
    grain="one record whose customer changed in one run; played in order of run they lead to identity.members",
    keys=("run_id", "source", "record_id"),
    columns=(
        Column("run_id", "bigint", "the run that changed it"),
        Column("happened_at", "timestamp", "when that run decided it (UTC)"),
        Column(
            "kind",
            "varchar",
            "joined: the record is new; left: it is gone; merged: its customer was given up for another; "
            "split: it went to another customer",
        ),
        Column("source", "varchar", "name of the source"),
        Column("record_id", "varchar", "the source's own id of the record"),
        Column("customer_before", "varchar", "the customer it belonged to; empty when it joined"),
        Column("customer_after", "varchar", "the customer it belongs to since; empty when it left"),
        Column("cause", "varchar", "why, in words: the key or match that ties it, or what else had changed"),
    ),
    subject="record_id",
    erasure=Erasure.DELETE_ROWS,
)

TABLES = (EVENTS,)
