"""Runs the identity stage on rows written in a test, in a real database, as a run does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from kinfolk.engine import sql
from kinfolk.engine.step import Compute
from kinfolk.model.identity import Comparison, IdentityRules, Key, Matching, Never
from kinfolk.model.place import Place
from kinfolk.stages import identity

PLACE = Place("identity.yml", 1)
DATES = ("birth_date",)


def key(*columns: str, at_most: int | None = None) -> Key:
    return Key(columns, PLACE, at_most)


def never(column: str) -> Never:
    return Never(column, PLACE)


def same_source(source: str) -> Never:
    return Never("record_id", PLACE, source)


def matching(compare: Mapping[str, str], personal: Sequence[str] = (), **settings: Any) -> Matching:
    return Matching(tuple(Comparison(c, k) for c, k in compare.items()), PLACE, personal=tuple(personal), **settings)


def people(rows: Iterable[Mapping[str, Any]], rules: IdentityRules) -> list[dict[str, Any]]:
    """Rows with every column the stage reads; record_no and record_id count up where they are not given."""
    made = []
    for number, row in enumerate(rows, start=1):
        base = {"source": "crm", "record_id": str(number), "record_no": number, "observed_at": None}
        made.append({**dict.fromkeys((*rules.columns(), *rules.witnesses())), **base, **row})
    return made


class Workbench:
    """Holds the records of one company and what the last run said about them."""

    def __init__(self, rules: IdentityRules) -> None:
        self.rules = rules
        self.connection = duckdb.connect()
        self.tables: dict[str, pa.Table] = {}
        self.decisions: list[dict[str, Any]] = []

    def run(self, rows: Sequence[Mapping[str, Any]], *, shuffled: int | None = None) -> Workbench:
        """One run on these records (see `people`), which sees what the run before left."""
        self._stage(rows, shuffled)
        present = frozenset([*self._previous(), *self._decisions()])
        (step,) = identity.steps(self.rules, present)
        assert isinstance(step, Compute)
        inputs = {n: self.connection.execute(sql.text(q)).to_arrow_table() for n, q in step.inputs.items()}
        self.tables = dict(step.run(inputs, lambda words: None))
        assert set(self.tables) == set(step.writes)
        return self

    def _stage(self, rows: Sequence[Mapping[str, Any]], shuffled: int | None) -> None:
        columns = ("source", "record_id", "record_no", "observed_at", *self.rules.columns(), *self.rules.witnesses())
        types = {"record_no": pa.int64(), "observed_at": pa.timestamp("us"), **dict.fromkeys(DATES, pa.date32())}
        fields = [pa.field(c, types.get(c, pa.string())) for c in dict.fromkeys(columns)]
        made = people(rows, self.rules)
        table = pa.Table.from_pylist([{f.name: row[f.name] for f in fields} for row in made], pa.schema(fields))
        self.connection.execute("create schema if not exists staging")
        self.connection.register("incoming", table)
        order = f"order by hash(record_no + {shuffled})" if shuffled is not None else "order by record_no"
        self.connection.execute(f"create or replace table staging.records as select * from incoming {order}")

    def _previous(self) -> list[str]:
        names = []
        self.connection.execute("create schema if not exists previous")
        known = ("members", "aliases", "former_groups", "decided", "model", "frequencies")
        for name in known if self.tables else ():
            kept = self.tables[f"identity.{name}"]
            if name == "members":
                columns = ["source", "record_id", "customer_id"]
                kept = pa.concat_tables([kept.select(columns), self.tables["identity.former_members"]])
            self.connection.register("kept", kept)
            self.connection.execute(f"create or replace table previous.{name} as select * from kept")
            names.append(f"previous.{name}")
        return names

    def decide(self, a: int | str, b: int | str, verdict: str) -> Workbench:
        """A person's answer about two records of the source crm."""
        first, second = sorted([str(a), str(b)])
        number = len(self.decisions) + 1
        pair = {"source_a": "crm", "record_id_a": first, "source_b": "crm", "record_id_b": second}
        self.decisions.append({"decision_no": number, **pair, "verdict": verdict})
        return self

    def _decisions(self) -> list[str]:
        if not self.decisions:
            return []
        self.connection.execute("create schema if not exists identity")
        self.connection.register("told", pa.Table.from_pylist(self.decisions))
        self.connection.execute("create or replace table identity.decisions as select * from told")
        return ["identity.decisions"]

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Rows of one table of the last run."""
        return self.tables[f"identity.{name}"].to_pylist()

    def customers(self) -> dict[str, str]:
        """record_id -> customer_id."""
        return {row["record_id"]: row["customer_id"] for row in self.rows("members")}

    def groups(self) -> set[frozenset[str]]:
        """The record ids of each customer."""
        groups = defaultdict(set)
        for record, customer in self.customers().items():
            groups[customer].add(record)
        return {frozenset(records) for records in groups.values()}

    def aliases(self) -> dict[str, str | None]:
        """alias -> customer_id."""
        return {row["alias"]: row["customer_id"] for row in self.rows("aliases")}

    def explained(self, a: int, b: int) -> identity.Explanation:
        """The explanation of two records, by record_no."""
        text = "select * from staging.records where record_no in (?, ?) order by record_no"
        records = self.connection.execute(text, [a, b]).to_arrow_table()
        self.connection.execute("create schema if not exists identity")
        self.connection.register("learned", self.tables["identity.frequencies"])
        self.connection.execute("create or replace table identity.frequencies as select * from learned")
        wanted = sql.text(identity.frequency_query(records, self.rules))
        frequencies = self.connection.execute(wanted).to_arrow_table()
        return identity.explain(records, frequencies, self.rows("model")[0]["model"], self.rules)
