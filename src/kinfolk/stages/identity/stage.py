"""The identity stage as steps: over all records, or over those alone that a change reaches."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import numpy as np
import pyarrow as pa
from sqlglot import exp

from kinfolk.engine.sql import column, query, table
from kinfolk.engine.step import Compute, PairFinder, Publish, Step, Tell
from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.arrays import Ints
from kinfolk.stages.identity.arrow import array
from kinfolk.stages.identity.decisions import decided, decision_query, met
from kinfolk.stages.identity.fingerprints import compared_table
from kinfolk.stages.identity.former_groups import former, former_groups, former_query
from kinfolk.stages.identity.guards import Guards
from kinfolk.stages.identity.kept import OutgrownError, frequencies, kept
from kinfolk.stages.identity.keys import link, never_codes
from kinfolk.stages.identity.naming import name_groups, numbers_of, vanished
from kinfolk.stages.identity.outputs import Outcome, tables
from kinfolk.stages.identity.prepared import note_nothing_known, prepare
from kinfolk.stages.identity.resolve import Linked, resolve
from kinfolk.stages.identity.shared import found_by_keys, note_shared, shared_values
from kinfolk.tables import identity as promised
from kinfolk.tables.decisions import DECISIONS
from kinfolk.tables.staging import RECORDS

Tables = Mapping[str, pa.Table]
PREVIOUS_MEMBERS, PREVIOUS_ALIASES, PREVIOUS_MODEL = "previous.members", "previous.aliases", "previous.model"
PREVIOUS_FREQUENCIES, PREVIOUS_DECIDED = "previous.frequencies", "previous.decided"
PREVIOUS_GROUPS = "previous.former_groups"
OWN = ("source", "record_id", "record_no", "observed_at")


def steps(rules: IdentityRules, tables_present: frozenset[str], finder: PairFinder | None = None) -> tuple[Step, ...]:
    """The steps that decide who is who, of all records; finder: what compares pairs elsewhere than on this machine.

    Reads   staging.records                        one row a record
            previous.members, previous.aliases     who was who, where `tables_present` has them: ids stay
            previous.model, previous.frequencies   what was learned, kept while it holds
            identity.decisions, previous.decided   what people decided, and what of it was known
    Writes  identity.members, links, pairs, review, guards … (tables.identity.TABLES)
    Source  Fellegi & Sunter 1969 with term frequencies; checked against oracles in tests/oracles
    """
    inputs = {"records": needed(rules)}
    if PREVIOUS_MEMBERS in tables_present:
        inputs["before"] = query(
            "select p.source, p.record_id, p.customer_id, r.record_no from previous p "
            "left join records r on r.source = p.source and r.record_id = p.record_id",
            previous=table(PREVIOUS_MEMBERS),
            records=table(RECORDS.name),
        )
    if DECISIONS.name in tables_present:
        inputs["decisions"] = decision_query()
    kept_before = {
        "aliases": PREVIOUS_ALIASES,
        "model": PREVIOUS_MODEL,
        "frequencies": PREVIOUS_FREQUENCIES,
        "decided": PREVIOUS_DECIDED,
    }
    if PREVIOUS_GROUPS in tables_present:
        inputs["former"] = former_query(table(PREVIOUS_GROUPS))
    for name, previous in kept_before.items():
        if previous in tables_present:
            inputs[name] = query("select * from previous", previous=table(previous))
    writes = dict.fromkeys((described.name for described in promised.TABLES), Publish.REPLACE)
    same = {f"{promised.MEMBERS.name}.{name}": (f"records.{name}",) for name in OWN}

    def run(inputs: Tables, tell: Tell) -> Tables:
        return _all(rules, inputs, tell, finder)

    return (Compute(inputs, writes, "Resolving identities", run, same),)


def needed(rules: IdentityRules) -> exp.Query:
    """The columns of staged records that identity reads."""
    names = [column(name) for name in dict.fromkeys((*OWN, *rules.columns(), *rules.witnesses()))]
    return query("select $names from records", names=names, records=table(RECORDS.name))


def _all(rules: IdentityRules, inputs: Tables, tell: Tell, finder: PairFinder | None) -> Tables:
    guards, records = Guards(), inputs["records"]
    with ThreadPoolExecutor(1) as aside:
        aside.submit(import_module, "scipy.sparse.csgraph")  # which groups will need, while records are coded
        prepared = prepare(records, rules, guards)
        compared = aside.submit(compared_table, prepared, rules)  # nothing below needs it
        learned = kept(inputs.get("model"), inputs.get("frequencies"), rules, len(prepared))
        tell("Linking records by keys")
        known = decided(inputs.get("decisions"), inputs.get("decided"), prepared.record_no, guards)
        note_nothing_known(prepared, rules, guards)
        by_keys, crowded = found_by_keys(prepared, rules)
        note_shared(by_keys, rules, guards)
        linked = Linked(prepared, *link(prepared, rules, guards, crowded, known), known)
        previous, gone = _before(inputs.get("before"), prepared.record_no)
        try:
            linked = linked if learned else linked.counting_people(rules)
            resolution = resolve(linked, rules, learned, tell, finder)
        except OutgrownError:
            learned, linked = None, linked.counting_people(rules)
            resolution = resolve(linked, rules, learned, tell, finder)
        aliases = gone | aliases_of(inputs.get("aliases"))
        memory = former(inputs.get("former"), prepared.record_no)
        named = name_groups(resolution.groups, previous, aliases, memory=memory)
        counted = learned.frequencies if learned else frequencies(linked.prepared, resolution.model)
        apart = tuple(never_codes(prepared, rules))
        ordered = records.select(list(OWN)).take(array(prepared.order))
        made = tables(Outcome(ordered, rules, apart, resolution, named, counted), guards)
        return {
            **made,
            promised.FORMER_MEMBERS.name: _former(inputs.get("before")),
            promised.FORMER_GROUPS.name: former_groups(memory, _numbered(inputs.get("before")), aliases, named),
            promised.DECIDED.name: met(inputs.get("decisions"), inputs.get("decided")),
            promised.SHARED_VALUES.name: shared_values(by_keys, counted),
            promised.COMPARED.name: compared.result(),
        }


def _numbered(before: pa.Table | None) -> pa.Table:
    """source, record_id and number of the customer of every record there was, or once was."""
    if before is None:
        return pa.table(
            {"source": array([], pa.string()), "record_id": array([], pa.string()), "number": array([], pa.int64())}
        )
    return before.select(["source", "record_id"]).append_column("number", array(numbers_of(before["customer_id"])))


def _former(before: pa.Table | None) -> pa.Table:
    """Records that once were members and are not there now."""
    columns = list(promised.FORMER_MEMBERS.types)
    if before is None:
        return pa.table({name: pa.array([], pa.string()) for name in columns})
    return before.filter(before["record_no"].is_null()).select(columns)


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


def aliases_of(aliases: pa.Table | None) -> dict[int, int]:
    """Number given up -> number that lives on, 0 where none does."""
    if aliases is None:
        return {}
    old, new = numbers_of(aliases["alias"]), numbers_of(aliases["customer_id"])
    return dict(zip(old.tolist(), new.tolist(), strict=True))
