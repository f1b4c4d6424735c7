"""The way of a change: from what was landed to golden profiles, touching only what depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kinfolk.engine.duckdb import Session
from kinfolk.engine.sql import query, rows, table, union_by_name
from kinfolk.engine.step import Patch, Query, Step, patching
from kinfolk.model.identity import IdentityRules
from kinfolk.model.project import Project
from kinfolk.model.source import Source
from kinfolk.pipeline.consents import consents
from kinfolk.pipeline.decisions import decisions_there
from kinfolk.pipeline.order import belonging
from kinfolk.stages import identity, profiles, staging
from kinfolk.stages.identity.events import DECIDED_BEFORE, MEMBERS_BEFORE, MODEL_BEFORE, Occasion, event_steps
from kinfolk.stages.identity.neighbours import ARRIVED, SUPERSEDED, TOUCHED
from kinfolk.stages.identity.reach import REACHED
from kinfolk.tables import profiles as profiles_tables
from kinfolk.tables import staging as staging_tables
from kinfolk.tables.identity import COMPARED, DECIDED, MEMBERS, MODEL
from kinfolk.tables.identity import TABLES as IDENTITY

_MOVED, _CUSTOMERS = "touched.members", "touched.customers"


def can_follow(session: Session, sources: Sequence[Source]) -> bool:
    """Whether everything that a change would patch is published."""
    needed = [described.name for described in IDENTITY]
    needed += [staging_tables.RECORDS.name, staging_tables.UNSTANDARDISED.name]
    needed += [profiles_tables.CUSTOMERS.name, profiles_tables.ORIGINS.name, profiles_tables.ACCOUNT_CUSTOMERS.name]
    for name, described in profiles_tables.ACTIVITY.items():
        if any(source.mapping(name) for source in sources):
            needed += [staging_tables.ACTIVITY[name].name, described.name]
    return all(session.present(name) for name in needed)


def stages_after_changes(
    project: Project, session: Session, sources: Sequence[Source], changed: Sequence[Source], occasion: Occasion
) -> Iterator[Step]:
    """Every step from the rows just landed to golden profiles, in order; the result is that of a run over everything.

    sources  all that are read
    changed  those that landed rows; none where only people decided something
    """
    yield from _touched(changed)
    for source in changed:
        yield _current(source.name)
    for step in staging.staging_steps(changed, project.sources) if changed else ():
        if step.writes != staging_tables.MAPPINGS.name:
            yield patching(step, Patch("record_no", TOUCHED))
    for name, described in ((MEMBERS_BEFORE, MEMBERS), (MODEL_BEFORE, MODEL), (DECIDED_BEFORE, DECIDED)):
        yield Query(name, query("select * from kept", kept=table(described.name)), "As it was", as_view=True)
    yield from _who_is_who(project.identity, session)
    yield from event_steps(occasion, REACHED, decisions_there=decisions_there(session))
    yield _members_moved()
    yield _customers_moved()
    people = [source.name for source in sources if source.mapping("people")]
    fields = profiles.golden_fields(sources)
    yield from profiles.profile_steps(fields, project.survivorship, people, _CUSTOMERS)
    yield from belonging(project, session)
    yield from profiles.touched_activity_steps(sources, _CUSTOMERS)
    yield from consents(project, sources, session)


def _who_is_who(rules: IdentityRules, session: Session) -> Iterator[Step]:
    """Identity where the change reaches; everywhere, when what was learned before must not be used any more."""
    [(learned,)] = session.fetch(query("select model from kept", kept=table(MODEL.name)))
    decided = decisions_there(session)
    model = identity.still_good(learned, rules, session.count(staging_tables.RECORDS.name))
    if rules.matching is not None and model is None:
        yield identity.learned_anew_step(rules, session.finder, decisions_there=decided)
        return
    before = query("select * from published", published=table(COMPARED.name))
    yield Query("previous.compared", before, "Compared values so far", as_view=True)
    yield identity.arrived_forms_step(rules)
    if model is not None:
        yield from identity.form_steps()
        yield identity.outgrown_step(model)
        [(outgrown,)] = session.fetch(query("select coalesce(sum(blocks), 0) from b", b=table(identity.OUTGROWN)))
        if outgrown:
            yield identity.learned_anew_step(rules, session.finder, decisions_there=decided)
            return
    yield from identity.following_steps(rules, model, decisions_there=decided)


def _touched(changed: Sequence[Source]) -> Iterator[Query]:
    """Which rows were landed or superseded, which of them are there now, and what the others were."""
    landed = [query("select _record_no as record_no from l", l=table(f"landing.{s.name}")) for s in changed]
    over = [query("select record_no from o", o=table(f"superseded.{s.name}")) for s in changed]
    here = [
        query("select _record_no as record_no from l where _change <> 'deleted'", l=table(f"landing.{s.name}"))
        for s in changed
    ]
    none = rows({"record_no": "bigint"}, [])
    yield Query(TOUCHED, union_by_name([none, *landed, *over]), "Records that changed")
    yield Query(ARRIVED, union_by_name([none, *here]), "Records that arrived")
    tree = query(
        "select * from r where record_no in (select record_no from touched)",
        r=table(staging_tables.RECORDS.name),
        touched=table(TOUCHED),
    )
    yield Query(SUPERSEDED, tree, "Records as they were")


def _current(source: str) -> Query:
    """The rows just landed, with every column the source ever had."""
    landed = query("select * from l where _change <> 'deleted'", l=table(f"landing.{source}"))
    columns = query("select * from b limit 0", b=table(f"before.{source}"))
    return Query(f"current.{source}", union_by_name([columns, landed]), f"What arrived of {source}", as_view=True)


def _members_moved() -> Query:
    """Records that are, or were, of a customer that changed, and that customer."""
    tree = query(
        "select coalesce(n.source, o.source) as source, coalesce(n.record_id, o.record_id) as record_id, "
        "o.customer_id as customer_before, n.customer_id as customer_now "
        "from (select * from before where record_no in (select record_no from reached)) o "
        "full join (select * from now where record_no in (select record_no from reached)) n "
        "on o.record_no = n.record_no where o.customer_id is distinct from n.customer_id "
        "or n.record_no in (select record_no from touched)",
        before=table(MEMBERS_BEFORE),
        now=table(MEMBERS.name),
        reached=table(REACHED),
        touched=table(TOUCHED),
    )
    return Query(_MOVED, tree, "Records whose customer changed")


def _customers_moved() -> Query:
    tree = query(
        "select customer_before as customer_id from a where customer_before is not null "
        "union select customer_now from b where customer_now is not null",
        a=table(_MOVED),
        b=table(_MOVED),
    )
    return Query(_CUSTOMERS, tree, "Customers that changed")
