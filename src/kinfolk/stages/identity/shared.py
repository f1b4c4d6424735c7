"""Values that more people share than they can tell apart, learned from the records: mailboxes, tablets."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from kinfolk.model.identity import Comparison, IdentityRules
from kinfolk.stages.identity.arrays import Codes, Floats, Ints, pack, run_lengths, stable_order, starts_of
from kinfolk.stages.identity.arrow import pc
from kinfolk.stages.identity.coding import Column, in_form
from kinfolk.stages.identity.guards import Guard, Guards
from kinfolk.stages.identity.keys import key_name, values_of
from kinfolk.stages.identity.people import FEWEST, SHARED_FROM, Witness, behind, people_behind
from kinfolk.stages.identity.prepared import Prepared
from kinfolk.tables.identity import SHARED_VALUES

_FAMILY = 1.5  # surnames below which people are a household
_SURNAME = "last_name"
_FORM = {"birth_date": "date", "national_id": "exact"}
_SHARED_KINDS = ("email", "phone", "address")  # kinds of evidence that people may share
_KINDS = {"email": "mailbox", "phone": "telephone", "street": "address", "device_id": "device"}
_OF_KIND = {"email": "mailbox", "phone": "telephone", "address": "address"}
_FOUND: dict[str, pa.DataType] = {
    "key": pa.int64(),
    "field": pa.string(),
    "value": pa.string(),
    "records": pa.int64(),
    "people": pa.float64(),
    "kind": pa.string(),
}
FOUND = pa.schema(_FOUND)
_LEARNED = " learned"  # what is known of a value as evidence, beside what is known of it as one of a key


@dataclass(frozen=True)
class _Runs:
    """Records that share a value, run by run, and the people behind each run."""

    order: Ints
    starts: Ints
    sizes: Ints
    people: Floats


def found_by_keys(prepared: Prepared, rules: IdentityRules) -> tuple[pa.Table, dict[int, Sequence[Codes]]]:
    """Values of keys with too many people behind them, and by key their codes (an array a column, then tenant).

    Returns rows as in FOUND; people are counted among the records given, so these must be all that have a value.
    """
    witnesses, rows, codes = _witnesses(prepared, rules), list[dict[str, object]](), dict[int, Sequence[Codes]]()
    for number, key in enumerate(rules.keys):
        if key.people is None:
            continue
        columns = [prepared.exact[name].codes for name in key.columns]
        columns += [] if prepared.tenant is None else [prepared.tenant]
        runs = _runs(columns, witnesses)
        if len(columns) == 1:
            prepared.shared[key.columns[0]] = runs
        shared = np.flatnonzero(runs.people >= key.people + 1)
        firsts = runs.order[runs.starts[shared]]
        if not len(shared):
            continue
        few = runs.sizes[shared] <= (key.at_most or np.inf)  # of more the guard at_most speaks
        codes[number] = [column[firsts[few]] for column in columns]
        kinds = _kinds(runs, shared, witnesses, _KINDS.get(key.columns[0], "value"))
        named = values_of(prepared, key, firsts.tolist())
        rows += [
            {"key": number, "field": key_name(key), "value": v, "records": int(n), "people": float(p), "kind": kind}
            for v, n, p, kind in zip(named, runs.sizes[shared], runs.people[shared], kinds, strict=True)
        ]
    return pa.Table.from_pylist(rows, FOUND), codes


def codes_of_names(prepared: Prepared, rules: IdentityRules, by_keys: pa.Table) -> dict[int, Sequence[Codes]]:
    """By key the codes of values that are known by name, as `found_by_keys` gives them. by_keys: rows as in FOUND"""
    codes: dict[int, Sequence[Codes]] = {}
    for number in np.unique(by_keys["key"].to_numpy()).tolist():
        key, rows = rules.keys[number], by_keys.filter(pc.equal(by_keys["key"], number))
        if key.at_most is not None:
            rows = rows.filter(pc.less_equal(rows["records"], key.at_most))
        columns = [prepared.exact[name] for name in key.columns]
        if len(columns) == 1 and prepared.tenant is None:
            at = pc.index_in(rows["value"].combine_chunks(), value_set=columns[0].values).drop_null()
            codes[number] = [at.to_numpy(zero_copy_only=False).astype(np.int32)]
            continue
        whole = [column.codes for column in columns]
        whole += [] if prepared.tenant is None else [prepared.tenant]
        known, packed = pack(whole)
        firsts = known[np.unique(packed, return_index=True)[1]]
        named = pa.array(values_of(prepared, key, firsts.tolist()), pa.string())
        meant = firsts[pc.is_in(named, value_set=rows["value"].combine_chunks()).to_numpy(zero_copy_only=False)]
        codes[number] = [column[meant] for column in whole]
    return codes


def with_people(prepared: Prepared, rules: IdentityRules) -> Prepared:
    """The records, each compared address, telephone and mailbox with the people behind it where they are many."""
    if rules.matching is None:
        return prepared
    witnesses, personal = _witnesses(prepared, rules), rules.matching.personal
    shareable = [c for c in rules.matching.compare if c.kind in _SHARED_KINDS and c.column not in personal]
    with ThreadPoolExecutor(2) as pool:
        counted = list(pool.map(lambda c: _with_people(prepared, c, witnesses), shareable))
    found = {comparison.column: column for comparison, column in zip(shareable, counted, strict=True)}
    return replace(prepared, compared={**prepared.compared, **found})


def _with_people(prepared: Prepared, comparison: Comparison, witnesses: Sequence[Witness]) -> Column:
    column, exact = prepared.compared[comparison.column], prepared.exact[comparison.column]
    known = prepared.shared.get(comparison.column) if column.codes is exact.codes else None
    runs = known if isinstance(known, _Runs) else _runs([column.codes], witnesses)
    shared = np.flatnonzero(runs.people >= SHARED_FROM)
    values = column.codes[runs.order[runs.starts[shared]]]
    people, kinds = np.zeros(len(column.values)), np.full(len(column.values), None, object)
    people[values] = runs.people[shared]
    kinds[values] = _kinds(runs, shared, witnesses, _OF_KIND[comparison.kind])
    return replace(column, people=people, kinds=kinds)


def shared_values(by_keys: pa.Table, frequencies: pa.Table) -> pa.Table:
    """Rows of identity.shared_values: what keys do not link by, and what counts once as evidence.

    by_keys      rows as in FOUND
    frequencies  rows of identity.frequencies
    """
    at = ["field", "value"]
    keys = by_keys.drop_columns(["key"]).append_column("unlinked", pa.array([True] * by_keys.num_rows, pa.bool_()))
    learned = frequencies.filter(frequencies["people"].is_valid()).rename_columns({"column_name": "field"})
    learned = learned.append_column("counts_once", pa.array([True] * learned.num_rows, pa.bool_()))
    joined = keys.join(learned, at, join_type="full outer", right_suffix=_LEARNED)
    columns = {name: joined[name] for name in SHARED_VALUES.types}
    for name in ("records", "people", "kind"):
        columns[name] = pc.coalesce(joined[name], joined[name + _LEARNED])
    for name in ("unlinked", "counts_once"):
        columns[name] = pc.fill_null(joined[name], False)
    return pa.table(columns).sort_by([(name, "ascending") for name in at])


def note_shared(by_keys: pa.Table, rules: IdentityRules, guards: Guards) -> None:
    """Notes every value that a key did not link by because of the people behind it."""
    for row in by_keys.to_pylist():
        most = rules.keys[row["key"]].at_most
        if most is None or row["records"] <= most:
            guards.add(Guard("shared_value", row["field"], row["value"], row["records"], _effect(row)))


def _effect(row: dict[str, Any]) -> str:
    what = "value" if row["kind"] == "household" else row["kind"]
    whose = " of one household" if row["kind"] == "household" else ""
    people = int(row["people"] + 0.01)  # an effective number may fall a rounding short of a whole one
    return f"At least {people} people{whose} share this {what}, so it linked none of the records."


def _witnesses(prepared: Prepared, rules: IdentityRules) -> list[Witness]:
    """The columns that tell people apart, in the form in which they are compared."""
    kinds = {c.column: c.kind for c in rules.matching.compare} if rules.matching else {}
    found = []
    for name in rules.witnesses():
        kind = kinds.get(name, _FORM.get(name, "name"))
        if name in kinds:
            found.append(Witness(name, kind, prepared.compared[name]))
        elif name in prepared.exact:
            found.append(Witness(name, kind, in_form(prepared.exact[name], kind)))
    return [witness for witness in found if len(witness.column.values)]


def _runs(columns: Sequence[Codes], witnesses: Sequence[Witness]) -> _Runs:
    """Records that share a value, those of few records left out."""
    known, packed = pack(columns)
    if len(packed) and int(packed.max()) < 4 * len(packed) + 1000:
        many = np.flatnonzero(np.bincount(packed)[packed] >= FEWEST)
        known, packed = known[many], packed[many]
    order = stable_order(packed)
    starts = starts_of(packed[order])
    order, sizes = known[order], run_lengths(starts, len(order))
    return _Runs(order, starts, sizes, people_behind(order, starts, witnesses))


def _kinds(runs: _Runs, shared: Ints, witnesses: Sequence[Witness], otherwise: str) -> list[str]:
    """What each shared value seems to be: a household's where nearly all have one surname."""
    surname = next((witness for witness in witnesses if witness.name == _SURNAME), None)
    if surname is None or not len(shared):
        return [otherwise] * len(shared)
    families = behind(surname, runs.order, runs.starts[shared], runs.sizes[shared])
    return ["household" if 0 < number < _FAMILY else otherwise for number in families.tolist()]
