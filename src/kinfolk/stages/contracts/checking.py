"""Steps that find the rows of a load that break its contract, and write them down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from kinfolk.engine.sql import column, literal, query, rows, sql, table, union_by_name
from kinfolk.engine.step import Query
from kinfolk.expressions import rule_query
from kinfolk.model.contract import OnViolation, Quality
from kinfolk.model.source import Load as Loading
from kinfolk.stages.contracts.rules import Rule, Rules, question, typed
from kinfolk.tables.landing import QUARANTINE

POSITION = "_kinfolk_position"  # of a row in the load, from 0
_SHOWN = 60  # characters of a value in a reason


@dataclass(frozen=True)
class Load:
    """One load, read into `incoming.<source>` and not landed yet.

    columns    the source's own
    record_id, row_hash  expressions over them
    loading    whether it is all of the source or adds to what there is
    current    whether `current.<source>` says what was landed before
    replaced   whether `replaced.<source>` names rows that were fixed and stand corrected at the end of the load
    exempt     true for rows that only say that their record was deleted: nothing is asked of their values
    """

    source: str
    load_id: int
    first_record_no: int
    columns: tuple[str, ...]
    record_id: exp.Expression
    row_hash: exp.Expression
    loading: Loading = Loading.SNAPSHOT
    current: bool = False
    replaced: bool = False
    exempt: exp.Expression | None = None


def checking_steps(load: Load, rules: Rules, referable: Sequence[str]) -> tuple[Query, ...]:
    """Steps that say which rows break which rules.

    Reads   judged.<source>, and current.<other> of the sources in `referable`
    Writes  violations.<source>  rows that break a rule by themselves
            breaking.<source>    one row per row that breaks any: its position and the numbers of the rules
    """
    found = _violations(load, rules)
    parts = [query("select position, broken from v", v=table(f"violations.{load.source}"))]
    for rule in rules.every:
        if rule.repeats:
            parts += _repeating(load, rule)
        elif rule.told_in is not None:
            parts.append(query("select position, [$n] as broken from t", n=rule.number, t=table(rule.told_in)))
        elif rule.reference is not None and rule.reference.source in (*referable, load.source):
            parts.append(_dangling(load, rule, rule.reference.source in referable))
    if len(parts) == 1:
        return (found, Query(f"breaking.{load.source}", parts[0], "Broken rules", as_view=True))
    together = query(
        "select position, list_sort(list_distinct(flatten(list(broken)))) as broken from b group by position",
        b=exp.Subquery(this=union_by_name(parts), alias="b"),
    )
    return (found, Query(f"breaking.{load.source}", together, f"Rules across rows of {load.source}"))


def judged_step(load: Load) -> Query:
    """`judged.<source>`: the rows of a load that are held to the rules, each with its position."""
    position = sql("row_number() over () - 1") if "rowid" in {c.lower() for c in load.columns} else sql("rowid")
    tree = query(
        "select * from (select *, $position as $name from incoming) i",
        position=position,
        name=exp.to_identifier(POSITION),
        incoming=table(f"incoming.{load.source}"),
    )
    if load.replaced:
        tree = query(
            "select * from i where $at not in (select position from r)",
            i=exp.Subquery(this=tree, alias="i"),
            at=column(POSITION),
            r=table(f"replaced.{load.source}"),
        )
    if load.exempt is not None:
        tree = query("select * from i where not $exempt", i=exp.Subquery(this=tree, alias="i"), exempt=load.exempt)
    return Query(f"judged.{load.source}", tree, "Rows to judge", as_view=True)


def _violations(load: Load, rules: Rules) -> Query:
    """One pass over the load; only rows that break a rule leave it."""
    name, title = f"violations.{load.source}", f"Holding {load.source} to its contract"
    questions = [rule.broken for rule in rules.by_row if rule.broken is not None]
    if not questions:
        return Query(name, rows({"position": "bigint", "broken": "integer[]"}, []), title)
    flags = [sql("case when $q then $n end", q=rule.broken, n=rule.number) for rule in rules.by_row]
    tree = query(
        "select $at as position, list_filter([$flags], lambda n: n is not null) as broken from judged where $any",
        at=column(POSITION),
        flags=flags,
        any=exp.or_(*questions),
        judged=table(f"judged.{load.source}"),
    )
    return Query(name, tree, title)


def _sound(load: Load) -> exp.Query:
    """Rows that break no rule by themselves: only these are compared with each other."""
    return query(
        "select * from judged where $at not in (select position from violations)",
        judged=table(f"judged.{load.source}"),
        at=column(POSITION),
        violations=table(f"violations.{load.source}"),
    )


def _repeating(load: Load, rule: Rule) -> list[exp.Query]:
    """Rows whose values stand in an earlier row of the load, or in another record of what adds up."""
    filled = exp.and_(*[sql("'' <> trim($c)", c=column(name)) for name in rule.repeats])
    values = [column(name) for name in rule.repeats]
    several = query(
        "select $values from s where $filled group by all having count(*) > 1",
        values=values,
        filled=filled,
        s=exp.Subquery(this=_sound(load), alias="s"),
    )
    again = query(
        "select $at as position, [$n] as broken from s where $filled and $row in ($several) "
        "qualify row_number() over (partition by $values order by $at) > 1",
        at=column(POSITION),
        n=rule.number,
        values=values,
        row=values[0] if len(values) == 1 else exp.Tuple(expressions=values),
        several=several,
        filled=filled,
        s=exp.Subquery(this=_sound(load), alias="s"),
    )
    if load.loading is Loading.SNAPSHOT or not load.current:
        return [again]
    same = exp.and_(*[exp.EQ(this=column(name, "s"), expression=column(name, "c")) for name in rule.repeats])
    taken = query(
        "select distinct $at as position, [$n] as broken from s join current_rows c on $same "
        "where $filled and c._record_id is distinct from s._judged_id",
        at=column(POSITION, "s"),
        n=rule.number,
        same=same,
        filled=exp.and_(*[sql("'' <> trim($c)", c=column(name, "s")) for name in rule.repeats]),
        s=exp.Subquery(
            this=query(
                "select *, $id as _judged_id from x", id=load.record_id, x=exp.Subquery(this=_sound(load), alias="x")
            ),
            alias="s",
        ),
        current_rows=table(f"current.{load.source}"),
    )
    return [again, taken]


def _dangling(load: Load, rule: Rule, landed: bool) -> exp.Query:
    """Rows whose value stands nowhere in the column it refers to."""
    assert rule.reference is not None and rule.column is not None
    reference = rule.reference
    known = []
    if landed:
        known.append(
            query("select $c as known from t", c=column(reference.column), t=table(f"current.{reference.source}"))
        )
    if reference.source == load.source:
        known.append(query("select $c as known from t", c=column(reference.column), t=table(f"judged.{load.source}")))
    return query(
        "select $at as position, [$n] as broken from judged "
        "where '' <> trim($c) and $c not in (select known from k where known is not null)",
        at=column(POSITION),
        n=rule.number,
        c=column(rule.column),
        k=exp.Subquery(this=union_by_name(known), alias="k"),
        judged=table(f"judged.{load.source}"),
    )


def withholding_steps(load: Load, rules: Rules) -> tuple[Query, ...]:
    """Steps that set aside the rows that break a rule which says so.

    Writes  withheld.<source>     position and record id of every row of the load that is not to be landed
            quarantined.<source>  the same rows as rows of quarantine.records (not those that stand corrected)
    """
    numbers = [rule.number for rule in rules.every if rule.on_violation is OnViolation.QUARANTINE]
    broken = query(
        "select position from breaking where list_has_any(broken, cast($numbers as integer[]))",
        numbers=exp.Array(expressions=[literal(number) for number in numbers]),
        breaking=table(f"breaking.{load.source}"),
    )
    parts = [
        query(
            "select $at as position, $id as record_id, false as corrected from judged where $at in ($broken) and $new",
            at=column(POSITION),
            id=load.record_id,
            new=_not_landed(load),
            judged=table(f"judged.{load.source}"),
            broken=broken,
        )
    ]
    if load.replaced:
        parts.append(
            query("select position, null as record_id, true as corrected from r", r=table(f"replaced.{load.source}"))
        )
    withheld = Query(f"withheld.{load.source}", union_by_name(parts), f"Rows of {load.source} to set aside")
    return withheld, _quarantined(load, rules)


def _not_landed(load: Load) -> exp.Expression:
    """Of what happens once, a row that comes again is a repetition, even of one that was corrected before it landed."""
    if load.loading is not Loading.ONCE or not load.current:
        return sql("true")
    known = query("select _record_id from c", c=table(f"current.{load.source}"))
    return sql("$id is null or $id not in ($known)", id=load.record_id, known=known)


def _quarantined(load: Load, rules: Rules) -> Query:
    breaking = {rule.number: rule for rule in rules.every if rule.on_violation is OnViolation.QUARANTINE}
    told = [sql("case when list_contains(b.broken, $n) then $t end", n=n, t=_told(r)) for n, r in breaking.items()]
    names = [sql("case when list_contains(b.broken, $n) then $t end", n=n, t=_named(r)) for n, r in breaking.items()]
    origin: exp.Expression = load.row_hash
    source: exp.Expr = table(f"judged.{load.source}")
    if load.replaced:
        joined = query(
            "select j.*, m.row_hash as _origin from j left join m on m.position = $at",
            j=table(f"judged.{load.source}"),
            m=table(f"mended.{load.source}"),
            at=column(POSITION, "j"),
        )
        origin, source = sql("coalesce(_origin, $hash)", hash=load.row_hash), exp.Subquery(this=joined, alias="j")
    tree = query(
        "select cast($first + $at as bigint) as record_no, cast($source as varchar) as source, "
        "cast($load as bigint) as load_id, _part as part, _row as line, $id as record_id, $reason as reason, "
        "$rules as rules, cast($origin as ubigint) as row_hash, cast(to_json($row) as varchar) as text "
        "from j join b on b.position = $at "
        "where $at in (select position from w where not corrected)",
        first=load.first_record_no,
        at=column(POSITION, "j"),
        source=load.source,
        load=load.load_id,
        id=load.record_id,
        reason=sql("concat_ws('; ', $told)", told=told or [exp.null()]),
        rules=sql("concat_ws(', ', $names)", names=names or [exp.null()]),
        origin=origin,
        row=_as_struct(load.columns),
        j=source,
        b=table(f"breaking.{load.source}"),
        w=table(f"withheld.{load.source}"),
    )
    assert set(QUARANTINE.types) == {projection.alias for projection in tree.selects}
    return Query(f"quarantined.{load.source}", tree, f"Quarantine of {load.source}")


def _told(rule: Rule) -> exp.Expression:
    """The rule's sentence about a row, with the value where that may be shown."""
    if rule.told_in is not None:
        return _told_of_row(rule.told_in, "reason")
    if rule.column is None:
        return literal(rule.says)
    if rule.hidden or rule.says == "is empty":
        return literal(f"{rule.column} {rule.says}")
    return sql(
        "concat($name, ' ''', left($c, $most), ''' ', $says)",
        name=rule.column,
        c=column(rule.column, "j"),
        most=_SHOWN,
        says=rule.says,
    )


