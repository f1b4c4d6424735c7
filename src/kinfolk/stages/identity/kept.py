"""What was learned is kept for later runs, so that what did not change is judged as it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from kinfolk.model.identity import IdentityRules
from kinfolk.model.place import Place
from kinfolk.stages.identity.arrays import NO_VALUE, Codes, Ints
from kinfolk.stages.identity.arrow import array, pc
from kinfolk.stages.identity.blocking import Blocks
from kinfolk.stages.identity.coding import Column
from kinfolk.stages.identity.fingerprints import NUMBERING
from kinfolk.stages.identity.model import Model, from_json
from kinfolk.stages.identity.prepared import Prepared

LEARNED_WELL = 10_000  # records from which what was learned is kept; fewer are learned from anew, which takes no time
_DRIFT = 0.2  # share by which the number of records may change before everything is learned anew
_TYPES: dict[str, pa.DataType] = {
    "column_name": pa.string(),
    "value": pa.string(),
    "records": pa.int64(),
    "people": pa.float64(),
    "kind": pa.string(),
}
FREQUENCIES = pa.schema(_TYPES)


class OutgrownError(Exception):
    """A block has become too large to be compared, which the model does not know of: everything is learned anew."""


@dataclass(frozen=True)
class Kept:
    """A model learned by an earlier run, and how many records shared each value then (those that two or more did)."""

    model: Model
    frequencies: pa.Table

    def counting(self, prepared: Prepared) -> Prepared:
        """The records, each compared value with the number of records that shared it when the model was learned."""
        compared = dict(prepared.compared)
        for field in self.model.fields:
            column = prepared.compared[field.column]
            of_field = self.frequencies.filter(pc.equal(self.frequencies["column_name"], field.column))
            if len(column.values) < of_field.num_rows:  # it is cheaper to remember the fewer of the two
                of_field = of_field.filter(pc.is_in(of_field["value"], value_set=column.values))
            at = pc.index_in(column.values, value_set=of_field["value"].combine_chunks())
            records = pc.fill_null(of_field["records"].take(at), 1).to_numpy().astype(np.int64)
            people = pc.fill_null(of_field["people"].take(at), 0.0).to_numpy()
            compared[field.column] = replace(column, counted=records, people=people)
        return replace(prepared, compared=compared)

    def blocking(self, prepared: Prepared) -> dict[tuple[str, ...], Sequence[Codes]]:
        """Columns of each blocking rule -> value codes of the blocks that were too large, an array a column."""
        world = None if prepared.world is None else prepared.exact[prepared.world]
        return {
            tuple(rule["columns"]): codes_of([prepared.compared[n] for n in rule["columns"]], world, rule["crowded"])
            for rule in self.model.blocking
        }


def kept(model: pa.Table | None, frequencies: pa.Table | None, rules: IdentityRules, records: int) -> Kept | None:
    """What an earlier run learned; None where there is nothing, or it must not be used any more."""
    if model is None or frequencies is None or not model.num_rows:
        return None
    if set(frequencies.column_names) < set(FREQUENCIES.names):  # by an earlier version
        return None
    learned = still_good(model["model"][0].as_py(), rules, records)
    return Kept(learned, frequencies) if learned else None


def still_good(model_json: str, rules: IdentityRules, records: int) -> Model | None:
    """The model, unless it was learned from too little, by other rules, or from far more or fewer records."""
    if rules.matching is None:
        return None
    learned = from_json(model_json)
    if learned is None or learned.rules != settings(rules) or learned.records < LEARNED_WELL or not learned.estimate:
        return None
    return learned if abs(records - learned.records) <= _DRIFT * learned.records else None


def settings(rules: IdentityRules) -> str:
    """The settings that what is learned depends on, as one text."""
    matching = rules.matching
    assert matching is not None, "without matching nothing is learned"
    learned_by = {
        "compare": sorted((c.column, c.kind) for c in matching.compare),
        "block_on": matching.block_on,
        "personal": matching.personal,
        "never": [never.what for never in rules.never],
        "tenant": rules.tenant,
        "ignore": {name: list(patterns) for name, patterns in rules.ignore.items()},
        "numbers": NUMBERING,  # an earlier one finds no neighbours among the records compared
        **({"model": asdict(replace(matching.model, place=Place("")))} if matching.model else {}),
    }
    return json.dumps(learned_by, sort_keys=True)


def described(blocks: Iterable[Blocks], first: Ints, prepared: Prepared) -> tuple[dict[str, Any], ...]:
    """Blocking rules as the model keeps them. first: a record of each row.

    crowded  blocks that were too large: a list of values for each column, then one of tenants where there are any
    """
    return tuple(
        {
            "columns": list(block.rule.columns),
            "pairs": block.rule.pairs,
            "skipped_rows": block.rule.skipped,
            "crowded": _values(prepared, block.rule.columns, first[block.crowded]),
        }
        for block in blocks
    )


def _values(prepared: Prepared, names: Sequence[str], records: Ints) -> list[list[str | None]]:
    """Values of these records, a list a column."""
    columns = [prepared.compared[name] for name in names]
    if prepared.world is not None:
        columns.append(prepared.exact[prepared.world])
    return [_texts(column, records) for column in columns]


def _texts(column: Column, records: Ints) -> list[str | None]:
    texts: list[str | None] = column.texts(column.codes[records]).to_pylist()
    return texts


def codes_of(columns: Sequence[Column], world: Column | None, values: Sequence[Sequence[str | None]]) -> list[Codes]:
    """Codes of the values of several blocks, an array a column, tenant last; blocks of values nobody has are left out.

    values  a list a column, then one of tenants (None for those that name none)
    """
    found = [_code(column, theirs) for column, theirs in zip(columns, values, strict=False)]
    there = np.logical_and.reduce([codes >= 0 for codes in found]) if found else np.zeros(0, bool)
    if world is not None and values:
        tenants = _code(world, values[-1])
        there &= (tenants >= 0) | np.array([value is None for value in values[-1]], bool)
        found.append(tenants + np.int32(1))
    return [codes[there] for codes in found]


def _code(column: Column, values: Sequence[str | None]) -> Codes:
    """The code of each value; NO_VALUE for those no record has."""
    if not values:
        return np.zeros(0, np.int32)
    at = pc.index_in(array(values, pa.string()), value_set=column.values).fill_null(NO_VALUE)
    return np.asarray(at.to_numpy(zero_copy_only=False), dtype=np.int32)


def frequencies(prepared: Prepared, model: Model | None) -> pa.Table:
    """Rows of identity.frequencies: values of compared columns that two or more records share."""
    pieces = []
    for field in model.fields if model else ():
        column = prepared.compared[field.column]
        counts = column.counts()
        shared = array(np.flatnonzero(counts > 1))
        names = array(np.full(len(shared), field.column), pa.string())
        people = np.zeros(len(counts)) if column.people is None else column.people
        kinds = array(column.kinds if column.kinds is not None else [None] * len(counts), pa.string())
        people = array(people, pa.float64(), mask=people == 0)
        taken = [each.take(shared) for each in (column.values, array(counts), people, kinds)]
        pieces.append(pa.table([names, *taken], schema=FREQUENCIES))
    return pa.concat_tables(pieces) if pieces else FREQUENCIES.empty_table()
