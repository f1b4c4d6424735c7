"""Golden profiles: one pass over all records picks each customer's values and remembers where they came from."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from kinfolk.engine.sql import column, literal, query, sql, table
from kinfolk.engine.step import Patch, Publish, Query, patching
from kinfolk.model.identity import Survivorship
from kinfolk.model.source import Source
from kinfolk.stages.profiles.survivorship import (
    Group,
    candidate,
    frequency_column,
    groups,
    needs_frequency,
    preference,
    record_of,
)
from kinfolk.tables import identity, profiles, staging


def profile_steps(
    fields: Sequence[str], survivorship: Survivorship, sources: Sequence[str], among: str | None = None
) -> tuple[Query, ...]:
    """Steps that make the golden profiles.

    fields   golden fields that some source feeds: canonical columns, then the company's attributes
    among    a table of customer_id: only these are made anew, the others stay as published; None = all
    Reads    staging.records, identity.members, identity.review
    Writes   profiles.customers, profiles.origins, profiles.lineage (a view), profiles.duplicates
    """
    grouped = groups(fields, survivorship)
    made = (
        _records(among),
        _candidates(grouped, survivorship),
        _survivors(grouped, sources),
        _customers(fields, survivorship),
        _origins(grouped),
    )
    if among is None:
        return (*made, _lineage(fields, grouped), _duplicates())
    return (*(patching(step, Patch("customer_id", among)) for step in made), _duplicates())


def golden_fields(sources: Sequence[Source]) -> tuple[str, ...]:
    """Every field of a profile that some source feeds: the canonical ones, then the company's own."""
    fed = [m for s in sources if (m := s.mapping("people"))]
    mapped = {name for m in fed for name in m.columns}
    if "full_name" in mapped:
        mapped |= {"first_name", "middle_name", "last_name"}
    attributes = dict.fromkeys(name for m in fed for name in m.attributes)
    return (*(c.name for c in staging.PEOPLE if c.name in mapped), *attributes)


def _records(among: str | None) -> Query:
    tree = query(
        "select r.*, m.customer_id from records r join members m on m.record_no = r.record_no",
        records=table(staging.RECORDS.name),
        members=table("identity.members"),
    )
    if among is not None:
        assert isinstance(tree, exp.Select), "a SELECT with a condition is a SELECT"
        tree = tree.where(sql("m.customer_id in ($some)", some=query("select customer_id from t", t=table(among))))
    return Query("survivors.records", tree, "Records of customers", as_view=True)


def _candidates(grouped: Sequence[Group], survivorship: Survivorship) -> Query:
    """Every record with its customer and, per group, its place in the order of preference."""
    keys = [exp.alias_(preference(g, survivorship), _key(g), quoted=True) for g in grouped]
    counted = [group.name for group in grouped if needs_frequency(group)]
    tree = query(
        "select *, $keys from joined as records", keys=keys, joined=exp.Subquery(this=_with_frequencies(counted))
    )
    return Query("survivors.candidates", tree, "Ranking values", as_view=True)


def _with_frequencies(fields: Sequence[str]) -> exp.Query:
    """Records with how often their customer has their value of each field, where that can decide anything.

    Among fewer than three values no value can be more frequent than another without being the only one.
    """
    records = table("survivors.records")
    tree = exp.select("r.*").from_(exp.alias_(records, "r", table=True))
    for number, field in enumerate(fields):
        counts = query(
            "select customer_id, $field as counted, count(*) as times from records where $field is not null and "
            "customer_id in (select customer_id from contested group by 1 "
            "having count($field) > 2 and min($field) <> max($field)) group by all",
            field=column(field),
            records=records.copy(),
            contested=records.copy(),
        )
        name = f"n{number}"
        same = sql(
            "$theirs = r.customer_id and $counted = $mine",
            theirs=column("customer_id", name),
            counted=column("counted", name),
            mine=column(field, "r"),
        )
        tree = tree.join(exp.Subquery(this=counts), on=same, join_type="left", join_alias=name)
        tree = tree.select(exp.alias_(column("times", name), frequency_column(field), quoted=True))
    return tree


def _survivors(grouped: Sequence[Group], sources: Sequence[str]) -> Query:
    chosen: list[exp.Expr] = []
    for group in grouped:
        key, is_candidate = column(_key(group)), candidate(group)
        chosen += [exp.alias_(_value_of(field, group), field, quoted=True) for field in group.fields]
        chosen.append(exp.alias_(sql("min($k) filter (where $c)", k=key, c=is_candidate), _key(group), quoted=True))
    tree = query(
        "select customer_id, count(*) as records, $sources as sources, "
        "min(observed_at) as first_seen, max(observed_at) as last_seen, $chosen from candidates group by customer_id",
        sources=_number_of_sources(sources),
        chosen=chosen,
        candidates=table("survivors.candidates"),
    )
    return Query("survivors.values", tree, "Choosing golden values")


