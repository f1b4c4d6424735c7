"""Consents: what holds for each customer and purpose, from what people said in the ledger and in files.

The same rules as policy.consent has for one person, for all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlglot import exp

from kinfolk.engine.sql import column, literal, query, rows, sql, table, union_by_name
from kinfolk.engine.step import Publish, Query
from kinfolk.expressions.time import in_utc, in_zone
from kinfolk.model.consent import FORBIDDING, RESTRICTIVE, UNASKED, UNDER_AGE, Basis, Choice, ConsentPolicy
from kinfolk.tables import staging
from kinfolk.tables.consents import STATE, UNCOUNTED
from kinfolk.tables.identity import MEMBERS

LEDGER = "ledger.consents"
PURPOSES, RENAMED, FACTS = "consents.purposes", "consents.renamed", "consents.facts"
LATEST = "consents.latest"
HOLDERS, PARTED, SPOKEN = "consents.holders", "consents.parted", "consents.spoken"
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
_RENAMED = {"former": "varchar", "called": "varchar"}
_PURPOSE = {
    **dict.fromkeys(("purpose", "channel", "topic", "basis"), "varchar"),
    "open": "boolean",
    **dict.fromkeys(("months", "minimum_age"), "integer"),
    "zone": "varchar",
}


def consent_steps(
    policy: ConsentPolicy, kinds: Sequence[str], at: datetime, files: Mapping[str, str] | None, events: exp.Query
) -> tuple[Query, ...]:
    """Steps that work out what holds for every customer at that moment (UTC).

    kinds   columns of records by which facts name people, beside the records themselves
    files   time zone of each source that feeds staging.consents; None where that is not there
    events  every event of membership, that of this run too
    Reads   ledger.consents   one row per fact of the ledger that names somebody
            staging.consents, staging.records, identity.members
    Writes  consent.state      one row per customer, purpose, channel and topic
            consent.uncounted  one row per row of a file that counts for nothing
    """
    uncounted = _uncounted(policy, at, files=files is not None)
    return (
        Query(PURPOSES, rows(_PURPOSE, _purposes(policy)), "Purposes"),
        Query(RENAMED, rows(_RENAMED, policy.formerly.purposes.items()), "Former names of purposes"),
        Query(FACTS, _facts(at, files), "What people said"),
        Query(UNCOUNTED.name, uncounted, "What counts for nothing", Publish.REPLACE),
        Query(HOLDERS, _holders(kinds), "Whom it concerns"),
        Query(PARTED, _parted_acts(events, at), "Acts of customers who parted"),
        Query(SPOKEN, _spoken(), "Who spoke for themselves"),
        Query(LATEST, _latest(), "The latest that each said"),
        Query(STATE.name, _state(at), "What data may be used for", Publish.REPLACE),
    )


def _purposes(policy: ConsentPolicy) -> Iterable[tuple[object, ...]]:
    for purpose in policy.purposes:
        for scope in purpose.scopes():
            limits = purpose.months, purpose.minimum_age, purpose.zone
            yield purpose.name, *scope, str(purpose.basis), purpose.default, *limits


def _facts(at: datetime, files: Mapping[str, str] | None) -> exp.Query:
    ledger = query(
        "select l.*, cast(null as varchar) as source, cast(null as varchar) as record_id from l", l=table(LEDGER)
    )
    trees = [ledger] if files is None else [ledger, _said_in_files(files, at)]
    return query("select * from ($every) as f where effective_at <= $at", every=union_by_name(trees), at=at)


def _said_in_files(zones: Mapping[str, str], at: datetime) -> exp.Query:
    """What files say. A grant of theirs ends as the policy has it; a denial at a midnight names a day.

    A denial of a moment still to come counts already: nobody says no in order to be asked once more.
    """
    zone = _cases(column("source", "c"), zones)
    return query(
        "select c.kind, c.owner, c.value, c.purpose, c.choice, c.policy_version, c.source, c.record_id, "
        "case when c.forbids then least(c.moment, $at) else c.moment end as effective_at, "
        "case when c.forbids and date_trunc('day', c.local) = c.local then $day_end else c.moment end as ranks_at, "
        "case when c.choice = $granted then $end end as expires_at, false as carried, false as act_erased "
        "from ($read) as c left join (select distinct purpose, months, zone from p) as m on m.purpose = c.purpose",
        day_end=in_utc(sql("c.local + interval 1 day"), column("zone", "c")),
        end=in_utc(
            sql("$local + to_months(m.months)", local=in_zone(column("moment", "c"), column("zone", "m"))),
            column("zone", "m"),
        ),
        granted=Choice.GRANTED,
        at=at,
        read=query(
            "select c.*, $local as local, c.choice in ($forbidding) as forbids from ($rows) as c",
            local=in_zone(column("moment", "c"), column("zone", "c")),
            forbidding=list(map(str, FORBIDDING)),
            rows=query(
                "select c.*, $zone as zone from ($rows) as c where c.value is not null and c.choice is not null",
                zone=zone,
                rows=_rows_of_files(),
            ),
        ),
        p=table(PURPOSES),
    )


def said_in_files(consents: exp.Table) -> exp.Query:
    """Rows of staging.consents. An answer that is there and cannot be read is a no: it may well be one.

    A grant whose day is there and cannot be read has no moment: it may be older than any no. One that names no day is
    of the moment its row was loaded.
    """
    return query(
        "select coalesce(person_key, 'record') as kind, person_source as owner, person_value as value, purpose, "
        "case when decision = $granted and list_contains(string_split(unread, ','), 'decided_at') then null "
        "else coalesce(decided_at, observed_at) end as moment, policy_version, source, record_id, case "
        "when decision is null and list_contains(string_split(unread, ','), 'decision') then $denied "
        "else decision end as choice from c",
        granted=Choice.GRANTED,
        denied=Choice.DENIED,
        c=consents,
    )


def _rows_of_files() -> exp.Query:
    """The same with purposes by the names they have now."""
    return query(
        "select c.* replace (coalesce(r.called, c.purpose) as purpose) from ($said) as c "
        "left join r on r.former = c.purpose",
        said=said_in_files(table(staging.ACTIVITY["consents"].name)),
        r=table(RENAMED),
    )


def _uncounted(policy: ConsentPolicy, at: datetime, *, files: bool) -> exp.Query:
    """Rows of files that count for nothing, and why."""
    if not files:
        return rows(UNCOUNTED.types, [])
    return query(
        "select source, record_id, purpose, choice as decision, why from (select *, case "
        "when value is null then 'it does not say who decided' "
        "when choice is null then 'it does not say what was decided' "
        "when purpose is null then 'it does not say, or not readably, what for' "
        "when purpose in ($ended) then null "
        "when purpose not in (select p.purpose from p) then 'policies/consent.yml has no such purpose' "
        "when moment is null then 'its day cannot be read' "
        "when choice not in ($forbidding) and moment > $at then 'it is of a moment still to come' end as why "
        "from ($rows) as c) as judged where why is not null",
        ended=list(policy.ended.purposes) or [""],
        forbidding=list(map(str, FORBIDDING)),
        at=at,
        rows=_rows_of_files(),
        p=table(PURPOSES),
    )


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


def parted(acts: exp.Query, events: exp.Query, members: exp.Query, at: datetime) -> exp.Query:
    """Acts whose records ever were those of several customers, between the act and a moment (UTC): part_of.

    acts  part_of, source, record_id and recorded_at, a row for each record of an act
    """
    return query(
        "with said as materialized (select * from ($acts) as x), happened as (select e.* from ($events) as e "
        "semi join said a on a.source = e.source and a.record_id = e.record_id), "
        "firsts as (select * from happened qualify row_number() over (partition by source, record_id order by run_id) "
        "= 1), "
        "spans as (select source, record_id, customer_before as customer_id, $ever as since, happened_at as until "
        "from firsts union all select source, record_id, customer_after, happened_at, lead(happened_at, 1, $never) "
        "over (partition by source, record_id order by run_id) from happened "
        "union all select m.source, m.record_id, m.customer_id, $ever, $never from ($members) as m "
        "semi join said a on a.source = m.source and a.record_id = m.record_id "
        "anti join firsts f on f.source = m.source and f.record_id = m.record_id), "
        "held as (select a.part_of, a.recorded_at, s.customer_id, s.since, s.until from said a "
        "join spans s on s.source = a.source and s.record_id = a.record_id) "
        "select distinct h.part_of from held h join held g on g.part_of = h.part_of and g.customer_id <> h.customer_id "
        "where greatest(h.since, g.since) < least(h.until, g.until) "
        "and least(h.until, g.until) > h.recorded_at and greatest(h.since, g.since) <= $at",
        acts=acts,
        events=events,
        members=members,
        ever=sql("cast('-infinity' as timestamp)"),
        never=sql("cast('infinity' as timestamp)"),
        at=at,
    )


def _parted_acts(events: exp.Query, at: datetime) -> exp.Query:
    acts = query(
        "select part_of, owner as source, value as record_id, recorded_at from f where kind = 'record' "
        "and choice = $granted and not carried qualify count(*) over (partition by part_of) > 1",
        f=table(LEDGER),
        granted=Choice.GRANTED,
    )
    return parted(acts, events, query("select source, record_id, customer_id from m", m=table(MEMBERS.name)), at)


def _spoken() -> exp.Query:
    """Customers who have one of those that spoke in an act: what the act carried beside them counts for others only."""
    return query(
        "select distinct f.part_of, h.customer_id from f join h on h.kind = f.kind and h.value = f.value "
        "and h.owner is not distinct from f.owner where not f.carried "
        "and f.part_of in (select c.part_of from c where c.carried)",
        f=table(LEDGER),
        c=table(LEDGER),
        h=table(HOLDERS),
    )


def _state(at: datetime) -> exp.Query:
    return query(
        "with judged as ("
        "select l.*, case when choice = $granted and not ($of_age) then $under_age "
        "when choice = $granted and expires_at <= $at then $expired else choice end as state "
        "from latest l left join ($births) as b on b.customer_id = l.customer_id), "
        "decisive as (select * from judged j qualify row_number() over ("
        "partition by customer_id, purpose, scope_channel, scope_topic "
        "order by $forbidding nulls last, j.ranks_at desc, $rank, coalesce(j.seq, 0) desc, "
        "j.source || ':' || j.record_id desc) = 1) "
        "select c.customer_id, p.purpose, p.channel, p.topic, "
        "case when p.basis <> $consent and coalesce(d.state, $unasked) in ($unasked, $expired) then p.open "
        "else coalesce(d.state, $unasked) = $granted end as allowed, coalesce(d.state, $unasked) as state, p.basis, "
        "d.effective_at as since, d.expires_at, d.policy_version, d.kind as subject_kind, d.seq, d.source, d.record_id "
        "from (select distinct customer_id from m) as c cross join p left join decisive d "
        "on d.customer_id = c.customer_id and d.purpose = p.purpose "
        "and d.scope_channel is not distinct from p.channel and d.scope_topic is not distinct from p.topic",
        latest=table(LATEST),
        of_age=sql(
            "minimum_age is null or coalesce(b.birth_date + to_years(minimum_age) <= $local, false)",
            local=in_zone(column("effective_at"), column("zone")),
        ),
        births=query(
            "select m.customer_id, max(r.birth_date) as birth_date from r join m on m.record_no = r.record_no "
            "group by all",
            r=table(staging.RECORDS.name),
            m=table(MEMBERS.name),
        ),
        forbidding=_rank(column("state", "j"), {state: number for number, state in enumerate(FORBIDDING)}),
        rank=_rank(column("choice", "j"), _RANKS),
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
    """Of each subject of a customer the latest fact about each part of a purpose; what does not reach it left out.

    Which of two is the later one is said by `Fact.order`, too. A grant expires, a denial does not: behind a denial as
    the last word that is said, `expired` is none.
    """
    return query(
        "select * exclude (last_said) from (select *, first_value(choice) over ("
        "partition by customer_id, kind, owner, value, purpose, scope_channel, scope_topic "
        "order by choice = $expired, ranks_at desc, $rank, coalesce(seq, 0) desc, source || ':' || record_id desc) "
        "as last_said from ($reaching) as f) as f "
        "qualify row_number() over ("
        "partition by customer_id, kind, owner, value, purpose, scope_channel, scope_topic "
        "order by choice = $expired and last_said in ($forbidding), ranks_at desc, $rank, coalesce(seq, 0) desc, "
        "source || ':' || record_id desc) = 1",
        reaching=_reaching(),
        expired=Choice.EXPIRED,
        forbidding=list(map(str, FORBIDDING)),
        rank=_rank(column("choice"), _RANKS),
    )


def _reaching() -> exp.Query:
    """Every fact for each customer that it reaches, and each part of a purpose that it speaks of."""
    return query(
        "select f.*, h.customer_id, p.channel as scope_channel, p.topic as scope_topic, p.minimum_age, p.zone "
        "from f join p on p.purpose = f.purpose and (f.channel is null or f.channel = p.channel) "
        "and (f.topic is null or f.topic = p.topic) "
        "join h on h.kind = f.kind and h.value = f.value and h.owner is not distinct from f.owner "
        "where (f.choice <> $granted or (h.customers = 1 and not f.carried and not f.act_erased "
        "and not exists (select 1 from a where a.part_of = f.part_of))) "
        "and not (f.carried and exists "
        "(select 1 from s where s.part_of = f.part_of and s.customer_id = h.customer_id))",
        f=table(FACTS),
        p=table(PURPOSES),
        h=table(HOLDERS),
        a=table(PARTED),
        s=table(SPOKEN),
        granted=Choice.GRANTED,
    )


def _rank(value: exp.Expression, ranks: Mapping[str, int]) -> exp.Expression:
    """The number of each state; none where it has no number."""
    return _cases(value, {str(state): number for state, number in ranks.items()})


def _cases(value: exp.Expression, results: Mapping[str, str | int]) -> exp.Expression:
    """What stands for the value; null for any other."""
    cases = exp.Case(this=value)
    for found, result in results.items():
        cases = cases.when(literal(found), literal(result))
    return cases
