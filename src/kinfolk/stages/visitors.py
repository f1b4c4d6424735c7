"""Visitors: who sent the events that have landed. An event that is set aside says nothing of anybody until it lands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kinfolk.engine.sql import query, table
from kinfolk.engine.step import Compute, Publish, Query
from kinfolk.model.source import Source
from kinfolk.model.visitor import VISITOR_COLUMNS, rows

if TYPE_CHECKING:
    import pyarrow as pa


def visitor_steps(source: Source, part: str, since: int, *, known: bool) -> tuple[Compute, Query]:
    """Steps that make rows of visitors from events, in the order in which these happened.

    since   number of the landing row up to which events have been read before
    known   whether visitors have landed before
    Reads   current.<events>, current.<source>
    Writes  incoming.<source>  with the landing row of the event as `_row`; what is older than a known row is left out
    """
    said = query(
        "select _record_no, type, visitor, userId, anonymousId, groupId, previousId, timestamp, "
        "case when type = 'identify' then traits end as traits, "
        "case when json_valid(context) then json_extract(context, '$.traits') end as carried "
        "from events where _record_no > $since order by try_cast(timestamp as timestamptz), _record_no",
        since=since,
        events=table(f"current.{source.visitors_of}"),
    )
    visiting = f"visiting.{source.name}"
    made = Compute({"said": said}, {visiting: Publish.NO}, f"Reading {part}", _made(visiting, part))
    newer = query("select * from made", made=table(visiting))
    if known:
        newer = query(
            "select m.* from made m left join known k on k._record_id = m.visitor where "
            "(try_cast(k.timestamp as timestamptz) > try_cast(m.timestamp as timestamptz)) is not true "
            "order by m.rowid",
            made=table(visiting),
            known=table(f"current.{source.name}"),
        )
    return made, Query(f"incoming.{source.name}", newer, f"Newer {part}")


def _made(visiting: str, part: str) -> Callable[..., Mapping[str, pa.Table]]:
    def run(inputs: Mapping[str, pa.Table], tell: Callable[[str], None]) -> Mapping[str, pa.Table]:
        import pyarrow as pa

        made = list(_rows(event for batch in inputs["said"].to_batches() for event in batch.to_pylist()))
        fields: list[tuple[str, pa.DataType]] = [(name, pa.string()) for name in VISITOR_COLUMNS]
        found = pa.Table.from_pylist(made, pa.schema([*fields, ("_row", pa.int64())]))
        return {visiting: found.append_column("_part", pa.array([part] * len(made), pa.string()))}

    return run


def _rows(events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of visitors, that of a pair of ids once, with the last event of theirs: there the next load goes on."""
    pairs: dict[str, dict[str, Any]] = {}
    for event in events:
        number = event["_record_no"]
        said = {**event, "traits": _decoded(event["traits"]), "carried": _decoded(event["carried"])}
        for row in rows(said):
            if "timestamp" not in row:
                pair = pairs.setdefault(row["visitor"], {**row, "_row": number})
                pair["_row"] = max(pair["_row"], number)
            else:
                yield {**row, "traits": _text(row.get("traits"), event, said), "_row": number}
    yield from pairs.values()


def _text(traits: Any, event: Mapping[str, Any], said: Mapping[str, Any]) -> str | None:
    """The traits as they were written, where all of them count: every number keeps its digits."""
    if traits is None:
        return None
    written = next((event[name] for name in ("traits", "carried") if said[name] == traits), None)
    return written or json.dumps(traits, ensure_ascii=False, separators=(",", ":"))


def _decoded(text: str | None) -> Any:
    with suppress(ValueError):
        return json.loads(text) if text else None
    return None
