"""Which values too many people share after a change: those it touches are counted anew, the others stay."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from sqlglot import exp

from kinfolk.engine.sql import query, rows, table, union_by_name
from kinfolk.engine.step import Compute, Publish, Tell
from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.arrow import array, pc
from kinfolk.stages.identity.guards import Guards
from kinfolk.stages.identity.keys import key_name
from kinfolk.stages.identity.neighbours import STILL_SHARED, key_parts, key_table, key_value
from kinfolk.stages.identity.people import FEWEST
from kinfolk.stages.identity.prepared import prepare
from kinfolk.stages.identity.reach import among
from kinfolk.stages.identity.shared import FOUND, found_by_keys, shared_values
from kinfolk.stages.identity.stage import Tables, needed
from kinfolk.tables import identity as promised

SHARED = "touched.shared_keys"
_VALUE = ("key", "value")


def shared_step(rules: IdentityRules) -> Compute:
    """The step that finds the values of keys with too many people behind them, after a change.

    Reads   touched.key_*                 records with a value that a record that moved has or had
            identity.shared_values, identity.frequencies   as published
    Writes  identity.shared_values
            touched.shared_keys           the values of keys among them; touched.still_shared: those that were so before
    """
    numbers = [number for number, key in enumerate(rules.keys) if key.people is not None]
    touched = [rows({"key": "bigint", "value": "varchar"}, [])]
    touched += [
        query(
            "select distinct cast($number as bigint) as key, $value as value from k",
            number=number,
            value=key_value(rules, rules.keys[number]),
            k=table(key_table(number)),
        )
        for number in numbers
    ]
    several = [rows({"record_no": "bigint"}, [])]
    several += [
        query(
            "select record_no from (select *, count(*) filter (where not gone) over (partition by $parts) as now "
            "from k) where not gone and now >= $fewest",
            parts=key_parts(rules.keys[number]),
            fewest=FEWEST,
            k=table(key_table(number)),
        )
        for number in numbers
    ]
    inputs: dict[str, exp.Query] = {
        "touched": union_by_name(touched),
        "records": among(needed(rules), union_by_name(several)),
        "before": query("select * from b where unlinked", b=table(promised.SHARED_VALUES.name)),
        "learned": query("select * from f where people is not null", f=table(promised.FREQUENCIES.name)),
    }

    def run(inputs: Tables, tell: Tell) -> Mapping[str, pa.Table]:
        return _shared(rules, inputs)

    writes = {promised.SHARED_VALUES.name: Publish.REPLACE, SHARED: Publish.NO, STILL_SHARED: Publish.NO}
    return Compute(inputs, writes, "Values that too many people share", run)


def _shared(rules: IdentityRules, inputs: Tables) -> Tables:
    before, touched = _numbered(rules, inputs["before"]), inputs["touched"]
    counted, _ = found_by_keys(prepare(inputs["records"], rules, Guards()), rules)
    kept = before.join(touched, list(_VALUE), join_type="left anti").select(FOUND.names)
    now = pa.concat_tables([kept, _semi(counted, touched)])
    return {
        promised.SHARED_VALUES.name: shared_values(now.select(FOUND.names), inputs["learned"]),
        SHARED: now.select(FOUND.names),
        STILL_SHARED: _semi(now, before).select(list(_VALUE)),
    }


def _semi(left: pa.Table, right: pa.Table) -> pa.Table:
    return left.join(right.select(list(_VALUE)), list(_VALUE), join_type="left semi").select(FOUND.names)


def _numbered(rules: IdentityRules, before: pa.Table) -> pa.Table:
    """Published rows of keys with the number of the key."""
    names = array([key_name(key) for key in rules.keys], pa.string())
    numbers = pc.cast(pc.index_in(before["field"], value_set=names), pa.int64())
    return before.append_column("key", numbers).select(FOUND.names).cast(FOUND)
