"""The quarantine over time: rows that wait, rows that were corrected, rows that wait no longer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import exp

from kinfolk.engine.sql import query, rows, sql, table, union_by_name
from kinfolk.engine.step import Compute, Publish, Query
from kinfolk.tables.landing import QUARANTINE
from kinfolk.tables.quarantine import FIXES, OPEN, SETTLED


def latest_fixes(source: str) -> exp.Query:
    """For each row of the source that was ever corrected, as it came: the last correction of it."""
    return query(
        "select row_hash, arg_max(row, fixed_at) as row from fixes where source = $source group by row_hash",
        source=source,
        fixes=table(FIXES.name),
    )


def fixed_again(source: str, row_hash: exp.Expression, hidden: bool) -> exp.Query:
    """Rows of a load that were corrected before: position, part, line, row_hash, row (corrected, as JSON)."""
    position = sql("row_number() over () - 1") if hidden else sql("rowid")
    return query(
        "select i.position, i.part, i.line, f.row_hash, f.row from "
        "(select $position as position, _part as part, _row as line, $hash as row_hash from incoming) i "
        "join f using (row_hash) order by 1",
        position=position,
        hash=row_hash,
        incoming=table(f"incoming.{source}"),
        f=exp.Subquery(this=latest_fixes(source), alias="f"),
    )


def waiting(source: str, *, fixes: bool, everything: bool) -> exp.Query:
    """Rows to send again, as they are now: record_no, part, line, row_hash, row (as JSON).

    fixes       whether any row was ever corrected
    everything  not only corrected rows, but all that broke a rule of a contract
    """
    none = query("select cast(null as ubigint) as row_hash, cast(null as varchar) as row limit 0")
    corrected = latest_fixes(source) if fixes else none
    return query(
        "select o.record_no, o.part, o.line, o.row_hash, coalesce(f.row, o.text) as row from o "
        "left join f on f.row_hash = o.row_hash "
        "where o.source = $source and o.row_hash is not null and (f.row is not null or $all and o.rules is not null) "
        "order by o.part, o.line, o.record_no",
        source=source,
        all=everything,
        o=table(OPEN.name),
        f=exp.Subquery(this=corrected, alias="f"),
    )


def mended_step(source: str, mended: Sequence[tuple[int, int]], replaced: Sequence[int]) -> Compute:
    """Which rows of the load are corrections (position, hash they came with), and which rows they stand for."""
    import pyarrow as pa

    positions, hashes = zip(*mended, strict=True) if mended else ((), ())
    made = {
        f"mended.{source}": pa.table(
            {"position": pa.array(positions, pa.int64()), "row_hash": pa.array(hashes, pa.uint64())}
        ),
        f"replaced.{source}": pa.table({"position": pa.array(replaced, pa.int64())}),
    }
    return Compute({}, dict.fromkeys(made, Publish.NO), f"Corrected rows of {source}", lambda inputs, tell: made)


def replayed_step(source: str, record_nos: Sequence[int]) -> Compute:
    """Writes `replayed.<source>`: rows of quarantine.open that are in this load."""
    import pyarrow as pa

    made = {f"replayed.{source}": pa.table({"record_no": pa.array(record_nos, pa.int64())})}
    return Compute({}, dict.fromkeys(made, Publish.NO), f"Rows of {source} sent again", lambda inputs, tell: made)


def settling_step(source: str, load_id: int, *, whole: bool, aside: Sequence[str], replayed: bool) -> Query:
    """Writes `settled.<source>`: quarantined rows that wait no longer, because of this load.

    whole     whether the load is all of the source, so that every row either came again or is gone
    aside     tables of the rows of this load that were set aside: those that were so before wait in them now
    replayed  whether rows of quarantine.open are in this load, named in replayed.<source>
    """
    landed: exp.Expression = sql("record_id in (select _record_id from a)", a=table(f"arriving.{source}"))
    how: exp.Expression = sql(
        "case when $landed and not $whole then 'arrived' else 'read again' end", landed=landed, whole=whole
    )
    again = union_by_name(query("select record_id, row_hash from t", t=table(name)) for name in aside)
    came = sql(
        "row_hash in (select row_hash from t) or record_id in (select record_id from u where record_id is not null)",
        t=exp.Subquery(this=again, alias="t"),
        u=exp.Subquery(this=again.copy(), alias="u"),
    )
    which = sql("true") if whole else sql("$landed or $came", landed=landed, came=came)
    if replayed:
        sent = sql("record_no in (select record_no from r)", r=table(f"replayed.{source}"))
        how = sql("case when $sent then 'replayed' else $how end", sent=sent, how=how)
        which = sql("$which or $sent", which=which, sent=sent)
    tree = query(
        "select record_no, source, cast($load as bigint) as load_id, $how as how from waiting "
        "where source = $source and ($which)",
        load=load_id,
        how=how,
        source=source,
        which=which,
        waiting=table(OPEN.name),
    )
    return Query(f"settled.{source}", tree, f"Quarantine of {source} so far")


def bookkeeping_steps(settled: Iterable[str]) -> tuple[Query, ...]:
    """Steps that write down what waits no longer. settled: sources that have a table settled.<source>."""
    over = [query("select * from settled", settled=table(f"settled.{s}")) for s in settled]
    still = query(
        "select * from records where not exists (select 1 from settled where settled.record_no = records.record_no)",
        records=table(QUARANTINE.name),
        settled=table(SETTLED.name),
    )
    none = rows(SETTLED.types, [])
    return (
        Query(SETTLED.name, union_by_name([none, *over]), "Settled quarantine", Publish.APPEND),
        Query(OPEN.name, still, "Open quarantine", Publish.VIEW),
    )
