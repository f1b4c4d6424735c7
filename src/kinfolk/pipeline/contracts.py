"""Holding a load to its contract, before anything of it is landed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from kinfolk.engine.sql import column, query, sql, table
from kinfolk.errors import ContractError
from kinfolk.model.contract import Contract, OnDrift, OnViolation
from kinfolk.model.project import Project
from kinfolk.model.source import Load as Loading
from kinfolk.pipeline.arrivals import Delivery
from kinfolk.pipeline.work import Work
from kinfolk.stages.contracts import (
    POSITION,
    Load,
    Rule,
    Rules,
    checking_steps,
    event_rules,
    judged_step,
    measuring_step,
    no_contract,
    rules_of,
    schema_step,
    withholding_steps,
)
from kinfolk.stages.landing import Arrival, content_hash, record_id, says_deleted, unchanged_steps

_SHOWN = 3  # rows named in an error
_RETYPED = 0.5  # a column of whose values more than this share cannot be read any more has changed its type
_RETYPED_FROM = 10


def in_order(deliveries: Sequence[Delivery], project: Project) -> tuple[Delivery, ...]:
    """The deliveries, those first that others refer to, or are made of."""
    by_name = {delivery.source.name: delivery for delivery in deliveries}
    placed: dict[str, Delivery] = {}

    def place(name: str) -> None:
        contract = project.contract(name)
        referred = [r.source for p in (contract.properties if contract else ()) for r in p.references]
        for other in (by_name[name].source.visitors_of, *referred):
            if other in by_name and other != name and other not in placed:
                place(other)
        placed[name] = by_name[name]

    for name in by_name:
        if name not in placed:
            place(name)
    return tuple(placed.values())


def hold(work: Work, arrival: Arrival) -> Arrival:
    """The load without the rows its contract, or its tracking plan, sets aside.

    Writes  quarantined.<source>, withheld.<source> where any row is
    Errors  ContractError when a rule that says `fail` is broken, or the columns drifted further than is allowed
    """
    contract, plan = work.project.contract(arrival.source.name), work.project.tracking_plan(arrival.source)
    if contract is None and plan is None:
        return _only_corrected(work, arrival)
    if contract:
        _check_columns(work, contract, arrival.columns)
    rules, load = _rules(work, arrival), _load(arrival)
    work.do([judged_step(load)])
    if plan and (step := schema_step(load.source, plan, POSITION)):
        work.do([step])
    work.do(checking_steps(load, rules, _referable(work, rules, arrival)))
    counts = dict(
        work.session.fetch(
            query(
                "select n, count(*) from (select unnest(broken) as n from b) group by n order by n",
                b=table(f"breaking.{arrival.source.name}"),
            )
        )
    )
    _check_types(work, load, rules, counts)
    _check_fatal(work, load, rules, counts, arrival.rows)
    _check_measures(work, load, rules)
    _tell(work, rules, counts)
    aside = any(rule.on_violation is OnViolation.QUARANTINE and counts.get(rule.number) for rule in rules.every)
    if not aside:
        return _only_corrected(work, arrival)
    work.do(withholding_steps(load, rules))
    return replace(arrival, withheld=True)


def _rules(work: Work, arrival: Arrival) -> Rules:
    source = arrival.source
    contract, plan = work.project.contract(source.name), work.project.tracking_plan(source)
    rules = no_contract(source)
    if contract:
        rules = rules_of(contract, source.conventions, arrival.columns, source.record_id)
    if plan:
        rules = replace(rules, every=(*rules.every, *event_rules(source.name, plan, len(rules.every))))
    return rules


def _only_corrected(work: Work, arrival: Arrival) -> Arrival:
    """No row is set aside but those that stand corrected at the end of the load."""
    if arrival.withheld:
        nothing, load = no_contract(arrival.source), _load(arrival)
        work.do((judged_step(load), *checking_steps(load, nothing, ()), *withholding_steps(load, nothing)))
    return arrival


def _load(arrival: Arrival) -> Load:
    return Load(
        source=arrival.source.name,
        load_id=arrival.load_id,
        first_record_no=arrival.first_record_no,
        columns=arrival.columns,
        record_id=record_id(arrival),
        row_hash=content_hash(arrival),
        loading=arrival.source.load,
        current=arrival.published,
        replaced=arrival.mended,
        exempt=says_deleted(arrival.source) if arrival.source.cursor else None,
    )


def _referable(work: Work, rules: Rules, arrival: Arrival) -> tuple[str, ...]:
    """Sources whose current records can be looked up; their views are made where they are not there yet."""
    wanted = {rule.reference.source for rule in rules.every if rule.reference}
    own = arrival.source.name
    loading = arrival.source.load
    if loading is Loading.ONCE or (any(rule.repeats for rule in rules.every) and loading is not Loading.SNAPSHOT):
        wanted.add(own)
    found = []
    for name in sorted(wanted):
        whole = name == own and arrival.source.load is Loading.SNAPSHOT
        if not whole and name not in _landed_now(work) and work.session.present(f"landing.{name}"):
            work.do(unchanged_steps(name))
        if not whole and name in _landed_now(work):
            found.append(name)
    for rule in rules.every:
        reference = rule.reference
        if reference is None or (reference.source == own and reference.source not in found):
            continue
        if reference.source not in found:
            words = f"{rule.name} was not checked: {reference.source} has not been landed yet."
            work.watcher.note(words)
        elif reference.column.lower() not in {c.lower() for c in work.session.columns(f"current.{reference.source}")}:
            what = f"{reference.source} has no column {reference.column!r}, to which {rule.name} refers."
            raise ContractError(what, where=str(rule.place))
    return tuple(found)


def _landed_now(work: Work) -> set[str]:
    return {name.removeprefix("current.") for name in work.session.built if name.startswith("current.")}


def _check_columns(work: Work, contract: Contract, columns: Sequence[str]) -> None:
    """Columns that are new, missing, or past the day they could be relied on."""
    here, known = {c.lower() for c in columns}, {p.name.lower() for p in contract.properties}
    new = [c for c in columns if c.lower() not in known]
    missing = [p for p in contract.properties if p.name.lower() not in here]
    source, drift = contract.source, contract.drift
    if new:
        words = f"{source} has {_counted(new)} that its contract does not know: {', '.join(new)}."
        _drifted(work, drift.new, words, str(contract.place), "Describe it in the contract")
    if missing:
        words = f"{source} lacks {_counted(missing)} of its contract: {', '.join(p.name for p in missing)}."
        _drifted(
            work, drift.missing, words, str(missing[0].place), "Ask the producer for it, take it out of the contract"
        )
    today = datetime.now(UTC).date()
    for p in contract.properties:
        if p.deprecated_until and p.deprecated_until < today and p.name.lower() in here:
            work.watcher.note(f"{source}.{p.name} was to be relied on until {p.deprecated_until} ({p.place}).")


def _counted(names: Sequence[object]) -> str:
    return "a column" if len(names) == 1 else f"{len(names)} columns"


def _drifted(work: Work, policy: OnDrift, words: str, where: str, hint: str) -> None:
    if policy is OnDrift.FAIL:
        raise ContractError(words + " Nothing was changed.", where=where, hint=f"{hint}, or allow it under `drift`.")
    if policy is OnDrift.WARN:
        work.watcher.note(words)


def _check_types(work: Work, load: Load, rules: Rules, counts: dict[int, int]) -> None:
    """A column most of whose values cannot be read any more was retyped: that is no matter of single rows."""
    policy = rules.contract.drift.retyped
    for rule in rules.every:
        broken = counts.get(rule.number, 0)
        if not rule.name.endswith(".type") or rule.column is None or broken < _RETYPED_FROM or policy is OnDrift.ALLOW:
            continue
        filled = query(
            "select count(*) from judged where '' <> trim($c)",
            c=column(rule.column),
            judged=table(f"judged.{load.source}"),
        )
        [(values,)] = work.session.fetch(filled)
        if broken > values * _RETYPED:
            words = f"{load.source}.{rule.column} has changed its type: {broken} of {values} values {_are(rule.says)}."
            _drifted(work, policy, words, str(rule.place), "Mend the export, change the type in the contract")


def _are(says: str) -> str:
    return says.replace("is no", "are no", 1)


def _check_fatal(work: Work, load: Load, rules: Rules, counts: dict[int, int], total: int) -> None:
    fatal = [rule for rule in rules.every if rule.on_violation is OnViolation.FAIL and counts.get(rule.number)]
    if not fatal:
        return
    told = [
        f"{rule.name} in {counts[rule.number]} of {total} rows ({', '.join(_first_rows(work, load, rule))})"
        for rule in fatal
    ]
    raise ContractError(
        f"{load.source} breaks its contract: {'; '.join(told)}. Nothing was changed.",
        where=str(fatal[0].place),
        hint="Mend the data and run again; or let the rule say `onViolation: quarantine`.",
    )


def _first_rows(work: Work, load: Load, rule: Rule) -> list[str]:
    """The first rows that break the rule; their values only where nobody is harmed by it."""
    shown = column(rule.column) if rule.column and not rule.hidden else sql("null")
    found = query(
        "select j._part, j._row, cast($value as varchar) from j join b on b.position = j._kinfolk_position "
        "where list_contains(b.broken, $n) order by b.position limit $most",
        value=shown,
        n=rule.number,
        most=_SHOWN,
        j=table(f"judged.{load.source}"),
        b=table(f"breaking.{load.source}"),
    )
    rows = []
    for part, line, value in work.session.fetch(found):
        told = f" {value[:40]!r}" if value and value.strip() else ""
        rows.append(f"row {line} of {part}:{told} {rule.says}")
    return rows


def _check_measures(work: Work, load: Load, rules: Rules) -> None:
    """Rules about the whole load."""
    step = measuring_step(load, rules)
    if step is None:
        return
    work.do([step])
    [row] = work.session.fetch(query("select * from m", m=table(step.writes)))
    measured = zip((rule for rule in rules.every if rule.measure), row, strict=True)
    for rule, value in measured:
        assert rule.measure is not None
        if value is not None and rule.measure.limit.holds(float(value)):
            continue
        number = "nothing" if value is None else f"{float(value):g}"
        words = (
            f"{load.source} breaks its contract: {rule.name} is {number}{' %' if rule.measure.limit.percent else ''} "
        )
        words += f"and {rule.says}."
        if rule.on_violation is OnViolation.FAIL:
            raise ContractError(
                words + " Nothing was changed.", where=str(rule.place), hint="Mend the data and run again."
            )
        work.watcher.note(words)


def _tell(work: Work, rules: Rules, counts: dict[int, int]) -> None:
    for rule in rules.every:
        count = counts.get(rule.number)
        if count:
            fate = "landed all the same" if rule.on_violation is OnViolation.WARN else "quarantined"
            work.watcher.note(f"{rules.contract.source}: {rule.name} is broken in {count} rows, {fate}.")
