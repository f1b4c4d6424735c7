"""Which records a change may concern: those that share a block, a key or everything compared with one that moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from sqlglot import exp

from kinfolk.engine.sql import column, query, rows, sql, table, union_by_name
from kinfolk.engine.step import Query
from kinfolk.model.identity import IdentityRules, Key
from kinfolk.stages.identity.arrow import array
from kinfolk.stages.identity.blocking import LARGEST_BLOCK
from kinfolk.stages.identity.coding import pattern_of
from kinfolk.stages.identity.fingerprints import FORM, WORLD, fingerprints
from kinfolk.stages.identity.keys import key_name
from kinfolk.stages.identity.model import Model
from kinfolk.tables import identity as promised
from kinfolk.tables.staging import RECORDS

# Work tables of a run that lands changes: the records it superseded or landed, those of them that are there now, and
# the rows of staging.records that are no longer so.
TOUCHED, ARRIVED, SUPERSEDED = "touched.records", "touched.arrived", "touched.superseded"
FORMS, NEW_FORMS, OLD_FORMS = "touched.forms", "touched.new_forms", "touched.old_forms"
OUTGROWN, CANDIDATES, TIES = "touched.outgrown", "touched.candidates", "touched.ties"
CROWDED = "touched.crowded_keys"
STILL_SHARED = "touched.still_shared"  # values of keys with too many people behind them, before and now


def form_steps() -> Iterator[Query]:
    """The records as numbers in memory: all of them, those that arrived, and those that are no longer so.

    Reads   identity.compared, previous.compared   as it is now, and as it is published
    """
    now, before = table(promised.COMPARED.name), table("previous.compared")
    yield Query(FORMS, query("select * from now", now=now), "Compared values")
    some = "select * from forms where record_no in (select record_no from moved)"
    yield Query(NEW_FORMS, query(some, forms=table(FORMS), moved=table(ARRIVED)), "Compared values that arrived")
    yield Query(OLD_FORMS, query(some, forms=before, moved=table(TOUCHED)), "Compared values that were")


def outgrown_step(model: Model) -> Query:
    """Blocks that have become too large to be compared, which the model does not know of."""
    found = [
        query(
            "select $names from forms f where exists (select 1 from new_forms d where $same) "
            "group by all having count(distinct f.row) > $largest",
            names=[exp.alias_(column(name, "f"), f"key{n}") for n, name in enumerate(names)],
            same=_same("d", "f", names),
            largest=LARGEST_BLOCK,
            forms=table(FORMS),
            new_forms=exp.Subquery(this=_not_crowded(rule)),
        )
        for rule, names in _rules(model)
    ]
    tree = union_by_name([query("select count(*) as blocks from found", found=exp.Subquery(this=f)) for f in found])
    return Query(OUTGROWN, tree if found else rows({"blocks": "bigint"}, []), "Blocks that grew too large")


def candidate_steps(model: Model) -> Iterator[Query]:
    """Pairs of a record that arrived and another that shares a block with it."""
    names_of = []
    for number, (rule, names) in enumerate(_rules(model)):
        tree = query(
            "select d.record_no as a, f.record_no as b from new_forms d join forms f on $same "
            "where d.record_no <> f.record_no",
            same=_same("d", "f", names),
            forms=table(FORMS),
            new_forms=exp.Subquery(this=_not_crowded(rule)),
        )
        names_of.append(f"touched.block_{number}")
        yield Query(names_of[-1], tree, f"Records that share {' and '.join(rule['columns'])}")
    found = [query("select least(a, b) as a, greatest(a, b) as b from p", p=table(name)) for name in names_of]
    tree = rows({"a": "bigint", "b": "bigint"}, [])
    if found:
        tree = query("select distinct a, b from p", p=exp.Subquery(this=union_by_name(found)))
    yield Query(CANDIDATES, tree, "Pairs to compare")


def tie_step(rules: IdentityRules, *, matching: bool, apart: bool) -> Query:
    """Pairs of records that belong together in what is decided again, whatever is decided.

    Those that share a key with one that moved, those alike in everything compared, and for a record that returns the
    records of the customer it once had.

    apart  whether something keeps records apart: those that a key would join but for that are tied too, because what
           happens to one decides about the other
    """
    ties = [_by_key(rules, number) for number in range(len(rules.keys))]
    if apart:
        ties += [_held_apart(rules, key) for key in rules.keys]
    if matching:
        ties.append(_alike())
    ties.append(_former_customer())
    return Query(TIES, union_by_name(ties), "Records tied to those that changed")


def crowded_key_step(rules: IdentityRules) -> Query:
    """Values of keys that more records share than the key allows."""
    found = [
        query(
            "select cast($number as bigint) as key, [$texts] as values, $tenant as tenant, count(*) as records "
            "from records r where $known group by all having count(*) > $most",
            number=number,
            texts=[_text(name, "r") for name in key.columns],
            tenant=_tenant(rules, "r"),
            known=_known(rules, key, "r"),
            most=key.at_most,
            records=table(RECORDS.name),
        )
        for number, key in enumerate(rules.keys)
        if key.at_most is not None
    ]
    types = {"key": "bigint", "values": "varchar[]", "tenant": "varchar", "records": "bigint"}
    return Query(CROWDED, union_by_name(found) if found else rows(types, []), "Values that too many share")


def ignored_query(rules: IdentityRules) -> exp.Query:
    """Values on the ignore lists and how many records have them."""
    found = [
        query(
            "select cast($name as varchar) as column_name, $text as value, count(*) as records from records r "
            "where regexp_matches($text, $pattern) and $text <> '' group by all",
            name=name,
            text=_text(name, "r"),
            pattern=pattern_of(patterns),
            records=table(RECORDS.name),
        )
        for name, patterns in rules.ignore.items()
        if name in rules.columns()
    ]
    types = {"column_name": "varchar", "value": "varchar", "records": "bigint"}
    return union_by_name(found) if found else rows(types, [])


def nothing_known_query(rules: IdentityRules) -> exp.Query:
    """How many records have no value in anything that keys or matching look at."""
    known = [_has(rules, name, "r") for name in rules.deciding()]
    return query(
        "select count(*) as records from records r where not coalesce($known, false)",
        known=exp.paren(exp.or_(*[sql("coalesce($k, false)", k=one) for one in known])) if known else sql("true"),
        records=table(RECORDS.name),
    )


def _has(rules: IdentityRules, name: str, record: str) -> exp.Expression:
    """Whether a record has a value that is not on the column's ignore list."""
    conditions = [sql("strlen($c) > 0", c=_text(name, record))]
    if name in rules.ignore:
        pattern = pattern_of(rules.ignore[name])
        conditions.append(sql("not regexp_matches($c, $p)", c=_text(name, record), p=pattern))
    return _all(conditions)


