"""Facts that outlive a rollback: what happened in the world, or was promised to it, and cannot be taken back.

Each fact says which rows of the state that is left behind the restored state must take over. A new kind of fact (an
erasure, a steward's decision) is one more function in FACTS. What people consented to needs none: it lies in the
store, which no rollback touches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from sqlglot import exp

from kinfolk.engine.past import EARLIER, PRESENT, Past, of_state
from kinfolk.engine.sql import query, union_by_name
from kinfolk.engine.step import Publish, Query
from kinfolk.model.history import Label
from kinfolk.tables import decisions, events, identity, landing, quarantine
from kinfolk.tables.table import Table

Fact = Callable[[Past, Label], Iterator[Query]]


def outliving_steps(past: Past, label: Label) -> Iterator[Query]:
    """Steps that write, into the state being restored, every fact that came after it."""
    for fact in FACTS:
        yield from fact(past, label)


def numbers_given_out(past: Past, label: Label) -> Iterator[Query]:
    """Load ids and record numbers are never used again, though the loads they were given to are taken back."""
    if landing.LOADS.name not in past.present:
        return  # an environment that reads another's landing gives out no numbers
    used = query(
        "select cast($run as bigint) as run_id, cast($back as bigint) as back_to, "
        "max(load_id) + 1 as next_load_id, max(next_record_no) as next_record_no from loads",
        run=label.run_id,
        back=label.back_to,
        loads=of_state(PRESENT, landing.LOADS.name),
    )
    before = _rows(past, PRESENT, landing.ROLLBACKS)
    yield _replacing(landing.ROLLBACKS, "Numbers given out", union_by_name([*before, used]))


def records_of_customers(past: Past, label: Label) -> Iterator[Query]:
    """A record that arrived since and arrives again belongs to the customer id it had."""
    known = union_by_name([*_rows(past, EARLIER, identity.MEMBERS), *_rows(past, EARLIER, identity.FORMER_MEMBERS)])
    since = union_by_name([*_rows(past, PRESENT, identity.MEMBERS), *_rows(past, PRESENT, identity.FORMER_MEMBERS)])
    kept = query(
        "select source, record_id, customer_id from ($since) as s where not exists "
        "(select 1 from ($known) as k where k.source = s.source and k.record_id = s.record_id)",
        since=since,
        known=known,
    )
    before = _rows(past, EARLIER, identity.FORMER_MEMBERS)
    yield _replacing(identity.FORMER_MEMBERS, "Records that came since", union_by_name([*before, kept]))


def customer_ids_given_out(past: Past, label: Label) -> Iterator[Query]:
    """A customer id given out since is never given to anybody else."""
    known, given = _ids(past, EARLIER), _ids(past, PRESENT)
    kept = query(
        "select g.id as alias, (select min(a.customer_id) from ($aliases) as a where a.alias = g.id and "
        "a.customer_id in (select customer_id from members)) as customer_id "
        "from (select distinct id from ($given) as ids where id is not null) as g "
        "where g.id not in (select id from ($known) as ids where id is not null)",
        aliases=union_by_name(_rows(past, PRESENT, identity.ALIASES)),
        members=of_state(EARLIER, identity.MEMBERS.name),
        given=given,
        known=known,
    )
    before = _rows(past, EARLIER, identity.ALIASES)
    yield _replacing(identity.ALIASES, "Customer ids given out", union_by_name([*before, kept]))


def corrections(past: Past, label: Label) -> Iterator[Query]:
    """A row of the quarantine that somebody corrected is corrected when it comes again."""
    for kept in _rows(past, PRESENT, quarantine.FIXES):
        yield _replacing(quarantine.FIXES, "Corrections", kept)


def decided(past: Past, label: Label) -> Iterator[Query]:
    """What people decided about pairs of records goes on holding."""
    for kept in _rows(past, PRESENT, decisions.DECISIONS):
        yield _replacing(decisions.DECISIONS, "Decisions", kept)


def events_of_membership(past: Past, label: Label) -> Iterator[Query]:
    """What happened to records has happened, and whoever follows it was told; going back is an event too."""
    moved = query(
        "select cast($run as bigint) as run_id, cast($at as timestamp) as happened_at, "
        "case when n.customer_id is null then 'joined' when t.customer_id is null then 'left' "
        "when n.customer_id in (select customer_id from kept) then 'split' else 'merged' end as kind, "
        "coalesce(t.source, n.source) as source, coalesce(t.record_id, n.record_id) as record_id, "
        "n.customer_id as customer_before, t.customer_id as customer_after, $cause as cause "
        "from now n full join then_ t on n.source = t.source and n.record_id = t.record_id "
        "where n.customer_id is distinct from t.customer_id",
        run=label.run_id,
        at=datetime.now(UTC).replace(tzinfo=None),
        cause=f"rolled back to run {label.back_to}",
        now=of_state(PRESENT, identity.MEMBERS.name),
        then_=of_state(EARLIER, identity.MEMBERS.name),
        kept=of_state(EARLIER, identity.MEMBERS.name),
    )
    before = _rows(past, PRESENT, events.EVENTS)
    yield _replacing(events.EVENTS, "Events of membership", union_by_name([*before, moved]))


FACTS: tuple[Fact, ...] = (
    numbers_given_out,
    records_of_customers,
    customer_ids_given_out,
    events_of_membership,
    corrections,
    decided,
)


def _ids(past: Past, state: str) -> exp.Query:
    """Every customer id a state knows, in use or not."""
    texts = (
        ("select customer_id as id from ($known) as k", identity.MEMBERS),
        ("select customer_id as id from ($known) as k", identity.FORMER_MEMBERS),
        ("select alias as id from ($known) as k", identity.ALIASES),
        ("select customer_id as id from ($known) as k", identity.ALIASES),
    )
    return union_by_name([query(text, known=rows) for text, kept in texts for rows in _rows(past, state, kept)])


def _rows(past: Past, state: str, described: Table) -> list[exp.Query]:
    """The rows of a table in one of the two states, as one query; none where it has no such table."""
    has = past.earlier if state == EARLIER else past.present
    if described.name not in has:
        return []
    columns = [exp.column(exp.to_identifier(c.name, quoted=True)) for c in described.columns]
    return [query("select $columns from kept", columns=columns, kept=of_state(state, described.name))]


def _replacing(described: Table, title: str, tree: exp.Query) -> Query:
    return Query(described.name, tree, title, Publish.REPLACE)
