"""Landing: new, changed and deleted records join what arrived before; what did not change lands nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from kinfolk.engine.sql import column, literal, query, rows, sql, table, union_by_name
from kinfolk.engine.step import Publish, Query
from kinfolk.expressions.answer import boolean
from kinfolk.expressions.hash import row_hash
from kinfolk.model.source import Load, Source
from kinfolk.tables import landing

READER_COLUMNS = ("_part", "_row")

_FREE = (
    "path",
    "password",
    "timeout",
    "retries",
    "requests_per_second",
    *("write_keys", "purposes", "events", "without_consent", "keep"),
)  # options that change nothing about what is read


@dataclass(frozen=True)
class Arrival:
    """One load of one source, read into `incoming.<source>`.

    columns          the source's own columns, as read
    first_record_no  landing rows of this load are numbered from here
    rows             rows read
    published        whether the source has landed before
    relaid           whether it has landed under record ids made by another rule
    withheld         whether `withheld.<source>` names rows that are not to be landed
    mended           whether `mended.<source>` names rows that were corrected, with the hash they came with
    """

    source: Source
    load_id: int
    loaded_at: datetime
    columns: tuple[str, ...]
    first_record_no: int
    rows: int
    published: bool
    relaid: bool = False
    withheld: bool = False
    mended: bool = False


def landing_steps(arrival: Arrival) -> tuple[Query, ...]:
    """Steps that land one load.

    Reads   incoming.<source>   one row per row of the files; text
    Writes  landing.<source>    the new, changed and deleted records (appended)
            current.<source>    one row per record that exists now
            superseded.<source>, refused.<source>   what the load ended, what it could not take
    """
    keyed = _keyed(arrival)
    steps = (keyed, _repeated(arrival), _dropped(arrival), _refused(arrival), _arriving(arrival))
    if not arrival.published:
        return (*steps, _first_load(arrival), _nothing_superseded(arrival), current_of_new_source(arrival.source.name))
    return (*steps, _before(arrival.source.name), _changes(arrival), _superseded(arrival), _current(arrival))


def unchanged_steps(source: str) -> tuple[Query, ...]:
    """`current.<source>` for a source whose files did not change since they were landed."""
    return (
        Query(
            f"current.{source}",
            query("select * from landed where $live", landed=table(f"landing.{source}"), live=_live(source)),
            f"Current records of {source}",
            as_view=True,
        ),
    )


def layout(source: Source) -> str:
    """How this source's record ids are made; when it changes, everything lands anew under new ids."""
    return "|".join(source.record_id)


def settings(source: Source) -> str:
    """How this source is read, its path apart; when it changes, everything is read anew. Secrets by reference."""
    read = {name: repr(value) for name, value in source.options.items() if name not in _FREE and value is not None}
    if source.cursor:
        read |= {"cursor": source.cursor.column, "deleted": source.cursor.deleted or ""}
    return json.dumps({"load": str(source.load), **read}, sort_keys=True)


def record_id(arrival: Arrival) -> exp.Expression:
    """A row's record id: its columns joined by a bar, null if any is empty; without columns, the hash of the row."""
    parts = [sql("nullif(trim($c), '')", c=column(name)) for name in arrival.source.record_id]
    if not parts:
        return sql("cast($h as varchar)", h=content_hash(arrival))
    if len(parts) > 1:  # a bar in a value must not be taken for one between values
        parts = [sql(r"replace(replace($p, '\', '\\'), '|', '\|')", p=part) for part in parts]
    joined = parts[0]
    for part in parts[1:]:
        joined = sql("$left || '|' || $right", left=joined, right=part)
    return joined


def content_hash(arrival: Arrival) -> exp.Expression:
    """A number that tells a row's content apart, over all columns of the source."""
    return row_hash([column(name) for name in sorted(arrival.columns)])


def _keyed(arrival: Arrival) -> Query:
    name = arrival.source.name
    # Quick, but a column of the source may have that name.
    hidden = "rowid" in {c.lower() for c in arrival.columns}
    position = sql("row_number() over () - 1") if hidden else sql("rowid")
    tree = query(
        "select *, $id as _record_id, $hash as _row_hash, $first + $position as _record_no from incoming",
        position=position,
        id=record_id(arrival),
        hash=content_hash(arrival),
        first=arrival.first_record_no,
        incoming=table(f"incoming.{name}"),
    )
    if arrival.withheld:
        aside = exp.Subquery(this=query("select position from w", w=table(f"withheld.{name}")))
        landed = sql("$position not in $aside", position=position.copy(), aside=aside)
        # Of a window function the condition stands behind it, so that positions count the rows left out too.
        clause = exp.Qualify(this=landed) if hidden else exp.Where(this=landed)
        tree.set(clause.key, clause)
    return Query(f"keyed.{name}", tree, f"Keys of {name}", as_view=True)


def _repeated(arrival: Arrival) -> Query:
    name = arrival.source.name
    tree = query(
        "select $id as _record_id from incoming where $id is not null group by all having count(*) > 1",
        id=record_id(arrival),
        incoming=table(f"incoming.{name}"),
    )
    return Query(f"repeated.{name}", tree, f"Repeated ids of {name}")


def _dropped(arrival: Arrival) -> Query:
    """Rows whose record id comes again later in the load; `same` says that nothing is lost by it.

    With a cursor the rows of one id are its versions in order, so that a later one takes the place of an earlier; of
    what happens once the first one stays.
    """
    name = arrival.source.name
    order = sql("-_record_no") if arrival.source.load is Load.ONCE else column("_record_no")
    tree = query(
        "select _record_no, last_value(_row) over w as kept_row, "
        "last_value(_row_hash) over w = _row_hash or $versions as same "
        "from keyed where _record_id in (select _record_id from repeated) "
        "window w as (partition by _record_id order by $order rows between unbounded preceding and "
        "unbounded following) qualify last_value(_record_no) over w <> _record_no",
        order=order,
        versions=arrival.source.cursor is not None,
        keyed=table(f"keyed.{name}"),
        repeated=table(f"repeated.{name}"),
    )
    return Query(f"dropped.{name}", tree, f"Earlier rows of repeated ids of {name}")


def _refused(arrival: Arrival) -> Query:
    """Rows without an id, and rows whose id comes again later in the load with other content."""
    name = arrival.source.name
    ids = ", ".join(arrival.source.record_id)
    tree = query(
        "select k._record_no as record_no, cast($source as varchar) as source, cast($load as bigint) as load_id, "
        "k._part as part, "
        "k._row as line, k._record_id as record_id, "
        "case when k._record_id is null then $no_id else "
        "'record id ' || k._record_id || ' comes again in row ' || d.kept_row || ' of this load, which was kept' "
        "end as reason, cast(null as varchar) as rules, $hash as row_hash, cast(to_json($row) as varchar) as text "
        "from (select * from keyed where _record_id is null or "
        "_record_no in (select _record_no from dropped_before where not same)) k "
        "left join dropped d on d._record_no = k._record_no",
        source=name,
        load=arrival.load_id,
        no_id=f"no record id: {ids} is empty",
        row=_as_struct(arrival.columns, "k"),
        hash=_hash_as_it_came(arrival),
        keyed=table(f"keyed.{name}"),
        dropped=table(f"dropped.{name}"),
        dropped_before=table(f"dropped.{name}"),
    )
    return Query(f"refused.{name}", tree, f"Refused rows of {name}")


def _hash_as_it_came(arrival: Arrival) -> exp.Expression:
    if not arrival.mended:
        return column("_row_hash", "k")
    return sql(
        "coalesce((select any_value(m.row_hash) from m where m.position = k._record_no - $first), k._row_hash)",
        m=table(f"mended.{arrival.source.name}"),
        first=arrival.first_record_no,
    )


def _as_struct(columns: tuple[str, ...], record: str) -> exp.Expression:
    return exp.Struct(
        expressions=[exp.PropertyEQ(this=exp.Literal.string(name), expression=column(name, record)) for name in columns]
    )


def _arriving(arrival: Arrival) -> Query:
    name = arrival.source.name
    tree = query(
        "select * from keyed where _record_id is not null and _record_no not in (select _record_no from dropped) "
        "and not $gone",
        gone=says_deleted(arrival.source),
        keyed=table(f"keyed.{name}"),
        dropped=table(f"dropped.{name}"),
    )
    return Query(f"arriving.{name}", tree, f"Records of {name}", as_view=True)


def says_deleted(source: Source) -> exp.Expression:
    """True for rows that say of themselves that their record was deleted: any value that does not mean no."""
    if source.cursor is None or source.cursor.deleted is None:
        return sql("false")
    value = column(source.cursor.deleted)
    return sql("(trim($c) <> '' and $yes is not false) is true", c=value, yes=boolean(value))


def _landing_columns(arrival: Arrival, record: str, change: exp.Expression | str) -> list[exp.Expr]:
    """The columns of a landing row, in the promised order, then the source's own."""
    made = {
        "_source": literal(arrival.source.name),
        "_load_id": sql("cast($id as bigint)", id=arrival.load_id),
        "_loaded_at": sql("cast($at as timestamp)", at=arrival.loaded_at.replace(tzinfo=None)),
        "_change": literal(change) if isinstance(change, str) else change,
    }
    ours = [exp.alias_(made.get(c.name, column(c.name, record)), c.name) for c in landing.ROW]
    return [*ours, *(column(name, record) for name in arrival.columns)]


