"""The identity stage over those records alone that a change reaches; the others stay as they are published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
from sqlglot import exp

from kinfolk.engine.sql import query, rows, table, union_by_name
from kinfolk.engine.step import Compute, PairFinder, Patch, Publish, Step, Tell
from kinfolk.model.identity import IdentityRules, Key
from kinfolk.stages.identity.arrays import Codes, Ints
from kinfolk.stages.identity.arrow import array, pc
from kinfolk.stages.identity.decisions import Decided, decided, decision_query, facts_in, met
from kinfolk.stages.identity.fingerprints import compared_table
from kinfolk.stages.identity.former_groups import Former, former, former_groups, former_query
from kinfolk.stages.identity.guards import Guard, Guards, nothing_known
from kinfolk.stages.identity.kept import Kept, codes_of, frequencies
from kinfolk.stages.identity.keys import key_name, link, named_value, never_codes, values_of
from kinfolk.stages.identity.model import Model
from kinfolk.stages.identity.naming import GONE, Named, name_groups
from kinfolk.stages.identity.neighbours import (
    ARRIVED,
    CROWDED,
    SUPERSEDED,
    TOUCHED,
    candidate_steps,
    crowded_key_step,
    ignored_query,
    key_steps,
    nothing_known_query,
    tie_step,
)
from kinfolk.stages.identity.outputs import Outcome, tables
from kinfolk.stages.identity.prepared import Prepared, note_nothing_known, prepare
from kinfolk.stages.identity.reach import REACHED, among, reach_step
from kinfolk.stages.identity.resolve import Linked, Resolution, resolve
from kinfolk.stages.identity.shared import codes_of_names, found_by_keys, note_shared, shared_values
from kinfolk.stages.identity.stage import OWN, Tables, aliases_of, needed
from kinfolk.stages.identity.touched_values import SHARED, shared_step
from kinfolk.tables import identity as promised
from kinfolk.tables.staging import RECORDS

LEARNED = "touched.learned"
_OF_VALUES = ("never", "decision")  # guards that speak of a key's value
_BY_RECORD, _BY_PAIR = Patch("record_no", REACHED), Patch("record_no_a", REACHED)
_PATCHES = {
    promised.MEMBERS.name: _BY_RECORD,
    promised.LINKS.name: _BY_PAIR,
    promised.PAIRS.name: _BY_PAIR,
    promised.REVIEW.name: _BY_PAIR,
    promised.FREQUENCIES.name: Patch("column_name", LEARNED),
}


def arrived_forms_step(rules: IdentityRules) -> Compute:
    """The step that turns what arrived into numbers that stand for its compared values.

    Reads   staging.records, touched.arrived
    Writes  identity.compared, a patch
    """
    inputs = {"records": among(needed(rules), _numbers(ARRIVED))}

    def run(inputs: Tables, tell: Tell) -> Mapping[str, pa.Table]:
        return {promised.COMPARED.name: compared_table(prepare(inputs["records"], rules, Guards()), rules)}

    patches = {promised.COMPARED.name: Patch("record_no", TOUCHED)}
    return Compute(inputs, {promised.COMPARED.name: Publish.PATCH}, "Comparing what arrived", run, {}, patches)


def following_steps(rules: IdentityRules, model: Model | None, *, decisions_there: bool) -> Iterator[Step]:
    """The steps that decide anew who is who, where a change reaches; the same as over all records with that model.

    Reads   touched.records, touched.arrived, touched.superseded   what was landed, is there now, is no longer so
            staging.records                                        one row a record, as it is now
            identity.*                                             what is published
    Writes  identity.*                                             patches
    """
    if model is not None:
        yield from candidate_steps(model)
    yield from key_steps(rules)
    yield shared_step(rules)
    yield tie_step(rules, matching=model is not None, apart=bool(rules.never) or decisions_there)
    yield crowded_key_step(rules)
    yield reach_step(rules, model, decisions_there=decisions_there)
    reached = _numbers(REACHED)
    inputs = {
        **_common(decisions_there),
        "records": among(needed(rules), reached),
        "gone": query("select * from gone", gone=table(SUPERSEDED)),
        "previous": query(
            "select source, record_id, record_no, cast(substr(customer_id, 3) as bigint) as number from members "
            "where record_no in (select record_no from reached) and record_no not in (select record_no from touched)",
            members=table(promised.MEMBERS.name),
            reached=table(REACHED),
            touched=table(TOUCHED),
        ),
        "elsewhere": query(
            "select distinct cast(substr(m.customer_id, 3) as bigint) as number from members m "
            "where m.customer_id in (select customer_id from former) "
            "and m.record_no not in (select record_no from reached)",
            members=table(promised.MEMBERS.name),
            former=table(promised.FORMER_MEMBERS.name),
            reached=table(REACHED),
        ),
        "crowded": query("select * from crowded", crowded=table(CROWDED)),
        "shared": query("select * from shared", shared=table(SHARED)),
        "ignored": ignored_query(rules),
        "unknown": nothing_known_query(rules),
    }
    made_before = (promised.COMPARED.name, promised.SHARED_VALUES.name)
    writes = {n: Publish.PATCH if n in _PATCHES else Publish.REPLACE for n in _names() if n not in made_before}

    def run(inputs: Tables, tell: Tell) -> Mapping[str, pa.Table]:
        return _Change(rules, inputs, tell).followed(model)

    yield Compute(inputs, {**writes, LEARNED: Publish.NO}, "Resolving identities", run, {}, _PATCHES)


def learned_anew_step(rules: IdentityRules, finder: PairFinder | None = None, *, decisions_there: bool) -> Compute:
    """The step that decides anew who is who among all records, by what is learned from them; it writes patches too.

    finder  what compares pairs elsewhere than on this machine
    """
    inputs = {
        **_common(decisions_there),
        "records": needed(rules),
        "gone": query("select * from gone", gone=table(SUPERSEDED)),
        "previous": query(
            "select source, record_id, record_no, cast(substr(customer_id, 3) as bigint) as number from members "
            "where record_no not in (select record_no from touched)",
            members=table(promised.MEMBERS.name),
            touched=table(TOUCHED),
        ),
        "elsewhere": rows({"number": "bigint"}, []),
    }
    patches = {**_PATCHES, promised.COMPARED.name: _BY_RECORD}
    writes = {n: Publish.PATCH if n in patches else Publish.REPLACE for n in _names()}
    writes |= {REACHED: Publish.NO, LEARNED: Publish.NO}

    def run(inputs: Tables, tell: Tell) -> Mapping[str, pa.Table]:
        return _Change(rules, inputs, tell).learned_anew(finder)

    return Compute(inputs, writes, "Resolving identities", run, {}, patches)


def _names() -> list[str]:
    return [described.name for described in promised.TABLES]


def _numbers(name: str) -> exp.Query:
    return query("select record_no from numbers", numbers=table(name))


def _common(decisions_there: bool) -> dict[str, exp.Query]:
    """What is published and does not depend on how far a change reaches."""
    members = table(promised.MEMBERS.name)
    before = union_by_name(
        [
            query(
                "select source, record_id, customer_id from members where record_no in (select record_no from touched)",
                members=members,
                touched=table(TOUCHED),
            ),
            query("select source, record_id, customer_id from former", former=table(promised.FORMER_MEMBERS.name)),
        ]
    )
    arrived = query(
        "select source, record_id, record_no from records where record_no in (select record_no from arrived)",
        records=table(RECORDS.name),
        arrived=table(ARRIVED),
    )
    return {
        "returned": query(
            "select p.*, cast(substr(p.customer_id, 3) as bigint) as number, a.record_no "
            "from previous p left join arrived a on a.source = p.source and a.record_id = p.record_id",
            previous=exp.Subquery(this=before),
            arrived=exp.Subquery(this=arrived),
        ),
        "greatest": query(
            "select max(cast(substr(customer_id, 3) as bigint)) as number from members", members=members.copy()
        ),
        "former": former_query(table(promised.FORMER_GROUPS.name)),
        **({"decisions": decision_query()} if decisions_there else {}),
        **{
            name: query("select * from kept", kept=table(f"identity.{name}"))
            for name in ("aliases", "model", "frequencies", "guards", "decided")
        },
    }


class _Change:
    """One change and what becomes of it."""

    def __init__(self, rules: IdentityRules, inputs: Tables, tell: Tell) -> None:
        self.rules, self.inputs, self.tell = rules, inputs, tell
        self.guards = Guards()

    def followed(self, model: Model | None) -> Mapping[str, pa.Table]:
        """Only what the change reaches is decided again."""
        kept = Kept(model, self.inputs["frequencies"]) if model is not None else None
        records = self.inputs["records"]
        some = prepare(records, self.rules, Guards())
        self.tell("Linking records by keys")
        known = self._decided(some)
        note_shared(self.inputs["shared"], self.rules, self.guards)
        linked = Linked(some, *link(some, self.rules, self.guards, self._left_out(some), known), known)
        resolution = resolve(linked, self.rules, kept, self.tell)
        self._note_values()
        self._keep_guards(some)
        frequent = self.inputs["frequencies"]
        made = self._tables(some, resolution, frequent.slice(0, 0))
        unchanged = {promised.MODEL.name: self.inputs["model"], LEARNED: frequent.select(["column_name"]).slice(0, 0)}
        return {**made, **unchanged}

    def learned_anew(self, finder: PairFinder | None) -> Mapping[str, pa.Table]:
        """All is decided again, by what is learned from the records there are now."""
        current = prepare(self.inputs["records"], self.rules, self.guards)
        self.tell("Linking records by keys")
        known = self._decided(current)
        note_nothing_known(current, self.rules, self.guards)
        by_keys, crowded = found_by_keys(current, self.rules)
        note_shared(by_keys, self.rules, self.guards)
        linked = Linked(current, *link(current, self.rules, self.guards, crowded, known), known)
        linked = linked.counting_people(self.rules)
        resolution = resolve(linked, self.rules, None, self.tell, finder)
        learned = frequencies(linked.prepared, resolution.model)
        columns = pc.unique(pa.concat_tables([self.inputs["frequencies"], learned])["column_name"])
        numbers = np.union1d(current.record_no, self.inputs["gone"]["record_no"].to_numpy())
        return {
            **self._tables(current, resolution, learned),
            promised.COMPARED.name: compared_table(current, self.rules),
            promised.SHARED_VALUES.name: shared_values(by_keys, learned),
            REACHED: pa.table({"record_no": numbers, "record_no_a": numbers}),
            LEARNED: pa.table({"column_name": columns}),
        }

    def _tables(self, some: Prepared, resolution: Resolution, learned: pa.Table) -> dict[str, pa.Table]:
        ordered = self.inputs["records"].select(list(OWN)).take(array(some.order))
        aliases, memory = self._aliases(some), former(self.inputs["former"], some.record_no)
        named = self._named(some, resolution, aliases, memory)
        apart = tuple(never_codes(some, self.rules))
        made = tables(Outcome(ordered, self.rules, apart, resolution, named, learned), self.guards)
        names = ["source", "record_id", "number"]
        before = pa.concat_tables([self.inputs[name].select(names) for name in ("previous", "returned")])
        return {
            **made,
            promised.FORMER_MEMBERS.name: self._former(),
            promised.FORMER_GROUPS.name: former_groups(memory, before, aliases, named),
            promised.DECIDED.name: met(self.inputs.get("decisions"), self.inputs["decided"]),
        }

    def _decided(self, some: Prepared) -> Decided:
        """What people decided about the records."""
        return decided(self.inputs.get("decisions"), self.inputs["decided"], some.record_no, self.guards)

    def _previous(self, some: Prepared) -> Ints:
        """Number of the customer each record belonged to when it was last seen; 0 for a new one."""
        previous = np.zeros(len(some), np.int64)
        for found in (self.inputs["previous"], self.inputs["returned"]):
            found = found.filter(found["record_no"].is_valid())
            previous[np.searchsorted(some.record_no, found["record_no"].to_numpy())] = found["number"].to_numpy()
        return previous

    def _aliases(self, some: Prepared) -> dict[int, int]:
        """Numbers given up before, or with this change for want of records -> the number that lives on, or 0."""
        # A customer whose records are out of reach lives on, though one of them may have gone long ago.
        here = np.union1d(self._previous(some), self.inputs["elsewhere"]["number"].to_numpy())
        gone = np.setdiff1d(self.inputs["returned"]["number"].to_numpy(), here)
        return dict.fromkeys(gone.tolist(), GONE) | aliases_of(self.inputs["aliases"])

    def _named(self, some: Prepared, resolution: Resolution, aliases: dict[int, int], memory: Former) -> Named:
        """Customers of the resolution's groups."""
        greatest = self.inputs["greatest"]["number"][0].as_py() or 0
        return name_groups(resolution.groups, self._previous(some), aliases, greatest, memory)

    def _former(self) -> pa.Table:
        """Records that once were members and are not there now."""
        returned = self.inputs["returned"]
        return returned.filter(returned["record_no"].is_null()).select(list(promised.FORMER_MEMBERS.types))

    def _left_out(self, some: Prepared) -> dict[int, Sequence[Codes]]:
        """Values that no key links by, by key: too many records share them, or too many people are behind them."""
        crowded, shared = self._crowded(some), codes_of_names(some, self.rules, self.inputs["shared"])
        return {
            number: [
                np.concatenate(both)
                for both in zip(*(each[number] for each in (crowded, shared) if number in each), strict=True)
            ]
            for number in sorted({*crowded, *shared})
        }

    def _crowded(self, some: Prepared) -> dict[int, Sequence[Codes]]:
        """Values that more records share than their key allows, by key; noted as guards."""
        world = None if some.world is None else some.exact[some.world]
        found: dict[int, list[tuple[str | None, ...]]] = {}
        for row in self.inputs["crowded"].to_pylist():
            key = self.rules.keys[row["key"]]
            effect = f"More than {key.at_most} records share the value, so it linked none of them."
            value = named_value(key.columns, row["values"], (self.rules.tenant, row["tenant"]))
            self.guards.add(Guard("at_most", key_name(key), value, row["records"], effect))
            found.setdefault(row["key"], []).append((*row["values"], row["tenant"]))
        return {
            number: codes_of([some.exact[name] for name in self.rules.keys[number].columns], world, columns)
            for number, columns in ((number, list(zip(*rows, strict=True))) for number, rows in found.items())
        }

    def _note_values(self) -> None:
        """Notes every value on an ignore list that some record has."""
        effect = "The value counts as unknown: it neither links records nor is evidence."
        for row in self.inputs["ignored"].to_pylist():
            self.guards.add(Guard("ignore", row["column_name"], row["value"], row["records"], effect))
        unknown = self.inputs["unknown"]["records"][0].as_py()
        if self.rules.deciding() and unknown:
            self.guards.add(nothing_known(unknown))

    def _keep_guards(self, some: Prepared) -> None:
        """What was noted of values and components that the change does not reach still holds."""
        gone = prepare(self.inputs["gone"], self.rules, Guards())
        reached = {f"record {number}" for number in (*some.record_no.tolist(), *gone.record_no.tolist())}
        rows = self.inputs["guards"].to_pylist()
        concerned = {
            key_name(key): _values(some, key) | _values(gone, key)
            for key in (self.rules.keys if any(row["guard"] in _OF_VALUES for row in rows) else ())
        }
        settled = self._overruled_elsewhere(some)
        for row in rows:
            of_component = row["rule"] == promised.BY_MATCHING and row["value"] not in reached
            of_value = row["guard"] in _OF_VALUES and row["rule"] in concerned
            of_value = of_value and row["value"] not in concerned[row["rule"]]
            if of_component or of_value or (row["guard"] == "decision" and row["rule"] in settled):
                self.guards.add(Guard(**row))

    def _overruled_elsewhere(self, some: Prepared) -> set[str]:
        """Decisions in force about records out of reach, as guards name them."""
        here = set(some.record_no.tolist())
        facts = facts_in(self.inputs["decisions"]) if "decisions" in self.inputs else []
        return {
            f"decision {fact.number}" for fact in facts if here.isdisjoint(fact.numbers) and None not in fact.numbers
        }


def _values(records: Prepared, key: Key) -> set[str]:
    """The values of a key that these records have, as guards name them."""
    known = np.logical_and.reduce([records.exact[name].codes >= 0 for name in key.columns])
    return set(values_of(records, key, np.flatnonzero(known).tolist()))
