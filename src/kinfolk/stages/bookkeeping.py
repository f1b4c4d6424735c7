"""What is written down of every load: its parts, what it ended, what it could not take in."""

from __future__ import annotations

from kinfolk.engine.sql import query, table, union_by_name
from kinfolk.engine.step import Compute, Publish, Query, Step
from kinfolk.model.locator import Rejection
from kinfolk.tables import landing
from kinfolk.tables.table import Table


def bookkeeping_steps(
    sources: tuple[str, ...],
    loads: list[tuple[object, ...]],
    rejections: list[tuple[object, ...]],
    held: tuple[str, ...],
) -> tuple[Step, ...]:
    """Steps that write down what was loaded, ended and refused, over all sources that arrived.

    loads, rejections   rows of landing.loads and quarantine.records
    held                sources of which rows were set aside in quarantined.<source>
    """
    aside = [f"refused.{s}" for s in sources] + [f"quarantined.{s}" for s in held]
    refused = [query("select * from refused", refused=table(name)) for name in aside]
    unread = query("select * from unread", unread=table("rejected.rows"))
    superseded = [query("select * from over", over=table(f"superseded.{s}")) for s in sources]
    return (
        _written_down(landing.LOADS.name, landing.LOADS, loads, Publish.APPEND),
        _written_down("rejected.rows", landing.QUARANTINE, rejections, Publish.NO),
        Query("landing.superseded", union_by_name(superseded), "Superseded rows", Publish.APPEND),
        Query("quarantine.records", union_by_name([*refused, unread]), "Quarantine", Publish.APPEND),
    )


def _written_down(name: str, described: Table, values: list[tuple[object, ...]], publish: Publish) -> Compute:
    """A step that writes rows this process holds; Arrow, because a rejected file may hold a million of them."""
    import pyarrow as pa  # here, because a run that finds nothing to land should not wait for Arrow

    types: dict[str, pa.DataType] = {
        "varchar": pa.string(),
        "bigint": pa.int64(),
        "ubigint": pa.uint64(),
        "timestamp": pa.timestamp("us"),
    }
    schema = pa.schema([(c.name, types[c.type]) for c in described.columns])
    columns = zip(*values, strict=True) if values else ([] for _ in described.columns)
    made = pa.table([pa.array(list(v), t) for v, t in zip(columns, schema.types, strict=True)], schema=schema)
    return Compute({}, {name: publish}, name, lambda inputs, tell: {name: made})


def rejection_row(record_no: int, source: str, load_id: int, part: str, rejection: Rejection) -> tuple[object, ...]:
    """A row of quarantine.records for a row that the reader could not read."""
    where = (record_no, source, load_id, part, rejection.line)
    return (*where, None, rejection.reason, None, None, rejection.text)
