"""The identity stage over those records alone that a change reaches; the others stay as they are published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from sqlglot import exp

from kinfolk.engine.sql import query, table, union_by_name
from kinfolk.engine.step import Compute, Patch, Publish, Step
from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.arrays import Codes, Ints
from kinfolk.stages.identity.arrow import array, pc
from kinfolk.stages.identity.guards import Guard, Guards
from kinfolk.stages.identity.kept import Kept, OutgrownError, frequencies, kept
from kinfolk.stages.identity.keys import Links, link, never_codes
from kinfolk.stages.identity.naming import GONE, Elsewhere, Named, living, name_groups
from kinfolk.stages.identity.outputs import Outcome, tables
from kinfolk.stages.identity.prepared import Prepared, prepare
from kinfolk.stages.identity.reach import Moved, reached
from kinfolk.stages.identity.resolve import Linked, Resolution, resolve
from kinfolk.stages.identity.stage import OWN, Tables, Tell, aliases_of, needed
from kinfolk.tables import identity as promised
from kinfolk.tables.staging import RECORDS

# Work tables of a run that lands changes: the records it superseded or landed, and those of them that are there now.
TOUCHED, ARRIVED, SUPERSEDED = "touched.records", "touched.arrived", "touched.superseded"
REACHED, LEARNED = "touched.identity", "touched.learned"
_OF_COMPONENTS = ("over_merge", "too_large")  # guards that speak of one component and name its first record


def touched_steps(rules: IdentityRules) -> tuple[Step, ...]:
    """The steps that decide anew who is who, where a change reaches.

    Reads   touched.records, touched.arrived    record_no of rows landed or superseded; of those that are there now
            staging.records                     one row a record, as it is now
            touched.superseded                  the rows of staging.records that are no longer so
            identity.*                          what was published
    Writes  identity.*                          patches; the same as `steps` under the same model
            touched.identity                    the records the change reached
    """
    records, before = table(RECORDS.name), union_by_name([_members_touched(), _former()])
    arrived = query(
        "select source, record_id, record_no from records where record_no in (select record_no from arrived)",
        records=records.copy(),
        arrived=table(ARRIVED),
    )
    inputs = {
        "records": needed(rules),
        "superseded": query("select * from superseded", superseded=table(SUPERSEDED)),
        "arrived": query("select record_no from arrived", arrived=table(ARRIVED)),
        "previous": _previous(),
        "returned": query(
            "select p.*, cast(substr(p.customer_id, 3) as bigint) as number, a.record_no "
            "from previous p left join arrived a on a.source = p.source and a.record_id = p.record_id",
            previous=exp.Subquery(this=before),
            arrived=exp.Subquery(this=arrived),
        ),
        **{
            name: query("select * from kept", kept=table(f"identity.{name}"))
            for name in ("aliases", "model", "frequencies", "guards")
        },
    }
    by_record, by_pair = Patch("record_no", REACHED), Patch("record_no_a", REACHED)
    patches = {
        promised.MEMBERS.name: by_record,
        promised.LINKS.name: by_pair,
        promised.PAIRS.name: by_pair,
        promised.REVIEW.name: by_pair,
        promised.FREQUENCIES.name: Patch("column_name", LEARNED),
    }
    writes = dict.fromkeys((described.name for described in promised.TABLES), Publish.REPLACE)
    writes |= dict.fromkeys(patches, Publish.PATCH) | dict.fromkeys((REACHED, LEARNED), Publish.NO)
    step = Compute(
        inputs, writes, "Resolving identities", lambda i, tell: _Change(rules, i, tell).tables(), {}, patches
    )
    return (step,)


def _members_touched() -> exp.Query:
    return query(
        "select source, record_id, customer_id from members where record_no in (select record_no from touched)",
        members=table(promised.MEMBERS.name),
        touched=table(TOUCHED),
    )


def _former() -> exp.Query:
    return query("select source, record_id, customer_id from former", former=table(promised.FORMER_MEMBERS.name))


def _previous() -> exp.Query:
    """The customer of each record that did not move."""
    return query(
        "select record_no, cast(substr(customer_id, 3) as bigint) as number from members "
        "where record_no not in (select record_no from touched)",
        members=table(promised.MEMBERS.name),
        touched=table(TOUCHED),
    )


@dataclass(frozen=True)
class _Scope:
    """The records that are decided anew.

    current    every record there is now
    within     positions among these of the records a change reaches
    numbers    record_no of all that it reaches, those no longer there included
    """

    current: Prepared
    within: Ints
    numbers: Ints


class _Change:
    """One change and what becomes of it."""

    def __init__(self, rules: IdentityRules, inputs: Tables, tell: Tell) -> None:
        self.rules, self.inputs, self.tell = rules, inputs, tell
        self.guards = Guards()

    def tables(self) -> Mapping[str, pa.Table]:
        """Every table that `touched_steps` writes."""
        model, learned = self.inputs["model"], self.inputs["frequencies"]
        again = kept(model, learned, self.rules, self.inputs["records"].num_rows)
        if again is None and self.rules.matching is not None:
            return self._learned_anew()
        try:
            return self._followed(again)
        except OutgrownError:
            self.guards = Guards()
            return self._learned_anew()

    def _followed(self, again: Kept | None) -> Mapping[str, pa.Table]:
        """Only what the change reaches is decided again. Errors: OutgrownError"""
        now, before = self.inputs["records"], self.inputs["superseded"]
        gone = before["record_no"].to_numpy()
        records = pa.concat_tables([now, before.select(now.column_names).cast(now.schema)])
        both = prepare(records, self.rules, self.guards, frozenset(gone.tolist()))
        superseded = np.isin(both.record_no, gone)
        moved = superseded | np.isin(both.record_no, self.inputs["arrived"]["record_no"].to_numpy())
        current = both.at(np.flatnonzero(~superseded)) if len(gone) else both
        self.tell("Linking records by keys")
        links, by_key = link(current, self.rules, self.guards)
        reach = reached(Moved(both, superseded, moved), self.rules, again)
        scope = _Scope(current, np.flatnonzero(reach[~superseded]), both.record_no[reach])
        return self._written(scope, self._resolution(scope, links, by_key, again), again, records)

    def _learned_anew(self) -> Mapping[str, pa.Table]:
        """All is decided again, by what is learned from the records there are now."""
        records = self.inputs["records"]
        current = prepare(records, self.rules, self.guards)
        self.tell("Linking records by keys")
        linked = Linked(current, *link(current, self.rules, self.guards))
        numbers = np.concatenate([current.record_no, self.inputs["superseded"]["record_no"].to_numpy()])
        scope = _Scope(current, np.arange(len(current)), np.unique(numbers))
        return self._written(scope, resolve(linked, self.rules, None, self.tell), None, records)

    def _resolution(self, scope: _Scope, links: Links, by_key: Codes, again: Kept | None) -> Resolution:
        if len(scope.within) == len(scope.current):
            return resolve(Linked(scope.current, links, by_key), self.rules, again, self.tell)
        some = scope.current.at(scope.within)
        groups = np.unique(by_key[scope.within], return_inverse=True)[1].astype(np.int32)
        return resolve(Linked(some, links.among(scope.within), groups), self.rules, again, self.tell)

    def _written(
        self, scope: _Scope, resolution: Resolution, again: Kept | None, records: pa.Table
    ) -> Mapping[str, pa.Table]:
        some = scope.current if len(scope.within) == len(scope.current) else scope.current.at(scope.within)
        named = self._named(scope, resolution)
        ordered = records.select(list(OWN)).take(array(some.order))
        learned = again.frequencies if again else frequencies(some, resolution.model)
        apart = tuple(never_codes(some, self.rules))
        self._keep_guards(scope)
        made = tables(Outcome(ordered, self.rules, apart, resolution, named, learned), self.guards)
        relearned = pc.unique(pa.concat_tables([self.inputs["frequencies"], learned])["column_name"])
        if again or self.rules.matching is None:
            made[promised.MODEL.name] = self.inputs["model"]
            made[promised.FREQUENCIES.name], relearned = learned.slice(0, 0), relearned[:0]
        return {
            **made,
            promised.FORMER_MEMBERS.name: self._former(),
            REACHED: pa.table({"record_no": scope.numbers, "record_no_a": scope.numbers}),
            LEARNED: pa.table({"column_name": relearned}),
        }

    def _named(self, scope: _Scope, resolution: Resolution) -> Named:
        """Customers of the resolution's groups. Those of records that return are looked at as a whole."""
        previous = self._previous(scope.current)
        aliases, returned = aliases_of(self.inputs["aliases"]), self.inputs["returned"]
        lives = living(previous, aliases)
        here = np.zeros(len(lives), bool)
        here[scope.within] = True
        concerned = np.isin(lives, lives[here & (lives > 0)])
        beside = np.flatnonzero(concerned & ~here)
        groups = np.concatenate(
            [resolution.groups, _numbered(lives[beside], int(resolution.groups.max(initial=-1)) + 1)]
        )
        positions = np.concatenate([scope.within, beside])
        order = np.argsort(positions, kind="stable")
        first = _order_of_first(groups[order])
        gone = np.setdiff1d(returned["number"].to_numpy(), previous)
        rest = lives[~(here | concerned)]
        targets = {target for target in aliases.values() if target != GONE}
        stay = set(rest[np.isin(rest, np.fromiter(targets, np.int64, len(targets)))].tolist())
        elsewhere = Elsewhere(frozenset(stay), int(max(lives.max(initial=0), previous.max(initial=0))))
        named = name_groups(
            first[groups[order]], previous[positions[order]], dict.fromkeys(gone.tolist(), GONE) | aliases, elsewhere
        )
        count = int(resolution.groups.max(initial=-1)) + 1
        return Named(named.numbers[first[:count]], named.given_up)

    def _previous(self, current: Prepared) -> Ints:
        """The previous customer number of each record, 0 for none."""
        previous = np.zeros(len(current), np.int64)
        for found in (self.inputs["previous"], self.inputs["returned"]):
            found = found.filter(found["record_no"].is_valid())
            previous[np.searchsorted(current.record_no, found["record_no"].to_numpy())] = found["number"].to_numpy()
        return previous

    def _former(self) -> pa.Table:
        """Records that once were members and are not there now."""
        returned = self.inputs["returned"]
        return returned.filter(returned["record_no"].is_null()).select(list(promised.FORMER_MEMBERS.types))

    def _keep_guards(self, scope: _Scope) -> None:
        """What was noted of components the change does not reach still holds."""
        reach = {f"record {number}" for number in scope.numbers.tolist()}
        for row in self.inputs["guards"].to_pylist():
            if row["guard"] in _OF_COMPONENTS and row["value"] not in reach:
                self.guards.add(Guard(**row))


def _numbered(customers: Ints, start: int) -> Ints:
    """The groups of records by their customer, numbered from `start`."""
    return start + np.unique(customers, return_inverse=True)[1].astype(np.int64)


def _order_of_first(groups: Ints) -> Ints:
    """New number of each group, so that groups are numbered in order of their first record."""
    _, first = np.unique(groups, return_index=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank
