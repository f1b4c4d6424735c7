"""Events of membership: which records a run gave to another customer, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from kinfolk.engine.sql import query, rows, sql, table, union_by_name
from kinfolk.engine.step import Publish, Query, Step
from kinfolk.tables import decisions, identity
from kinfolk.tables import events as promised

MEMBERS_BEFORE, MODEL_BEFORE, DECIDED_BEFORE = "previous.all_members", "previous.model", "previous.decided"
_CHANGED, _TIES = "events.changed", "events.ties"
_PARTED = {"customer_id": "varchar", "words": "varchar"}


@dataclass(frozen=True)
class Occasion:
    """The run that decides who is who.

    at             UTC
    rules_changed  whether the project says something else than when the published state was made
    """

    run_id: int
    at: datetime
    rules_changed: bool


def no_event_step() -> Query:
    """The step of a first run: nobody was there before, so nothing happened to anybody."""
    none = rows(promised.EVENTS.types, [])
    return Query(promised.EVENTS.name, none, "Events of membership", Publish.APPEND)


def event_steps(occasion: Occasion, reached: str | None = None, *, decisions_there: bool) -> Iterator[Step]:
    """The steps that write down what became of the membership of records.

    reached          table of the record_no decided again; None = all
    decisions_there  whether people ever decided anything: to look for what they parted takes all members four times

    Reads   previous.all_members, model, decided    as published before this run
            identity.members, links, pairs, aliases, model, decided
    Writes  identity.events                         one row a record whose customer changed; appended
    """
    yield _changed_step(reached)
    yield _ties_step()
    tree = query(
        "select cast($run_id as bigint) as run_id, cast($at as timestamp) as happened_at, m.kind, m.source, "
        "m.record_id, m.customer_before, m.customer_after, case m.kind when 'left' then 'record deleted' "
        "when 'joined' then coalesce(t.words, 'record arrived') "
        "else coalesce(t.words || $of_rules, case when m.no_before = m.no_after then d.words end, $why, o.words, "
        "$learned, 'other records changed') end as cause "
        "from ($moved) as m left join ties t on $tied left join ($others) as o on o.customer_id = m.customer_before "
        "left join ($parted) as d on d.customer_id = m.customer_before",
        run_id=occasion.run_id,
        at=occasion.at,
        of_rules=" (rules changed)" if occasion.rules_changed else "",
        why=_own_cause(occasion),
        learned=_learned_anew(),
        moved=_moved(),
        ties=table(_TIES),
        tied=_tied("t"),
        others=_others_changed(),
        parted=_parted_by_people() if decisions_there else rows(_PARTED, []),
    )
    yield Query(promised.EVENTS.name, tree, "Events of membership", Publish.APPEND)


def _changed_step(reached: str | None) -> Query:
    """Records that arrived, changed, went or moved: their numbers and customers before and now."""

    def differing(name: str, other: str) -> exp.Query:
        return query(
            "select r.source, r.record_id, r.record_no, r.customer_id from these r where $reached and not exists "
            "(select 1 from those o where o.record_no = r.record_no and o.customer_id = r.customer_id and $too)",
            these=table(name),
            those=table(other),
            reached=_among(reached, "r"),
            too=_among(reached, "o"),
        )

    tree = query(
        "select coalesce(n.source, o.source) as source, coalesce(n.record_id, o.record_id) as record_id, "
        "o.record_no as no_before, n.record_no as no_after, "
        "o.customer_id as customer_before, n.customer_id as customer_after "
        "from ($old) as o full join ($new) as n on n.source = o.source and n.record_id = o.record_id",
        old=differing(MEMBERS_BEFORE, identity.MEMBERS.name),
        new=differing(identity.MEMBERS.name, MEMBERS_BEFORE),
    )
    return Query(_CHANGED, tree, "Records that changed or moved")


def _among(reached: str | None, record: str) -> exp.Expression:
    if reached is None:
        return sql("true")
    return sql("$no in (select record_no from $reached)", no=exp.column("record_no", record), reached=table(reached))


def _moved() -> exp.Query:
    """Records whose customer changed, and what kind of change it was."""
    return query(
        "select c.*, case when c.customer_before is null then 'joined' when c.customer_after is null then 'left' "
        "when a.alias is not null then 'merged' else 'split' end as kind from changed c "
        "left join aliases a on a.alias = c.customer_before and a.customer_id = c.customer_after "
        "where c.customer_before is distinct from c.customer_after",
        changed=table(_CHANGED),
        aliases=table(identity.ALIASES.name),
    )


def _ties_step() -> Query:
    """What ties those that moved to where they are now, the strongest first: a key before any match.

    Records of one customer that move together have one cause, which must lie outside of it; a new record has its own.
    """
    links = "select $this as this, $other as other, key, 0.0 as weight, 1.0 as probability from found where $moved"
    pairs = (
        "select $this as this, $other as other, null as key, weight, probability from found "
        "where same_customer and $moved"
    )
    ends = (("record_no_a", "record_no_b"), ("record_no_b", "record_no_a"))
    every = union_by_name(
        query(
            text,
            this=exp.column(this),
            other=exp.column(other),
            moved=sql("$end in (select no_after from $changed)", end=exp.column(this), changed=table(_CHANGED)),
            found=table(name),
        )
        for text, name in ((links, identity.LINKS.name), (pairs, identity.PAIRS.name))
        for this, other in ends
    )
    tree = query(
        "select m.customer_before, m.customer_after, $alone as record_no, case when e.key like 'decision%' then e.key "
        "when e.key is not null then 'key ' || e.key "
        "else format('match {:.2f} with {}/{}', e.probability, o.source, o.record_id) end as words "
        "from ($every) as e join changed m on m.no_after = e.this "
        "join members o on o.record_no = e.other left join also_changed x on x.no_after = e.other "
        "where m.customer_before is null or (m.customer_before is distinct from m.customer_after "
        "and m.customer_before is distinct from case when x.no_after is null then o.customer_id "
        "else x.customer_before end) "
        "qualify row_number() over (partition by m.customer_before, m.customer_after, $alone order by e.key is null, "
        "e.key not like 'decision%', e.weight desc, e.key, least(e.this, e.other), greatest(e.this, e.other), e.this) "
        "= 1",
        alone=sql("case when m.customer_before is null then m.no_after end"),
        every=every,
        changed=table(_CHANGED),
        also_changed=table(_CHANGED),
        members=table(identity.MEMBERS.name),
    )
    return Query(_TIES, tree, "What ties records that moved")


def _tied(ties: str) -> exp.Expression:
    same = [
        sql("$c is not distinct from $m", c=exp.column(name, ties), m=exp.column(name, "m"))
        for name in ("customer_before", "customer_after")
    ]
    alone = sql("$c is not distinct from case when m.customer_before is null then m.no_after end",
                c=exp.column("record_no", ties))  # fmt: skip
    return exp.paren(exp.and_(*same, alone))


def _own_cause(occasion: Occasion) -> exp.Expression:
    """Why a record went elsewhere though nothing ties it there, where it lies in the rules or the record."""
    if occasion.rules_changed:
        return sql("'rules changed'")
    return sql("case when m.no_before is distinct from m.no_after then 'record changed' end")


def _parted_by_people() -> exp.Query:
    """The decision, made or withdrawn since, between two records that were one customer and are not now, in words."""
    same_pair = exp.and_(
        *[sql("$n = $o", n=exp.column(column.name, "n"), o=exp.column(column.name, "o")) for column in decisions.PAIR]
    )
    changed = query(
        "select $pair, case when n.decision_no is null then format('decision {} withdrawn', o.decision_no) "
        "else format('decision {}', n.decision_no) end as words "
        "from now n full join before o on $same_pair where n.decision_no is distinct from o.decision_no",
        pair=[
            sql("coalesce($n, $o)", n=exp.column(c.name, "n"), o=exp.column(c.name, "o")).as_(c.name)
            for c in decisions.PAIR
        ],
        now=table(identity.DECIDED.name),
        before=table(DECIDED_BEFORE),
        same_pair=same_pair,
    )
    return query(
        "select a.customer_id, min(d.words) as words from ($changed) as d "
        "join before a on a.source = d.source_a and a.record_id = d.record_id_a "
        "join also_before b on b.source = d.source_b and b.record_id = d.record_id_b and b.customer_id = a.customer_id "
        "join now x on x.source = d.source_a and x.record_id = d.record_id_a "
        "join also_now y on y.source = d.source_b and y.record_id = d.record_id_b and y.customer_id <> x.customer_id "
        "group by a.customer_id",
        changed=changed,
        before=table(MEMBERS_BEFORE),
        also_before=table(MEMBERS_BEFORE),
        now=table(identity.MEMBERS.name),
        also_now=table(identity.MEMBERS.name),
    )


def _others_changed() -> exp.Query:
    """The first record of each customer that arrived, changed or went, in words."""
    word = sql("case when no_before is null then 'arrived' when no_after is null then 'deleted' else 'changed' end")
    every = union_by_name(
        query(
            "select $customer as customer_id, format('record {}/{} {}', source, record_id, $word) as words "
            "from changed where no_before is distinct from no_after and $customer is not null",
            customer=exp.column(name),
            word=word.copy(),
            changed=table(_CHANGED),
        )
        for name in ("customer_before", "customer_after")
    )
    return query("select customer_id, min(words) as words from ($every) as e group by customer_id", every=every)


def _learned_anew() -> exp.Expression:
    """Words where the model is another than before."""
    now, before = (query("select max(model) from m", m=table(n)) for n in (identity.MODEL.name, MODEL_BEFORE))
    return sql("case when ($now) is distinct from ($before) then 'learned anew' end", now=now, before=before)