def _named(rule: Rule) -> exp.Expression:
    return literal(rule.name) if rule.told_in is None else _told_of_row(rule.told_in, "rules")


def _told_of_row(name: str, what: str) -> exp.Expression:
    return sql(
        "(select any_value($what) from t where t.position = $at)",
        what=column(what, "t"),
        t=table(name),
        at=column(POSITION, "j"),
    )


def _as_struct(columns: Sequence[str]) -> exp.Expression:
    return exp.Struct(
        expressions=[exp.PropertyEQ(this=exp.Literal.string(name), expression=column(name)) for name in columns]
    )


def measuring_step(load: Load, rules: Rules) -> Query | None:
    """One row with what each rule about the whole load measures, as m<number>; None where there is no such rule."""
    measured = [rule for rule in rules.every if rule.measure is not None]
    if not measured:
        return None
    columns = [exp.alias_(_measured(load, rules, rule), f"m{rule.number}") for rule in measured]
    return Query(f"measured.{load.source}", exp.select(*columns), f"Measuring {load.source}")


def _measured(load: Load, rules: Rules, rule: Rule) -> exp.Expression:
    quality = rule.measure
    assert quality is not None
    judged = table(f"judged.{load.source}")
    if quality.metric == "sql":
        tree = rule_query.parsed(quality.query or "", quality.columns[0] if quality.columns else None)
        read = query(
            "select $columns from judged", columns=typed(rules.contract, rules.conventions, load.columns), judged=judged
        )
        for found in list(tree.find_all(exp.Table)):
            if found.name == rule_query.LOAD:
                found.replace(
                    exp.Subquery(this=read.copy(), alias=exp.TableAlias(this=exp.to_identifier(found.alias_or_name)))
                )
        return exp.Subquery(this=tree)
    return exp.Subquery(this=query("select $count from judged", count=_count(quality, rules), judged=judged))


def _count(quality: Quality, rules: Rules) -> exp.Expression:
    if quality.metric == "rowCount":
        return sql("count(*)")
    if quality.metric == "duplicateValues":
        values = [column(name) for name in quality.columns]
        distinct: exp.Expression = values[0] if len(values) == 1 else exp.Struct(expressions=list(values))
        counted = sql("count($v) - count(distinct $v)", v=distinct)
    else:
        asked = question(quality, rules.contract, rules.conventions)
        assert asked is not None
        counted = sql("count(*) filter (where $q)", q=asked[0])
    return sql("100.0 * ($counted) / greatest(count(*), 1)", counted=counted) if quality.limit.percent else counted
