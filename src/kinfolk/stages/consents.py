"""Consents: what holds for each customer and purpose, from what people said in the ledger and in files.

The same rules as policy.consent has for one person, for all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlglot import exp

from kinfolk.engine.sql import column, query, rows, sql, table, union_by_name
from kinfolk.engine.step import Publish, Query
from kinfolk.model.consent import RESTRICTIVE, UNASKED, UNDER_AGE, Basis, Choice, ConsentPolicy
from kinfolk.tables import staging
from kinfolk.tables.consents import STATE
from kinfolk.tables.identity import MEMBERS

LEDGER = "ledger.consents"
PURPOSES, FACTS, LATEST = "consents.purposes", "consents.facts", "consents.latest"
HOLDERS, ACTS = "consents.holders", "consents.acts"
_RANKS = {state: number for number, state in enumerate(RESTRICTIVE)}

# A row of the ledger: whom it is about, what was said, and its numbers.
SAID = {
    **dict.fromkeys(("kind", "owner", "value", "purpose", "channel", "topic", "choice"), "varchar"),
    **dict.fromkeys(("effective_at", "ranks_at", "expires_at"), "timestamp"),
    "policy_version": "varchar",
    **dict.fromkeys(("seq", "part_of"), "bigint"),
    "carried": "boolean",
    "recorded_at": "timestamp",
    "act_erased": "boolean",
}
_PURPOSE = {
    **dict.fromkeys(("purpose", "channel", "topic", "basis"), "varchar"),
    "open": "boolean",
    **dict.fromkeys(("months", "minimum_age"), "integer"),
}


def consent_steps(policy: ConsentPolicy, kinds: Sequence[str], at: datetime, *, files: bool) -> tuple[Query, ...]:
    """Steps that work out what holds for every customer at that moment (UTC).

    kinds   columns of records by which facts name people, beside the records themselves
    files   whether a source feeds staging.consents
    Reads   ledger.consents   one row per fact of the ledger that names somebody
            staging.consents, staging.records, identity.members
    Writes  consent.state     one row per customer, purpose, channel and topic
    """
    return (
        Query(PURPOSES, rows(_PURPOSE, _purposes(policy)), "Purposes"),
        Query(FACTS, _facts(at, files=files), "What people said"),
        Query(HOLDERS, _holders(kinds), "Whom it concerns"),
        Query(ACTS, _acts(), "Whom an act concerns"),
        Query(LATEST, _latest(), "The latest that each said"),
        Query(STATE.name, _state(at), "What data may be used for", Publish.REPLACE),
    )


def _purposes(policy: ConsentPolicy) -> Iterable[tuple[object, ...]]:
    for purpose in policy.purposes:
        for scope in purpose.scopes():
            yield purpose.name, *scope, str(purpose.basis), purpose.default, purpose.months, purpose.minimum_age


def _facts(at: datetime, *, files: bool) -> exp.Query:
    ledger = query(
        "select l.*, cast(null as varchar) as source, cast(null as varchar) as record_id from l", l=table(LEDGER)
    )
    trees = [ledger]
    if files:
        said = query(
            "select coalesce(c.person_key, 'record') as kind, c.person_source as owner, c.person_value as value, "
            "c.purpose, cast(null as varchar) as channel, cast(null as varchar) as topic, c.decision as choice, "
            "coalesce(c.decided_at, c.observed_at) as effective_at, case when c.decision = $granted then "
            "coalesce(c.decided_at, c.observed_at) + to_months(m.months) end as expires_at, c.policy_version, "
            "cast(null as bigint) as seq, cast(null as bigint) as part_of, c.source, c.record_id from c "
            "left join (select distinct purpose, months from p) as m on m.purpose = c.purpose "
            "where c.person_value is not null and c.decision is not null",
            granted=Choice.GRANTED,
            c=table(staging.ACTIVITY["consents"].name),
            p=table(PURPOSES),
        )
        trees.append(said)
    return query("select * from ($every) as f where effective_at <= $at", every=union_by_name(trees), at=at)


def _holders(kinds: Sequence[str]) -> exp.Query:
    """Customers that a record or a value leads to, and how many each leads to."""
    trees = [
        query(
            "select 'record' as kind, source as owner, record_id as value, customer_id, 1 as customers from m",
            m=table(MEMBERS.name),
        )
    ]
    for kind in kinds:
        trees.append(
            query(
                "select $kind as kind, cast(null as varchar) as owner, value, customer_id, "
                "count(*) over (partition by value) as customers from "
                "(select distinct cast($column as varchar) as value, m.customer_id from r "
                "join m on m.record_no = r.record_no where cast($column as varchar) in "
                "(select f.value from f where f.kind = $kind)) as held",
                kind=kind,
                column=column(kind, "r"),
                r=table(staging.RECORDS.name),
                m=table(MEMBERS.name),
                f=table(FACTS),
            )
        )
    return union_by_name(trees)


def _acts() -> exp.Query:
    """How many customers have the records that an act was about: more than one, when those who said it have parted."""
    return query(
        "select f.part_of, count(distinct m.customer_id) as customers from f "
        "join m on m.source = f.owner and m.record_id = f.value where f.kind = 'record' group by all",
        f=table(LEDGER),
        m=table(MEMBERS.name),
    )


def _state(at: datetime) -> exp.Query:
    return query(
        "with judged as ("
        "select l.*, case when choice = $granted and not ($of_age) then $under_age "
        "when choice = $granted and expires_at <= $at then $expired else choice end as state "
        "from latest l left join ($births) as b on b.customer_id = l.customer_id), "
        "decisive as (select * from judged qualify row_number() over ("
        "partition by customer_id, purpose, scope_channel, scope_topic "
        "order by $rank, expires_at nulls last, effective_at, coalesce(seq, 0), source || ':' || record_id) = 1) "
        "select c.customer_id, p.purpose, p.channel, p.topic, "
        "case when p.basis <> $consent and coalesce(d.state, $unasked) in ($unasked, $expired) then p.open "
        "else coalesce(d.state, $unasked) = $granted end as allowed, coalesce(d.state, $unasked) as state, p.basis, "
        "d.effective_at as since, d.expires_at, d.policy_version, d.kind as subject_kind, d.seq, d.source, d.record_id "
        "from (select distinct customer_id from m) as c cross join p left join decisive d "
        "on d.customer_id = c.customer_id and d.purpose = p.purpose "
        "and d.scope_channel is not distinct from p.channel and d.scope_topic is not distinct from p.topic",
        latest=table(LATEST),
        of_age=sql("minimum_age is null or coalesce(b.birth_date + to_years(minimum_age) <= effective_at, false)"),
        births=query(
            "select m.customer_id, max(r.birth_date) as birth_date from r join m on m.record_no = r.record_no "
            "group by all",
            r=table(staging.RECORDS.name),
            m=table(MEMBERS.name),
        ),
        rank=_rank("state"),
        at=at,
        consent=Basis.CONSENT,
        granted=Choice.GRANTED,
        expired=Choice.EXPIRED,
        under_age=UNDER_AGE,
        unasked=UNASKED,
        m=table(MEMBERS.name),
        p=table(PURPOSES),
    )


def _latest() -> exp.Query:
    """Of each subject of a customer the latest fact about each part of a purpose; grants of shared values left out."""
    return query(
        "select f.*, h.customer_id, p.channel as scope_channel, p.topic as scope_topic, p.minimum_age "
        "from f join p on p.purpose = f.purpose and (f.channel is null or f.channel = p.channel) "
        "and (f.topic is null or f.topic = p.topic) "
        "join h on h.kind = f.kind and h.value = f.value and h.owner is not distinct from f.owner "
        "left join a on a.part_of = f.part_of "
        "where (h.customers = 1 and coalesce(a.customers, 1) = 1) or f.choice <> $granted "
        "qualify row_number() over (partition by h.customer_id, f.kind, f.owner, f.value, "
        "p.purpose, p.channel, p.topic "
        "order by f.effective_at desc, coalesce(f.seq, 0) desc, $rank, f.source || ':' || f.record_id desc) = 1",
        f=table(FACTS),
        p=table(PURPOSES),
        h=table(HOLDERS),
        a=table(ACTS),
        granted=Choice.GRANTED,
        rank=_rank("choice"),
    )


def _rank(name: str) -> exp.Expression:
    """The more restrictive the smaller."""
    rank = exp.Case()
    for state, number in _RANKS.items():
        rank = rank.when(column(name).eq(str(state)), exp.Literal.number(number))
    return rank
