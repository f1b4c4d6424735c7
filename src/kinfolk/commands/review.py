"""`kinfolk review`: pairs of records that wait for a person, and what people decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kinfolk.commands.explain import Explained, explain
from kinfolk.commands.held_apart import check_may_join, customers_of
from kinfolk.commands.open_project import Where, open_project
from kinfolk.commands.records import record_named
from kinfolk.engine.reader import Reader, reading
from kinfolk.engine.sql import query, table
from kinfolk.errors import ExistsError, KinfolkError, NotFoundError
from kinfolk.model.decision import Decision, Named, Verdict
from kinfolk.model.project import Project
from kinfolk.pipeline.decisions import Act, every_decision, holding, write_decisions
from kinfolk.tables import identity
from kinfolk.tables.decisions import SAME, VERDICTS, WITHDRAWN


@dataclass(frozen=True)
class Asked:
    """A pair that waits. value: what an answer is worth (identity.review); pairs: that wait between the customers."""

    first: str
    second: str
    customer_a: str
    customer_b: str
    probability: float
    value: float
    reason: str
    pairs: int


@dataclass(frozen=True)
class Standing:
    """A decision and what became of it."""

    decision: Decision
    standing: str


@dataclass(frozen=True)
class Shown:
    """A pair with its evidence, and every decision ever taken on it."""

    explained: Explained
    decisions: list[Decision]


@dataclass(frozen=True)
class Signature:
    """Who answers, why, and how long to wait for a run to finish.

    known  the last decision of which they know: what somebody else decided after it is not overwritten. None = any
    """

    by: str
    note: str | None = None
    wait_seconds: float = 0
    known: int | None = None


def queue(where: Where, most: int, environment: str | None = None) -> list[Asked]:
    """The pairs that wait, those first whose answer is worth most; of two customers the strongest pair alone.

    What was answered since the last run is among them no more.
    """
    with reading(open_project(where, environment).state) as reader:
        answered = _answered(reader)
        tree = query(
            "select a.source || ':' || a.record_id, b.source || ':' || b.record_id, r.customer_a, r.customer_b, "
            "r.probability, r.value, r.reason, r.pairs from (select *, count(*) over couple as pairs, "
            "row_number() over (couple order by weight desc, record_no_a, record_no_b) as nth from review "
            "window couple as (partition by least(customer_a, customer_b), greatest(customer_a, customer_b))) as r "
            "join firsts a on a.record_no = r.record_no_a join seconds b on b.record_no = r.record_no_b where nth = 1 "
            "order by r.value desc, r.weight desc, r.record_no_a, r.record_no_b limit $most",
            review=table(identity.REVIEW.name),
            firsts=table(identity.MEMBERS.name),
            seconds=table(identity.MEMBERS.name),
            most=most + len(answered),
        )
        found = [Asked(*row) for row in reader.read(tree).rows]
        return [asked for asked in found if frozenset((asked.customer_a, asked.customer_b)) not in answered][:most]


def _answered(reader: Reader) -> set[frozenset[str]]:
    """Couples of customers about which somebody decided something that the next run will obey."""
    applied = _applied(reader)
    pairs = [d.pair for d in holding(every_decision(reader)) if d.decision_no not in applied]
    customers = customers_of(reader, (name for pair in pairs for name in pair))
    return {frozenset(customers[name] for name in pair) for pair in pairs if customers.keys() >= set(pair)}


def _applied(reader: Reader) -> set[int]:
    """Numbers of the decisions that the last run knew of."""
    if not reader.present(identity.DECIDED.name):
        return set()
    return {row[0] for row in reader.read(query("select decision_no from d", d=table(identity.DECIDED.name))).rows}


def show(where: Where, first: str, second: str, environment: str | None = None) -> Shown:
    """The evidence about two records, and what was decided about them. Errors: NotFoundError"""
    found = explain(where, first, second, environment)
    pair = tuple(sorted((r.source, r.record_id) for r in (found.first, found.second)))
    return Shown(found, [d for d in _every(where, environment) if d.pair == pair])


def decide(
    where: Where, pair: tuple[str, str], verdict: str, signed: Signature, environment: str | None = None
) -> list[Decision]:
    """Writes down an answer about two records, each given as source:id; the next run obeys it.

    Errors  NotFoundError for a record nobody has ever seen; KinfolkError for an answer that a rule or another decision
            contradicts; BusyError
    """
    if verdict not in VERDICTS:
        raise KinfolkError(f"{verdict!r} is no answer.", hint=f"Answer {', '.join(map(repr, VERDICTS))}.")
    project = open_project(where, environment)
    with reading(project.state) as reader:
        a, b = (record_named(reader, asked) for asked in pair)
        if a == b:
            raise KinfolkError(f"{pair[0]} and {pair[1]} are one record.", hint="Give two different ones.")
        if verdict == SAME:
            same = [d.pair for d in holding(every_decision(reader)) if d.verdict == SAME]
            check_may_join(reader, project.identity, same, [(a, b)])
    return write(project, [Verdict(a, b, verdict)], signed)


def write(project: Project, verdicts: Sequence[Verdict], signed: Signature) -> list[Decision]:
    """Writes the answers down as one act.

    Errors  KinfolkError when they contradict what holds; ExistsError where somebody else was faster; BusyError
    """

    def check(every: Sequence[Decision]) -> None:
        _check_known(every, signed)
        check_consistent(every)

    return write_decisions(project, Act(verdicts, signed.by, signed.note), check, signed.wait_seconds)


def _check_known(every: Sequence[Decision], signed: Signature) -> None:
    """Errors: ExistsError where the last act is on a pair that somebody else decided on, unknown to who answers."""
    act = {d.pair for d in every if d.part_of == every[-1].part_of}
    for d in every:
        if signed.known is not None and d.decision_no > signed.known and d.pair in act and d.decided_by != signed.by:
            raise ExistsError(f"{d.decided_by} answered this meanwhile: {' and '.join(d.records)} are {d.verdict}.")


def last_decision(where: Where) -> int:
    """The number of the last decision there is; 0 before the first."""
    with reading(open_project(where).state) as reader:
        return max((d.decision_no for d in every_decision(reader)), default=0)


def withdraw(where: Where, number: int, signed: Signature, environment: str | None = None) -> list[Decision]:
    """Takes a decision back: its pair is as if nobody had ever decided.

    Errors  NotFoundError when there is no such decision; KinfolkError when it does not hold any more
    """
    project = open_project(where, environment)
    every = _every(where, environment)
    found = next((d for d in every if d.decision_no == number), None)
    if found is None:
        raise NotFoundError(f"There is no decision {number}.", hint="`kinfolk review decisions` lists them.")
    if found not in holding(every):
        last = max(d.decision_no for d in every if d.pair == found.pair)
        what = "is itself a withdrawal" if last == number else f"was overtaken by decision {last}"
        raise KinfolkError(f"Decision {number} does not hold any more: it {what}.")
    return write(project, [Verdict(*found.pair, WITHDRAWN)], signed)


def decisions(where: Where, environment: str | None = None) -> list[Standing]:
    """Every decision, the latest first, and whether it holds."""
    with reading(open_project(where, environment).state) as reader:
        every = every_decision(reader)
        hold = {d.decision_no for d in holding(every)}
        applied = _applied(reader)
        there = set(customers_of(reader, (name for d in every for name in d.pair)))
        guards = query("select rule from g where guard = 'decision'", g=table(identity.GUARDS.name))
        refused = {row[0] for row in reader.read(guards).rows}
    return [Standing(d, _standing(d, (hold, applied), there, refused)) for d in reversed(every)]


def decisions_by(where: Where, who: str) -> list[Decision]:
    """What somebody decided and did not take back, the earliest first."""
    with reading(open_project(where).state) as reader:
        return [d for d in holding(every_decision(reader)) if d.decided_by == who]


def _standing(decision: Decision, state: tuple[set[int], set[int]], there: set[Named], refused: set[str]) -> str:
    hold, applied = state
    number = decision.decision_no
    if number not in hold:
        return "a withdrawal" if decision.verdict == WITHDRAWN else "overtaken"
    if not there.issuperset(decision.pair):
        return "waits for its record"
    if number not in applied:
        return "waits for the next run"
    if f"decision {number}" in refused:
        return "not carried out: a rule forbids it"
    contradicted = [rule for rule in refused if rule.startswith("decisions ")]
    if any(str(number) in rule.removeprefix("decisions ").split(", ") for rule in contradicted):
        return "contradicts other decisions"
    return "holds"


def check_consistent(every: Sequence[Decision]) -> None:
    """Errors: KinfolkError when the last act contradicts decisions that hold; it names them, and how to go on."""
    from kinfolk.stages.identity.decisions import Fact, contradictions, way

    act = {d.decision_no for d in every if d.part_of == every[-1].part_of}
    hold = {d.decision_no: d for d in holding(every)}
    facts = [Fact(d.decision_no, *d.pair, d.verdict) for d in hold.values()]
    for numbers, _ in contradictions(facts):
        if act.isdisjoint(numbers):
            continue
        for fact in facts:
            leads = way(facts, fact.a, fact.b) if fact.verdict == "different" else None
            if leads is None or fact.number not in numbers:
                continue
            involved = [hold[f.number] for f in (*leads, fact)]
            said = [d for d in involved if d.decision_no not in act]
            first, second = hold[fact.number].records
            raise KinfolkError(
                f"That contradicts what was decided before: {first} and {second} would be both one customer and two. "
                + "; ".join(map(words, said))
                + ".",
                hint="Withdraw what is wrong: "
                + " or ".join(f"`kinfolk review withdraw {d.decision_no}`" for d in said)
                + ".",
            )


def words(decision: Decision) -> str:
    """A decision as people say it."""
    first, second = decision.records
    how = {"same": "are one customer", "different": "are two customers"}.get(decision.verdict, decision.verdict)
    day = f"{decision.decided_at:%Y-%m-%d}"
    return f"decision {decision.decision_no} ({decision.decided_by}, {day}) says that {first} and {second} {how}"


def _every(where: Where, environment: str | None) -> list[Decision]:
    with reading(open_project(where, environment).state) as reader:
        return every_decision(reader)