def _first_load(arrival: Arrival) -> Query:
    name = arrival.source.name
    tree = query(
        "select $columns from arriving a",
        columns=_landing_columns(arrival, "a", "added"),
        arriving=table(f"arriving.{name}"),
    )
    return Query(f"landing.{name}", tree, f"Landing {name}", Publish.APPEND, as_view=True)


def _nothing_superseded(arrival: Arrival) -> Query:
    return Query(
        f"superseded.{arrival.source.name}",
        rows(landing.SUPERSEDED.types, []),
        f"Superseded rows of {arrival.source.name}",
    )


def current_of_new_source(name: str) -> Query:
    """`current.<source>` after a first load: what has just arrived."""
    return Query(
        f"current.{name}",
        query("select * from landed", landed=table(f"landing.{name}")),
        f"Current records of {name}",
        as_view=True,
    )


def _before(name: str) -> Query:
    tree = query("select * from landed where $live", landed=table(f"landing.{name}"), live=_live(name))
    return Query(f"before.{name}", tree, f"Records of {name} so far", as_view=True)


def _live(name: str) -> exp.Expression:
    """True for landing rows that are the current version of a record that exists."""
    return sql(
        "_change <> 'deleted' and _record_no not in (select record_no from over where source = $name)",
        over=table("landing.superseded"),
        name=name,
    )


def _changes(arrival: Arrival) -> Query:
    name = arrival.source.name
    tree = query(
        "select $columns from arriving a left join before b on a._record_id = b._record_id "
        "where b._record_id is null or (a._row_hash <> b._row_hash and $changes)",
        changes=arrival.source.load is not Load.ONCE,
        columns=_landing_columns(arrival, "a", sql("case when b._record_id is null then 'added' else 'changed' end")),
        arriving=table(f"arriving.{name}"),
        before=table(f"before.{name}"),
    )
    if arrival.source.load is Load.SNAPSHOT or arrival.relaid or arrival.source.cursor:
        tree = union_by_name([tree, _deletions(arrival)])
    return Query(f"landing.{name}", tree, f"Landing {name}", Publish.APPEND)


def _deletions(arrival: Arrival) -> exp.Query:
    """Records that are gone.

    Of a snapshot those that did not arrive, else those that arrived again under new ids, or as deleted.
    """
    name = arrival.source.name
    gone = sql("true")
    if arrival.source.cursor and not arrival.relaid:
        gone = sql(
            "b._record_id in (select _record_id from keyed where $gone)",
            gone=says_deleted(arrival.source),
            keyed=table(f"keyed.{name}"),
        )
    elif arrival.source.load is not Load.SNAPSHOT:
        gone = sql(
            "exists (select 1 from loads l where l.load_id = b._load_id and l.layout <> $layout) "
            "and b._part in (select _part from incoming)",
            layout=layout(arrival.source),
            loads=table(landing.LOADS.name),
            incoming=table(f"incoming.{name}"),
        )
    if arrival.withheld:  # a record whose new version is set aside keeps its last good one
        aside = table(f"withheld.{name}")
        kept = sql("b._record_id not in (select record_id from w where record_id is not null)", w=aside)
        gone = sql("$gone and $kept", gone=gone, kept=kept)
    return query(
        "select $first + row_number() over (order by b._record_no) as _record_no, b._record_id, "
        "cast(null as ubigint) as _row_hash, cast($source as varchar) as _source, cast($load as bigint) as _load_id, "
        "cast($at as timestamp) as _loaded_at, 'deleted' as _change "
        "from before b where $gone and not exists (select 1 from arriving a where a._record_id = b._record_id)",
        gone=gone,
        first=arrival.first_record_no + arrival.rows - 1,
        source=name,
        load=arrival.load_id,
        at=arrival.loaded_at.replace(tzinfo=None),
        before=table(f"before.{name}"),
        arriving=table(f"arriving.{name}"),
    )


def _superseded(arrival: Arrival) -> Query:
    name = arrival.source.name
    tree = query(
        "select cast($source as varchar) as source, b._record_no as record_no, cast($load as bigint) as load_id "
        "from before b join landed n on n._record_id = b._record_id",
        source=name,
        load=arrival.load_id,
        before=table(f"before.{name}"),
        landed=table(f"landing.{name}"),
    )
    return Query(f"superseded.{name}", tree, f"Superseded rows of {name}")


def _current(arrival: Arrival) -> Query:
    name = arrival.source.name
    tree = union_by_name(
        [
            query(
                "select * from before where _record_no not in (select record_no from over)",
                before=table(f"before.{name}"),
                over=table(f"superseded.{name}"),
            ),
            query("select * from landed where _change <> 'deleted'", landed=table(f"landing.{name}")),
        ]
    )
    return Query(f"current.{name}", tree, f"Current records of {name}", as_view=True)
