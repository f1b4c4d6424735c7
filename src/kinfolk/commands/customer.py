"""`kinfolk customer`: two customers made one, one taken apart again, and what made a customer what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kinfolk.commands.events import Asked, Event, events
from kinfolk.commands.held_apart import check_may_join
from kinfolk.commands.open_project import Where, open_project
from kinfolk.commands.records import record_named
from kinfolk.commands.review import Signature, check_consistent, words, write
from kinfolk.connectors import CONNECTORS
from kinfolk.engine.reader import Reader, reading
from kinfolk.engine.sql import column as sql_column
from kinfolk.engine.sql import query, table
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.decision import Decision, Named, Rehearsed, Verdict
from kinfolk.pipeline.decisions import Act, every_decision, holding
from kinfolk.pipeline.rehearsal import rehearse
from kinfolk.tables import identity
from kinfolk.tables.decisions import DIFFERENT, SAME, WITHDRAWN

_MOST_DECISIONS = 10_000  # of one act: each is a fact that every later run reads


@dataclass(frozen=True)
class Written:
    """An act: the decisions, and, where it was only rehearsed, what would become of everybody."""

    decisions: list[Decision]
    rehearsed: Rehearsed | None = None


@dataclass(frozen=True)
class History:
    """What made a customer what it is.

    aliases    ids that lead to it
    decisions  every decision about one of its records, the earliest first
    links      how its records hang together: (record, record, key or decision)
    pairs      and by likeness: (record, record, probability)
    events     records that came to it or left it, the latest first
    """

    customer_id: str
    records: list[str]
    aliases: list[str]
    decisions: list[Decision]
    links: list[tuple[str, str, str]]
    pairs: list[tuple[str, str, float]]
    events: list[Event]


def merge(
    where: Where, ids: Sequence[str], signed: Signature, environment: str | None = None, *, dry_run: bool = False
) -> Written:
    """Customers made one, by a decision between the first record of the first and that of each other.

    Errors  NotFoundError for an id there is not; KinfolkError when they are one already, or a decision or a rule of
            identity.yml says otherwise
    """
    project = open_project(where, environment)
    with reading(project.state) as reader:
        lives = [_living(reader, one) for one in ids]
        if len(set(lives)) < len(lives):
            raise KinfolkError(f"{' and '.join(ids)} are one customer already: {lives[0]}.")
        members = [_members(reader, one) for one in lives]
        hold = holding(every_decision(reader))
        _check_apart(hold, members)
        joined = [(members[0][0], others[0]) for others in members[1:]]
        check_may_join(reader, project.identity, [d.pair for d in hold if d.verdict == SAME], joined)
    verdicts = [Verdict(a, b, SAME) for a, b in joined]
    return _act(where, verdicts, (signed, dry_run), environment)


def unmerge(
    where: Where,
    who: tuple[str, Sequence[str]],
    signed: Signature,
    environment: str | None = None,
    *,
    dry_run: bool = False,
) -> Written:
    """A customer taken apart.

    who  its id, or an id it once took in; and the records to be split off, where it is neither the last merge by hand
         nor the one customer it took in
    A merge by hand is withdrawn. Otherwise every record split off is decided to be another customer than every other.
    """
    asked, records = who
    with reading(open_project(where, environment).state) as reader:
        customer = _living(reader, asked)
        members = _members(reader, customer)
        hold = [d for d in holding(every_decision(reader)) if d.verdict == SAME and set(d.pair) & set(members)]
        if records:
            off = {record_named(reader, one) for one in records}
        elif asked.upper() == customer and hold:
            last = max(d.part_of for d in hold)
            return _act(
                where,
                [Verdict(*d.pair, WITHDRAWN) for d in hold if d.part_of == last],
                (signed, dry_run),
                environment,
            )
        else:
            off = _taken_in(reader, asked.upper(), customer)
    strange = off - set(members)
    if strange:
        source, record_id = min(strange)
        raise NotFoundError(f"{source}:{record_id} is no record of {customer}.", hint=f"`kinfolk show {customer}`")
    rest = [name for name in members if name not in off]
    if not rest:
        raise KinfolkError(f"These are all records of {customer}: nothing would be left to split them from.")
    across = [Verdict(*d.pair, WITHDRAWN) for d in hold if len(off.intersection(d.pair)) == 1]
    verdicts = across if across and not records else _parted(off, rest)
    return _act(where, verdicts, (signed, dry_run), environment)


def history(where: Where, asked: str, environment: str | None = None) -> History:
    """What made a customer what it is. Errors: NotFoundError"""
    with reading(open_project(where, environment).state) as reader:
        customer = _living(reader, asked)
        members = set(_members(reader, customer))
        aliases = query(
            "select alias from a where customer_id = $id order by alias", a=table(identity.ALIASES.name), id=customer
        )
        return History(
            customer,
            [f"{source}:{record_id}" for source, record_id in sorted(members)],
            [row[0] for row in reader.read(aliases).rows],
            [d for d in every_decision(reader) if members & set(d.pair)],
            _between(reader, customer, identity.LINKS.name, "key"),
            _between(reader, customer, identity.PAIRS.name, "probability"),
            events(where, Asked(customer), environment),
        )


def read_ties(reader: Reader, customer: str) -> list[tuple[str, str, str]]:
    """How the records of a customer hang together: two records, and the key or the probability that ties them."""
    by_key = _between(reader, customer, identity.LINKS.name, "key")
    by_likeness = _between(reader, customer, identity.PAIRS.name, "probability")
    likely = sorted(by_likeness, key=lambda tie: -tie[2])
    return [(a, b, str(key)) for a, b, key in by_key] + [(a, b, f"{p:.1%}") for a, b, p in likely]


def _act(where: Where, verdicts: Sequence[Verdict], how: tuple[Signature, bool], environment: str | None) -> Written:
    """Writes the answers down, or shows what would come of them."""
    signed, dry_run = how
    project = open_project(where, environment)
    if not dry_run:
        return Written(write(project, verdicts, signed))
    rehearsed = rehearse(project, CONNECTORS, Act(verdicts, signed.by, signed.note), check_consistent)
    return Written(list(rehearsed.decisions), rehearsed)


def _parted(off: set[Named], rest: Sequence[Named]) -> list[Verdict]:
    """Each record split off is another customer than each that stays. Errors: KinfolkError for too many"""
    if len(off) * len(rest) > _MOST_DECISIONS:
        raise KinfolkError(
            f"{len(off):,} records split from {len(rest):,} would be {len(off) * len(rest):,} decisions; "
            f"at most {_MOST_DECISIONS:,} are written at once.",
            hint="So large a customer is held together by a value that many share. See `kinfolk identity events`, and "
            "keep the value from joining records: `ignore` or `at_most` in identity.yml.",
        )
    return [Verdict(a, b, DIFFERENT) for a in sorted(off) for b in rest]


def _check_apart(hold: Sequence[Decision], members: Sequence[Sequence[Named]]) -> None:
    of = {name: number for number, names in enumerate(members) for name in names}
    for decision in hold:
        a, b = (of.get(name) for name in decision.pair)
        if decision.verdict == DIFFERENT and a is not None and b is not None and a != b:
            raise KinfolkError(
                f"They cannot be one customer while {words(decision)}.",
                hint=f"Take it back first: `kinfolk review withdraw {decision.decision_no}`.",
            )


def _living(reader: Reader, asked: str) -> str:
    """The customer of an id, which may be an alias. Errors: NotFoundError"""
    tree = query(
        "select coalesce((select customer_id from aliases where alias = upper($id)), upper($id)) as id",
        aliases=table(identity.ALIASES.name),
        id=asked,
    )
    customer = str(reader.read(tree).rows[0][0])
    if not _members(reader, customer):
        raise NotFoundError(f"There is no customer {asked}.", hint="`kinfolk show` finds one by e-mail, phone or name.")
    return customer


def _members(reader: Reader, customer: str) -> list[Named]:
    """Its records, the first that came first."""
    tree = query(
        "select source, record_id from m where customer_id = $id order by record_no",
        m=table(identity.MEMBERS.name),
        id=customer,
    )
    return [(row[0], row[1]) for row in reader.read(tree).rows]


def _taken_in(reader: Reader, asked: str, customer: str) -> set[Named]:
    """The records of the one customer that this one took in, or of the one that was asked for."""
    tree = query(
        "select f.customer_id, f.source, f.record_id from f join a on a.alias = f.customer_id "
        "join m on m.source = f.source and m.record_id = f.record_id and m.customer_id = a.customer_id "
        "where a.customer_id = $id and ($asked = $id or f.customer_id = $asked)",
        f=table(identity.FORMER_GROUPS.name),
        a=table(identity.ALIASES.name),
        m=table(identity.MEMBERS.name),
        id=customer,
        asked=asked,
    )
    found: dict[str, set[Named]] = {}
    for alias, source, record_id in reader.read(tree).rows:
        found.setdefault(alias, set()).add((source, record_id))
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise KinfolkError(
            f"{asked} never took another customer in.",
            hint=f"Name the records to be split off: `kinfolk customer unmerge {customer} SOURCE:ID …`.",
        )
    raise KinfolkError(
        f"{customer} took in several customers: {', '.join(sorted(found))}.",
        hint="Name the one to be split off, or records.",
    )


def _between(reader: Reader, customer: str, name: str, column: str) -> list[tuple[Any, ...]]:
    """How records of a customer hang together: two records, and the column."""
    tree = query(
        "select a.source || ':' || a.record_id, b.source || ':' || b.record_id, $column "
        "from f join firsts a on a.record_no = f.record_no_a join seconds b on b.record_no = f.record_no_b "
        "where a.customer_id = $id and b.customer_id = $id order by all",
        column=sql_column(column, "f"),
        f=table(name),
        firsts=table(identity.MEMBERS.name),
        seconds=table(identity.MEMBERS.name),
        id=customer,
    )
    return list(reader.read(tree).rows)
