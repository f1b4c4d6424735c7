"""What becomes of customers, told by the records they are made of: merged, split, vanished, created."""

from __future__ import annotations

from itertools import chain, islice, zip_longest

from sqlglot import exp

from kinfolk.engine.compare import published
from kinfolk.engine.duckdb import Session
from kinfolk.engine.sql import query, rows, table
from kinfolk.model.plan import CustomerEffect, Fate, Moved
from kinfolk.tables.identity import MEMBERS

_EXAMPLES = 10

# A record's customer as it is and as it would be, and which of the two a fate is told by.
_FATES: dict[Fate, str] = {
    Fate.MERGED: "select list(distinct was order by was) as was, [will] as will from moves where will is not null "
    "group by moves.will having count(distinct was) > 1",
    Fate.SPLIT: "select [was] as was, list(distinct will order by will) as will from moves where was is not null "
    "group by moves.was having count(distinct will) > 1",
    Fate.VANISHED: "select [was] as was, [] as will from moves where was is not null "
    "group by moves.was having count(will) = 0",
    Fate.CREATED: "select [] as was, [will] as will from moves where will is not null "
    "group by moves.will having count(was) = 0",
}


def customer_effect(session: Session) -> CustomerEffect | None:
    """What becomes of customers; None while there are none, before and after."""
    known = session.present(MEMBERS.name)
    if not known and MEMBERS.name not in session.built:
        return None
    counts = {fate: _count(session, fate) for fate in Fate}
    [(before, after)] = session.fetch(
        query("select count(distinct was), count(distinct will) from moves", moves=_moves(session))
    )
    shown = [_examples(session, fate) if counts[fate] else [] for fate in Fate]
    in_turn = (moved for moved in chain.from_iterable(zip_longest(*shown)) if moved)
    examples = sorted(islice(in_turn, _EXAMPLES), key=lambda m: (list(Fate).index(m.fate), m.before, m.after))
    return CustomerEffect(before, after, counts, tuple(examples))


def _moves(session: Session) -> exp.Subquery:
    was = published(MEMBERS.name) if session.present(MEMBERS.name) else exp.Subquery(this=rows(MEMBERS.types, []))
    tree = query(
        "select b.customer_id as was, a.customer_id as will from before b full join after a "
        "on a.source = b.source and a.record_id = b.record_id",
        before=was,
        after=table(MEMBERS.name),
    )
    return exp.Subquery(this=tree)


def _count(session: Session, fate: Fate) -> int:
    found = exp.Subquery(this=query(_FATES[fate], moves=_moves(session)))
    [(count,)] = session.fetch(query("select count(*) from found", found=found))
    return int(count)


def _examples(session: Session, fate: Fate) -> list[Moved]:
    found = exp.Subquery(this=query(_FATES[fate], moves=_moves(session)))
    tree = query("select was, will from found order by all limit $most", found=found, most=_EXAMPLES)
    return [Moved(fate, tuple(was), tuple(will)) for was, will in session.fetch(tree)]