def _rules(model: Model) -> list[tuple[dict[str, Any], list[str]]]:
    """Each blocking rule, and the columns of identity.compared that it compares."""
    worlds = [[WORLD] if len(rule["crowded"]) > len(rule["columns"]) else [] for rule in model.blocking]
    pairs = zip(model.blocking, worlds, strict=True)
    return [(rule, [*(FORM + name for name in rule["columns"]), *world]) for rule, world in pairs]


def _same(left: str, right: str, names: Sequence[str]) -> exp.Expression:
    return _all(sql("$l = $r", l=column(name, left), r=column(name, right)) for name in names)


def _not_crowded(rule: dict[str, Any]) -> exp.Query:
    """Forms that arrived, but for those whose block was too large when the model was learned."""
    tree = query("select * from forms", forms=table(NEW_FORMS))
    names = [*(FORM + name for name in rule["columns"]), WORLD][: len(rule["crowded"])]
    texts = [array(["" if v is None else v for v in values], pa.string()) for values in rule["crowded"]]
    numbers = [fingerprints(values).tolist() for values in texts]
    if rule["crowded"] and None in rule["crowded"][-1]:  # records that name no tenant share the world 0
        numbers[-1] = [0 if v is None else n for v, n in zip(rule["crowded"][-1], numbers[-1], strict=True)]
    blocks = [
        exp.and_(*[sql("$c = $n", c=column(name), n=n) for name, n in zip(names, block, strict=True)])
        for block in zip(*numbers, strict=True)
    ]
    assert isinstance(tree, exp.Select), "a SELECT with a condition is a SELECT"
    return tree.where(exp.not_(exp.paren(exp.or_(*blocks)))) if blocks else tree


def key_steps(rules: IdentityRules) -> Iterator[Query]:
    """Of each key, records with a value that a record that moved has or had; also those no longer there (`gone`)."""
    for number, key in enumerate(rules.keys):
        yield Query(key_table(number), _keyed_alike(rules, key), f"Records that share {' and '.join(key.columns)}")


def key_table(number: int) -> str:
    """The work table of one key's records."""
    return f"touched.key_{number}"


def key_parts(key: Key) -> list[exp.Column]:
    """The columns of that table that make a value: the key's, then the tenant."""
    return [exp.column(f"key{n}") for n in range(len(key.columns) + 1)]


def key_value(rules: IdentityRules, key: Key) -> exp.Expression:
    """The value of such a record as guards name it (see keys.named_value)."""
    *texts, tenant = key_parts(key)
    whole = sql("concat_ws(' + ', $texts)", texts=texts)
    if rules.tenant is None or rules.tenant in key.columns:
        return whole
    return sql("$w || coalesce($begin || $t || ')', '')", w=whole, begin=f" ({rules.tenant} ", t=tenant)