def _value_of(field: str, group: Group) -> exp.Expression:
    """The field's value in the preferred record, empty where that record has none.

    arg_min skips empty values and arg_min_null takes four times as long, so values go in as text that is never
    empty, and an empty text comes out as null.
    """
    key, is_candidate = column(_key(group)), candidate(group)
    if group.telling == (field,):
        return sql("arg_min($v, $k) filter (where $c)", v=column(field), k=key, c=is_candidate)
    kind = next((c.type for c in staging.PEOPLE if c.name == field), "varchar")
    picked = sql(
        "nullif(arg_min(coalesce(cast($v as varchar), ''), $k) filter (where $c), '')",
        v=column(field),
        k=key,
        c=is_candidate,
    )
    return picked if kind == "varchar" else exp.cast(picked, kind)


def _number_of_sources(sources: Sequence[str]) -> exp.Expression:
    """How many sources a customer's records come from; one bit each is four times as fast as counting names."""
    if not 0 < len(sources) <= 62:
        return sql("count(distinct source)")
    bit = exp.Case(this=column("source"))
    for position, source in enumerate(sources):
        bit = bit.when(literal(source), exp.Literal.number(2**position))
    return sql("bit_count(bit_or(cast($bit as bigint)))", bit=bit)


def _customers(fields: Sequence[str], survivorship: Survivorship) -> Query:
    # A core field that no source feeds is missing in every profile.
    core = [
        sql("cast($f is not null as integer)", f=column(f) if f in fields else exp.null())
        for f in survivorship.core_fields
    ]
    completeness: exp.Expression = sql("cast(null as double)")
    if core:
        completeness = sql("list_sum([$core]) / cast($n as double)", core=core, n=len(core))
    tree = query(
        "select customer_id, records, sources, first_seen, last_seen, $completeness as completeness, $fields "
        "from picked",
        completeness=completeness,
        fields=_all_fields(fields),
        picked=table("survivors.values"),
    )
    return Query(profiles.CUSTOMERS.name, tree, "Golden profiles", Publish.REPLACE)


def _all_fields(fields: Sequence[str]) -> list[exp.Expr]:
    """Every canonical column, empty where no source feeds it, then the company's attributes."""
    canonical = {c.name: c.type for c in staging.PEOPLE}
    unfed = {
        name: exp.alias_(exp.cast(exp.null(), kind), name) for name, kind in canonical.items() if name not in fields
    }
    own = [column(f) for f in fields if f not in canonical]
    return [*(unfed.get(name, column(name)) for name in canonical), *own]


def _origins(grouped: Sequence[Group]) -> Query:
    tree = query(
        "select customer_id, $origins from picked",
        origins=[exp.alias_(record_of(column(_key(g))), g.name, quoted=True) for g in grouped],
        picked=table("survivors.values"),
    )
    return Query(profiles.ORIGINS.name, tree, "Origins of golden values", Publish.REPLACE)


def _lineage(fields: Sequence[str], grouped: Sequence[Group]) -> Query:
    of_field = {field: group for group in grouped for field in group.fields}
    entries = [
        sql(
            "{'field': $name, 'value': cast($value as varchar), 'record_no': $origin, 'rule': $rule}",
            name=field,
            value=column(field, "c"),
            origin=column(of_field[field].name, "o"),
            rule=of_field[field].rule_words,
        )
        for field in fields
    ]
    tree = query(
        "select g.customer_id, g.entry.field as field, g.entry.value as value, m.source, m.record_id, m.observed_at, "
        "g.entry.rule as rule, m.record_no, a.original from "
        "(select c.customer_id, unnest([$entries]) as entry from customers c "
        "join origins o on o.customer_id = c.customer_id) g "
        "join members m on m.record_no = g.entry.record_no and m.customer_id = g.customer_id "
        "left join mappings a on a.source = m.source and a.field = g.entry.field and a.staged = 'people' "
        "where g.entry.value is not null",
        entries=entries,
        customers=table(profiles.CUSTOMERS.name),
        origins=table(profiles.ORIGINS.name),
        members=table("identity.members"),
        mappings=table(staging.MAPPINGS.name),
    )
    return Query(profiles.LINEAGE.name, tree, "Lineage", Publish.VIEW)


def _duplicates() -> Query:
    """A source's share of doubles as it arrived, and the share still expected from what waits in review."""
    tree = query(
        "select n.source, n.records, n.customers, 1 - n.customers / cast(n.records as double) as rate_before, "
        "coalesce(w.expected, 0) / n.customers as rate_after from "
        "(select source, count(*) as records, count(distinct customer_id) as customers from members group by source) n "
        "left join (select a.source, sum(p.probability) as expected from "
        "(select least(customer_a, customer_b) as customer_a, greatest(customer_a, customer_b) as customer_b, "
        "max(probability) as probability from review where not starts_with(reason, $apart) group by all) p "
        "join (select distinct source, customer_id from members_a) a on a.customer_id = p.customer_a "
        "join (select distinct source, customer_id from members_b) b on b.customer_id = p.customer_b "
        "and b.source = a.source group by a.source) w on w.source = n.source",
        members=table("identity.members"),
        members_a=table("identity.members"),
        members_b=table("identity.members"),
        review=table(identity.REVIEW.name),
        apart=identity.HELD_APART,
    )
    return Query(profiles.DUPLICATES.name, tree, "Duplicates per source", Publish.REPLACE)


def _key(group: Group) -> str:
    return f"_key_{group.name}"
