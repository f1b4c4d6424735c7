"""Corrections of quarantined rows, written down as facts: who said so, when, what the row is now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from kinfolk.engine.duckdb import Session
from kinfolk.engine.step import Compute, Publish
from kinfolk.model.project import Project
from kinfolk.model.quarantined import Fix
from kinfolk.store.write.lease import writer_lease
from kinfolk.tables.quarantine import FIXES

_TYPES: dict[str, pa.DataType] = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "ubigint": pa.uint64(),
    "timestamp": pa.timestamp("us"),
}


def write_fixes(project: Project, fixes: Sequence[Fix], by: str, wait_seconds: float = 0) -> None:
    """Publishes corrections; the next run that meets their rows, or is asked to send them again, lands them so.

    Writes  quarantine.fixes
    Errors  BusyError while a run holds the project
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    rows = [_row(fix, by, now) for fix in fixes]
    schema = pa.schema([(column.name, _TYPES[column.type]) for column in FIXES.columns])
    made = pa.Table.from_pylist(rows, schema=schema)
    step = Compute({}, {FIXES.name: Publish.APPEND}, "Corrections", lambda inputs, tell: {FIXES.name: made})
    with writer_lease(project.state, wait_seconds), Session.open(project.state) as session:
        session.run(step)
        session.publish()


def _row(fix: Fix, by: str, at: datetime) -> dict[str, object]:
    return {
        "record_no": fix.row.record_no,
        "source": fix.row.source,
        "record_id": fix.record_id,
        "row_hash": fix.row.row_hash,
        "row": json.dumps(fix.values, ensure_ascii=False),
        "changed": json.dumps(dict(fix.changed), ensure_ascii=False),
        "fixed_by": by,
        "fixed_at": at,
    }