def _by_key(rules: IdentityRules, number: int) -> exp.Query:
    """Records with a key's value that a record that moved has or had, each with the first of them.

    A value that too many share ties nothing, unless it was or is otherwise.
    """
    key = rules.keys[number]
    return query(
        "select a, record_no as b from (select record_no, $value as value, min(record_no) over (partition by $parts) "
        "as a, count(*) filter (where not gone) over (partition by $parts) as now, "
        "count(*) filter (where not came) over (partition by $parts) as before from every) "
        "where (now <= $most or before <= $most) and value not in (select value from still where key = $number)",
        value=key_value(rules, key),
        parts=key_parts(key),
        most=key.at_most if key.at_most is not None else 1 << 62,
        every=table(key_table(number)),
        still=table(STILL_SHARED),
        number=number,
    )


def _held_apart(rules: IdentityRules, key: Key) -> exp.Query:
    """Records with a value by which not every link was made, each with the first of them."""
    valued = query(
        "select record_no, $value as value from k",
        value=key_value(rules, key),
        k=exp.Subquery(this=_keyed(rules, key, RECORDS.name)),
    )
    return query(
        "select min(record_no) over (partition by value) as a, record_no as b from v where value in "
        "(select value from guards where guard in ('never', 'decision') and rule = $rule)",
        v=exp.Subquery(this=valued),
        guards=table(promised.GUARDS.name),
        rule=key_name(key),
    )


def _keyed_alike(rules: IdentityRules, key: Key) -> exp.Query:
    parts = key_parts(key)
    arrived = query("select record_no from arrived", arrived=table(ARRIVED))
    now, before = (_keyed(rules, key, name) for name in (RECORDS.name, SUPERSEDED))
    some = [sql("n.$k is not distinct from m.$k", k=exp.to_identifier(part.name)) for part in parts]
    here = query(
        "select n.*, false as gone, n.record_no in ($arrived) as came from now n where exists "
        "(select 1 from moved m where $some)",
        now=exp.Subquery(this=now),
        arrived=arrived,
        some=exp.and_(*some),
        moved=exp.Subquery(this=union_by_name([now.copy().where(sql("r.record_no in ($a)", a=arrived)), before])),
    )
    gone = query("select *, true as gone, false as came from before", before=exp.Subquery(this=before.copy()))
    return union_by_name([here, gone])


def _keyed(rules: IdentityRules, key: Key, records: str) -> exp.Select:
    """Records that have a value of the key: its columns as key0, key1, … and, last, the tenant."""
    texts = [*(_text(name, "r") for name in key.columns), _tenant(rules, "r")]
    tree = query(
        "select r.record_no, $names from records r where $known",
        names=[exp.alias_(text, f"key{n}") for n, text in enumerate(texts)],
        known=_known(rules, key, "r"),
        records=table(records),
    )
    assert isinstance(tree, exp.Select), "a SELECT with a condition is a SELECT"
    return tree


def _alike() -> exp.Query:
    """Records alike in everything compared with one that moved, each with the first of them."""
    now = query(
        "select record_no, row from f where row in (select row from n union select row from o)",
        f=table(FORMS),
        n=table(NEW_FORMS),
        o=table(OLD_FORMS),
    )
    before = query("select record_no, row from o", o=table(OLD_FORMS))
    return query(
        "select min(record_no) over (partition by row) as a, record_no as b from e",
        e=exp.Subquery(this=union_by_name([now, before])),
    )


def _former_customer() -> exp.Query:
    """A record that returns, with the records of the customer it had when it was last seen."""
    return query(
        "select r.record_no as a, m.record_no as b from records r "
        "join former f on f.source = r.source and f.record_id = r.record_id "
        "left join aliases a on a.alias = f.customer_id "
        "join members m on m.customer_id = coalesce(a.customer_id, f.customer_id) "
        "where r.record_no in (select record_no from arrived)",
        records=table(RECORDS.name),
        former=table(promised.FORMER_MEMBERS.name),
        aliases=table(promised.ALIASES.name),
        members=table(promised.MEMBERS.name),
        arrived=table(ARRIVED),
    )


def _text(name: str, record: str) -> exp.Expression:
    return sql("cast($c as varchar)", c=column(name, record))


def _tenant(rules: IdentityRules, record: str) -> exp.Expression:
    if rules.tenant is None:
        return sql("cast(null as varchar)")
    return sql("nullif($c, '')", c=_text(rules.tenant, record))


def _known(rules: IdentityRules, key: Key, record: str) -> exp.Expression:
    """True where every column of the key has a value that is not on its ignore list."""
    return _all(_has(rules, name, record) for name in key.columns)


def _all(conditions: Iterable[exp.Expression]) -> exp.Expression:
    return exp.paren(exp.and_(*conditions))
