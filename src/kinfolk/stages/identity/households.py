"""Households: customers likelier two people of one household than strangers, or one person, as matching learned it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pyarrow as pa

from kinfolk.engine.sql import column, query, rows, table
from kinfolk.engine.step import Compute, Publish
from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.arrays import (
    NO_VALUE,
    Codes,
    Flags,
    Floats,
    Ints,
    Levels,
    pack,
    run_lengths,
    stable_order,
    starts_of,
)
from kinfolk.stages.identity.arrow import array
from kinfolk.stages.identity.blocking import Blocks, again, candidates
from kinfolk.stages.identity.comparison import SAME, fields
from kinfolk.stages.identity.evidence import comparer
from kinfolk.stages.identity.explain import as_learned
from kinfolk.stages.identity.guards import Guards
from kinfolk.stages.identity.kept import Kept
from kinfolk.stages.identity.keys import never_codes
from kinfolk.stages.identity.living import live_together
from kinfolk.stages.identity.model import Model, from_json
from kinfolk.stages.identity.naming import Named, ids_of, name_groups, numbers_of, vanished
from kinfolk.stages.identity.outputs import table_of
from kinfolk.stages.identity.prepared import Prepared, prepare
from kinfolk.stages.identity.resolve import in_order_of_first
from kinfolk.stages.identity.scoring import Scorer, probability, scorer, soft_minimum
from kinfolk.tables import households as promised
from kinfolk.tables import identity as who
from kinfolk.tables.profiles import CUSTOMERS

Tables = Mapping[str, pa.Table]
_PREFIX = "H-"
_PLACE = ("postcode", "city")  # what makes of a street an address
_BLOCK = 4  # times the largest household: customers who share a value and are still compared each with each


def household_steps(rules: IdentityRules, tables_present: frozenset[str]) -> tuple[Compute, ...]:
    """The step that finds who lives with whom, by golden profiles; none where households are not declared.

    Reads   profiles.customers                       one row a customer
            identity.model, identity.frequencies     what two people of one household share, as learned
            identity.households, former_households   those so far, where `tables_present` has them: ids stay
    Writes  identity.households, former_households, household_guards, each made anew
    """
    if rules.households is None or rules.matching is None:
        return ()
    names = [column(name) for name in rules.columns()]
    inputs = {
        "customers": query(
            "select cast(substr(customer_id, 3) as bigint) as record_no, $names from customers",
            names=names,
            customers=table(CUSTOMERS.name),
        ),
        "model": query("select * from learned", learned=table(who.MODEL.name)),
        "frequencies": query("select * from learned", learned=table(who.FREQUENCIES.name)),
    }
    for name, described in (("before", promised.HOUSEHOLDS), ("former", promised.FORMER_HOUSEHOLDS)):
        there = described.name in tables_present
        known = query("select * from kept", kept=table(described.name)) if there else rows(described.types, [])
        inputs[name] = known
    writes = dict.fromkeys((described.name for described in promised.HOUSEHOLD_TABLES), Publish.REPLACE)
    return (Compute(inputs, writes, "Finding households", lambda inputs, tell: _households(rules, inputs)),)


@dataclass(frozen=True)
class _Pairs:
    """Customers a < b likelier of one household than anything else, as positions; weight in bits, and what is alike."""

    a: Ints
    b: Ints
    weight: Floats
    same: Flags


def _households(rules: IdentityRules, inputs: Tables) -> Tables:
    assert rules.households is not None
    largest = rules.households.largest
    text = inputs["model"]["model"][0].as_py()
    rules, model = as_learned(rules, text), from_json(text)
    everybody = prepare(inputs["customers"], rules, Guards())
    guards: list[tuple[str, str, int, str]] = []
    pairs = _no_pairs()
    if model is not None and model.related_prior is not None:
        known = _without_crowded(everybody, model, largest, guards)
        pairs = _likely(known, model, Kept(model, inputs["frequencies"]), rules)
    groups = live_together((pairs.a, pairs.b, pairs.weight), len(everybody), largest)
    return _tables(everybody, (pairs, groups, [f.column for f in model.fields] if model else []), inputs, guards)


def _shared_by_kin(model: Model) -> list[str]:
    return [field.column for field in model.fields if field.column not in model.personal]


def _without_crowded(
    everybody: Prepared, model: Model, largest: int, guards: list[tuple[str, str, int, str]]
) -> Prepared:
    """The customers without addresses, telephones and mailboxes that more of them share than any household has."""
    compared = dict(everybody.compared)
    for field in model.fields:
        if field.column in model.personal or field.kind not in ("address", "phone", "email"):
            continue
        whole = [field.column]
        if field.kind == "address":
            whole += [name for name in _PLACE if name in compared and name not in model.personal]
        codes = [compared[name].codes for name in whole]
        at, packed = pack(codes if everybody.tenant is None else [*codes, everybody.tenant])
        order = stable_order(packed)
        starts = starts_of(packed[order])
        sizes = run_lengths(starts, len(order))
        crowded = sizes > largest
        for start, size in zip(starts[crowded].tolist(), sizes[crowded].tolist(), strict=True):
            value = ", ".join(compared[name].of(int(at[order[start]])) or "" for name in whole)
            effect = "More customers share it than a household has: it is no evidence for one."
            guards.append(("+".join(whole), value, size, effect))
        left = compared[field.column].codes.copy()
        left[at[order[np.repeat(crowded, sizes)]]] = NO_VALUE
        compared[field.column] = replace(compared[field.column], codes=left)
    return replace(everybody, compared=compared)


def _likely(everybody: Prepared, model: Model, kept: Kept, rules: IdentityRules) -> _Pairs:
    """Every pair likelier two people of one household than strangers or one person."""
    assert rules.households is not None and rules.matching is not None
    codes = {name: everybody.compared[name].codes for name in _shared_by_kin(model)}
    compared = fields(everybody.compared, {c.column: c.kind for c in rules.matching.compare})
    judge = comparer(compared)
    judged = scorer(model, judge, kept.counting(everybody).compared)
    apart = never_codes(everybody, rules)
    wide = [names for width in (1, 2) for names in combinations(codes, width)]
    blocks = [
        _small(b, _BLOCK * rules.households.largest) for b in again(codes, dict.fromkeys(wide, ()), everybody.tenant)
    ]
    pieces = [_no_pairs()]
    found = [(a, b) for _, a, b in candidates(blocks)]
    for (a, b), levels in zip(found, judge.compare_each(found), strict=True):
        weight = _weight(judged, levels, (a, b), apart)
        likely = weight > 0
        pieces.append(_Pairs(a[likely], b[likely], weight[likely], (levels[:, likely] == SAME).T))
    width = len(model.fields)
    return _Pairs(
        np.concatenate([piece.a for piece in pieces]),
        np.concatenate([piece.b for piece in pieces]),
        np.concatenate([piece.weight for piece in pieces]),
        np.concatenate([piece.same.reshape(-1, width) for piece in pieces]),
    )


def _weight(judged: Scorer, levels: Levels, pair: tuple[Ints, Ints], apart: Sequence[Codes]) -> Floats:
    """log2 odds of one household against strangers and against one person; a never rule rules out the latter."""
    a, b = pair
    against_kin = judged.against_kin(levels, a)
    assert against_kin is not None
    strangers = judged.against_strangers(levels, a) - against_kin - _counted_twice(judged, levels, a)
    weight = soft_minimum(strangers, -against_kin)
    for codes in apart:
        differ = (codes[a] >= 0) & (codes[b] >= 0) & (codes[a] != codes[b])
        weight[differ] = strangers[differ]
    return weight


def _counted_twice(judged: Scorer, levels: Levels, a: Ints) -> Floats:
    """Bits for one household that say no more: a shared street, its postcode and its city are one shared address."""
    place = [n for n, f in enumerate(judged.model.fields) if f.kind == "address" or f.column in _PLACE]
    place = [n for n in place if judged.model.fields[n].column not in judged.model.personal]
    if len(place) < 2:
        return np.zeros(len(a))
    bits = np.stack([judged.field_bits(n, levels[n], a) - judged.kin_bits(n, levels[n], a) for n in place])
    shared = np.maximum(bits, 0.0)
    return np.asarray(shared.sum(axis=0) - shared.max(axis=0))


def _small(block: Blocks, most: int) -> Blocks:
    """The blocks of at most so many rows; a pair of the others counts as found by no rule."""
    kept = block.sizes <= most
    keys = block.keys.copy()
    keys[keys >= 0] = np.where(kept[keys[keys >= 0]], keys[keys >= 0], NO_VALUE)
    return replace(block, keys=keys, starts=block.starts[kept], sizes=block.sizes[kept])


def _no_pairs() -> _Pairs:
    return _Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 0), bool))


def _tables(
    everybody: Prepared, found: tuple[_Pairs, Ints, list[str]], inputs: Tables, guards: list[tuple[str, str, int, str]]
) -> Tables:
    pairs, groups, names = found
    living = np.flatnonzero(np.bincount(groups, minlength=len(groups))[groups] > 1)
    customers = everybody.record_no[living]
    household = in_order_of_first(groups[living].astype(np.int32))
    named = _named(customers, household, inputs)
    numbers = named.numbers[household]
    best, other = _nearest(pairs, groups)
    said = array(
        [", ".join(n for n, same in zip(names, line, strict=True) if same) for line in pairs.same[best[living]]]
    )
    made = {
        "household_id": ids_of(numbers, _PREFIX),
        "customer_id": ids_of(customers),
        "nearest": ids_of(everybody.record_no[other[living]]),
        "probability": probability(pairs.weight[best[living]]),
        "evidence": said.cast(pa.string()),
    }
    order = array(np.lexsort((customers, numbers)))
    old = np.array(sorted(named.given_up), np.int64)
    new = np.array([named.given_up[number] for number in old.tolist()], np.int64)
    former = {"alias": ids_of(old, _PREFIX), "household_id": ids_of(new, _PREFIX)}
    told = {name: [row[n] for row in sorted(guards)] for n, name in enumerate(promised.HOUSEHOLD_GUARDS.types)}
    return {
        promised.HOUSEHOLDS.name: table_of(promised.HOUSEHOLDS, made).take(order),
        promised.FORMER_HOUSEHOLDS.name: table_of(promised.FORMER_HOUSEHOLDS, former),
        promised.HOUSEHOLD_GUARDS.name: table_of(promised.HOUSEHOLD_GUARDS, told),
    }


def _nearest(pairs: _Pairs, groups: Ints) -> tuple[Ints, Ints]:
    """The strongest pair of each customer within the household, and whom it is with."""
    best, other = np.zeros(len(groups), np.int64), np.zeros(len(groups), np.int64)
    inside = np.flatnonzero(groups[pairs.a] == groups[pairs.b])
    pair = np.concatenate([inside, inside])
    mine = np.concatenate([pairs.a[inside], pairs.b[inside]])
    theirs = np.concatenate([pairs.b[inside], pairs.a[inside]])
    order = np.lexsort((theirs, -pairs.weight[pair], mine))
    first = order[starts_of(mine[order])]
    best[mine[first]], other[mine[first]] = pair[first], theirs[first]
    return best, other


def _named(customers: Ints, groups: Ints, inputs: Tables) -> Named:
    """Household numbers: a household keeps the oldest id its customers had."""
    before, of = numbers_of(inputs["before"]["household_id"]), numbers_of(inputs["before"]["customer_id"])
    previous = np.zeros(len(customers), np.int64)
    if len(of):
        order = np.argsort(of)
        at = np.minimum(np.searchsorted(of[order], customers), len(of) - 1)
        there = of[order][at] == customers
        previous[there] = before[order][at][there]
    old, new = numbers_of(inputs["former"]["alias"]), numbers_of(inputs["former"]["household_id"])
    return name_groups(
        groups, previous, vanished(before, previous) | dict(zip(old.tolist(), new.tolist(), strict=True))
    )
