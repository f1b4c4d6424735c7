"""The identity stage as a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
from sqlglot import exp

from kinfolk.engine.sql import column, query, table
from kinfolk.engine.step import Compute, Publish, Step
from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.arrays import Ints
from kinfolk.stages.identity.guards import Guards
from kinfolk.stages.identity.keys import never_codes
from kinfolk.stages.identity.naming import name_groups, numbers_of, vanished
from kinfolk.stages.identity.outputs import Outcome, tables
from kinfolk.stages.identity.prepared import in_order, prepare
from kinfolk.stages.identity.resolve import resolve
from kinfolk.tables.identity import FORMER_MEMBERS, MEMBERS, TABLES
from kinfolk.tables.staging import RECORDS

PREVIOUS_MEMBERS, PREVIOUS_ALIASES = "previous.members", "previous.aliases"
_NONE_BEFORE = pa.table({name: pa.array([], pa.string()) for name in FORMER_MEMBERS.types})
_OWN = ("source", "record_id", "record_no", "observed_at")


def steps(rules: IdentityRules, tables_present: frozenset[str]) -> tuple[Step, ...]:
    """The step that decides who is who.

    Reads   staging.records                     one row a record
            previous.members, previous.aliases  who was who, where `tables_present` has them: ids stay
    Writes  identity.members, former_members, links, pairs, review, aliases, guards, model
    Source  Fellegi & Sunter 1969 with term frequencies; checked against oracles in tests/oracles
    """
    inputs = {"records": _records(rules)}
    if PREVIOUS_MEMBERS in tables_present:
        inputs["before"] = query(
            "select p.source, p.record_id, p.customer_id, r.record_no from previous p "
            "left join records r on r.source = p.source and r.record_id = p.record_id",
            previous=table(PREVIOUS_MEMBERS),
            records=table(RECORDS.name),
        )
    if PREVIOUS_ALIASES in tables_present:
        inputs["aliases"] = query("select alias, customer_id from previous", previous=table(PREVIOUS_ALIASES))
    writes = {promised.name: Publish.REPLACE for promised in TABLES}
    kept = {f"{MEMBERS.name}.{name}": (f"records.{name}",) for name in _OWN}
    return (Compute(inputs, writes, "Resolving identities", _runner(rules), kept),)


def _records(rules: IdentityRules) -> exp.Query:
    names = [column(name) for name in dict.fromkeys((*_OWN, *rules.columns()))]
    return query("select $names from records", names=names, records=table(RECORDS.name))


def _runner(rules: IdentityRules) -> Callable[[Mapping[str, pa.Table], Callable[[str], None]], Mapping[str, pa.Table]]:
    def run(inputs: Mapping[str, pa.Table], tell: Callable[[str], None]) -> Mapping[str, pa.Table]:
        guards = Guards()
        records = in_order(inputs["records"])
        prepared = prepare(records, rules, guards)
        resolution = resolve(prepared, rules, guards, tell)
        before = inputs.get("before")
        previous, gone = _before(before, prepared.record_no)
        named = name_groups(resolution.groups, previous, gone | _aliases(inputs.get("aliases")))
        former = _NONE_BEFORE if before is None else before.filter(before["record_no"].is_null())
        return tables(Outcome(records, rules, tuple(never_codes(prepared, rules)), resolution, named, former), guards)

    return run


def _before(before: pa.Table | None, record_no: Ints) -> tuple[Ints, dict[int, int]]:
    """The previous customer number of each record (0 for none), and the customers none of whose records is left."""
    previous = np.zeros(len(record_no), np.int64)
    if before is None:
        return previous, {}
    numbers = numbers_of(before["customer_id"])
    found = before["record_no"].is_valid().to_numpy()
    still = before["record_no"].drop_null().to_numpy()
    previous[np.searchsorted(record_no, still)] = numbers[found]
    return previous, vanished(numbers, previous)


def _aliases(aliases: pa.Table | None) -> dict[int, int]:
    """Number given up -> number that lives on, 0 where none does."""
    if aliases is None:
        return {}
    old, new = numbers_of(aliases["alias"]), numbers_of(aliases["customer_id"])
    return dict(zip(old.tolist(), new.tolist(), strict=True))
