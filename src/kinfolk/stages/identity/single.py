"""One record, not yet part of any run, held against all customers: who it is, and on what evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kinfolk.stages.identity.arrays import Floats, Ints, Levels
from kinfolk.stages.identity.comparison import UNKNOWN, fields
from kinfolk.stages.identity.evidence import comparer
from kinfolk.stages.identity.explain import FieldEvidence, SharedKey, field_evidence
from kinfolk.stages.identity.guards import Guards
from kinfolk.stages.identity.index import ABSENT, Index, narrowed
from kinfolk.stages.identity.keys import key_name
from kinfolk.stages.identity.prepared import Prepared, prepare
from kinfolk.stages.identity.resolve import bits
from kinfolk.stages.identity.scoring import Scorer, probability, scorer, soft_minimum
from kinfolk.stages.identity.thresholds import in_force

SAME, REVIEW, NEW, APART = "same", "review", "new", "apart"
_ORDER = (SAME, REVIEW, APART)
_ROWS_EACH = 40  # rows that speak for a customer, as in a run
_AT_ONCE = 400  # rows that are compared without asking first which customers are worth it
_WORTH = 100  # customers looked at closely


@dataclass(frozen=True)
class Candidate:
    """One customer the record may be.

    verdict      same, review (a steward would be asked) or apart
    weight       evidence of all records of the customer taken together, in bits; None without matching
    probability  the same as a probability
    keys         keys whose value the record shares with the customer
    never        columns whose never rule holds the two apart
    record       the customer's record most like it, as source:id; the evidence is about that one
    record_weight  that record's own evidence: prior, bits and rarity of every field, and household, in bits
    """

    customer_id: str
    verdict: str
    weight: float | None
    probability: float | None
    keys: tuple[SharedKey, ...]
    never: tuple[str, ...]
    record: str | None
    record_weight: float | None
    prior: float
    household: float
    evidence: tuple[FieldEvidence, ...]


@dataclass(frozen=True)
class Matches:
    """What a run would make of the record, and the customers it may be, likeliest first.

    verdict      same, review or new
    customer_id  the customer it is, where the verdict is same; the oldest of those its keys join
    compared     rows it was compared with
    notes        what said nothing about identity, and why
    """

    verdict: str
    customer_id: str | None
    candidates: tuple[Candidate, ...]
    compared: int
    notes: tuple[str, ...]


def match(index: Index, record: pa.Table, limit: int) -> Matches:
    """Whom one record belongs to, by the keys, guards, model and thresholds a run would use.

    record  one row of staging.records: the columns that identity reads
    """
    return _Match(index, record).answer(limit)


@dataclass(frozen=True)
class _Judged:
    """The record compared with rows, one column a row: levels, and weight of each pair in bits."""

    scorer: Scorer
    levels: Levels
    weight: Floats


class _Match:
    """One record and what is found for it."""

    def __init__(self, index: Index, record: pa.Table) -> None:
        guards = Guards()
        numbered = record.append_column("record_no", pa.array([0], pa.int64()))
        self.index, self.rules = index, index.rules
        self.one: Prepared = prepare(numbered, index.rules, guards)
        self.notes = [f"{g.rule} {g.value} is on the ignore list." for g in guards.sorted()]
        # Code and text of the record's own value in each compared field.
        texts = [column.of(0) for column in self.one.compared.values()] if index.model is not None else []
        self.mine = [(index.code(f"field.{n}", text), text) for n, text in enumerate(texts)]
        self.keys: dict[int, list[SharedKey]] = {}
        self.compared = 0

    def answer(self, limit: int) -> Matches:
        """The customers found by keys and by likeness, judged and ranked."""
        self._by_keys()
        chosen = np.fromiter(self.keys, np.int64, len(self.keys))
        if self.index.model is not None:
            rows = self._neighbours()
            self.compared = len(rows)
            chosen = np.union1d(chosen, self._worth_it(rows))
        verdicts, candidates = self._judged(np.sort(chosen), limit) if len(chosen) else ({}, [])
        joined = [customer for customer, verdict in verdicts.items() if verdict == SAME]
        verdict = SAME if joined else REVIEW if REVIEW in verdicts.values() else NEW
        customer = self._id(min(joined)) if joined else None
        return Matches(verdict, customer, tuple(candidates), self.compared, tuple(self.notes))

    def _by_keys(self) -> None:
        for number, key in enumerate(self.rules.keys):
            texts = [self.one.exact[name].of(0) for name in key.columns]
            codes = [self.index.code(self.index.exact(n), t) for n, t in zip(key.columns, texts, strict=True)]
            codes += self._tenant()
            value = " + ".join(str(text) for text in texts)
            if key.at_most is not None and self.index.sharing(f"key.{number}", codes) >= key.at_most:
                self.notes.append(f"{key_name(key)} {value}: more than {key.at_most} records would share it.")
                continue
            if self.index.shared(number, codes):
                self.notes.append(f"{key_name(key)} {value}: more people share it than it can tell apart.")
                continue
            for customer in self.index.having(f"key.{number}", codes).tolist():
                self.keys.setdefault(customer, []).append(SharedKey(key_name(key), value))

    def _tenant(self) -> list[int]:
        """The code of the record's world, as a list; empty where there is one world."""
        if self.rules.tenant is None:
            return []
        code = self.index.code(self.index.exact(self.rules.tenant), self.one.exact[self.rules.tenant].of(0))
        return [code + 1 if code >= ABSENT else code]

    def _neighbours(self) -> Ints:
        """Rows that share a block with the record."""
        assert self.index.model is not None
        names, tenant = list(self.one.compared), self._tenant()
        found = [np.zeros(0, np.int64)]
        for number, rule in enumerate(self.index.model.blocking):
            codes = [self.mine[names.index(name)][0] for name in rule["columns"]]
            found.append(self.index.having(f"block.{number}", [*codes, *tenant]))
        return np.unique(np.concatenate(found))

    def _worth_it(self, rows: Ints) -> Ints:
        """Customers worth a closer look: of many rows those of the likeliest."""
        if len(rows) > _AT_ONCE:
            weight = self._compare(rows).weight
            rows = rows[np.argsort(-weight, kind="stable")[:_WORTH]]
        return self.index.customers_of(rows)[: 4 * _WORTH]

    def _compare(self, rows: Ints) -> _Judged:
        """The record against rows."""
        model, matching = self.index.model, self.rules.matching
        assert model is not None and matching is not None
        columns = {
            field.column: narrowed(self.index.values(n), self.index.codes(n)[rows], self.mine[n])
            for n, field in enumerate(model.fields)
        }
        compared = fields(columns, {c.column: c.kind for c in matching.compare})
        judge = comparer(compared)
        judged = scorer(model, judge, columns)
        first, others = np.zeros(len(rows), np.int64), np.arange(1, len(rows) + 1)
        levels = judge.compare(first, others)
        return _Judged(judged, levels, judged.weights(levels, first))

    def _judged(self, customers: Ints, limit: int) -> tuple[dict[int, str], list[Candidate]]:
        """The verdict on each customer, and the likeliest of them in full."""
        held_apart = self._held_apart(customers)
        if self.index.model is None:
            made = [self._by_key_only(customer, held_apart[at]) for at, customer in enumerate(customers.tolist())]
            by_key = dict(zip(customers.tolist(), [c.verdict for c in made], strict=True))
            return by_key, sorted(made, key=lambda c: c.verdict != SAME)[:limit]
        found = [self.index.rows_of(customer, _ROWS_EACH) for customer in customers.tolist()]
        sizes = np.array([len(rows) for rows, _ in found])
        rows, records = (np.concatenate(parts) for parts in zip(*found, strict=True))
        judged = self._compare(rows)
        starts = np.cumsum(sizes) - sizes
        best = np.array([b + np.argmax(judged.weight[b : b + n]) for b, n in zip(starts, sizes, strict=True)])
        whole = _of_customers(judged, starts)
        verdicts = self._verdicts(customers, whole, judged.weight[best], held_apart)
        rank = np.lexsort((-whole, np.array([_ORDER.index(verdict) for verdict in verdicts])))
        found_by = [(int(customers[at]), verdicts[at], float(whole[at]), held_apart[at]) for at in rank[:limit]]
        likeliest = [
            self._candidate(one, judged, int(best[at]), int(records[best[at]]))
            for one, at in zip(found_by, rank[:limit], strict=True)
        ]
        return dict(zip(customers.tolist(), verdicts, strict=True)), likeliest

    def _held_apart(self, customers: Ints) -> list[tuple[str, ...]]:
        """The columns whose never rule holds the record and each customer apart."""
        apart: list[list[str]] = [[] for _ in customers]
        for number, never in enumerate(self.rules.never):
            if never.same_source is not None:  # the record is of no source yet
                continue
            mine = self.index.code(self.index.exact(never.different), self.one.exact[never.different].of(0))
            theirs = self.index.never(number)[customers]
            for at in np.flatnonzero((theirs >= 0) & (theirs != mine)).tolist() if mine != ABSENT else ():
                apart[at].append(never.different)
        return [tuple(columns) for columns in apart]

    def _verdicts(
        self, customers: Ints, whole: Floats, nearest: Floats, held_apart: Sequence[tuple[str, ...]]
    ) -> list[str]:
        """A key decides; else the customer with the strongest evidence, if that is enough; others may need a look."""
        matching = self.rules.matching
        assert matching is not None
        least, asked = (bits(at) for at in in_force(matching, self.index.model))
        free = np.array([not columns for columns in held_apart])
        keyed = np.array([customer in self.keys for customer in customers.tolist()]) & free
        likely = np.where(free & (nearest >= 0) & (whole >= least), whole, -np.inf)
        chosen = keyed.copy()
        if not keyed.any() and np.isfinite(likely).any():
            chosen[int(np.argmax(likely))] = True
        rest = np.where(nearest >= asked, REVIEW, APART)
        return [SAME if one else str(other) for one, other in zip(chosen, rest, strict=True)]

    def _by_key_only(self, customer: int, never: tuple[str, ...]) -> Candidate:
        keys = tuple(self.keys[customer])
        return Candidate(
            self._id(customer), APART if never else SAME, None, None, keys, never, None, None, 0.0, 0.0, ()
        )

    def _candidate(
        self, found: tuple[int, str, float, tuple[str, ...]], judged: _Judged, at: int, record: int
    ) -> Candidate:
        """One customer in full. at: the compared row that is most like the record; record: a record of that row"""
        customer, verdict, weight, never = found
        levels, own = judged.levels[:, at], float(judged.weight[at])
        strangers = judged.scorer.against_strangers(levels[:, None], np.array([0]))
        values = {field.name: (field.column.of(0), field.column.of(at + 1)) for field in judged.scorer.comparer.fields}
        return Candidate(
            customer_id=self._id(customer),
            verdict=verdict,
            weight=weight,
            probability=float(probability(np.array([weight]))[0]),
            keys=tuple(self.keys.get(customer, ())),
            never=never,
            record=self.index.record(record),
            record_weight=own,
            prior=judged.scorer.model.prior_bits,
            household=own - float(strangers[0]),
            evidence=field_evidence(judged.scorer, levels, values),
        )

    def _id(self, customer: int) -> str:
        return f"C-{int(self.index.customers[customer])}"


def _of_customers(judged: _Judged, starts: Ints) -> Floats:
    """Weight of the record against each customer as a whole: of every field the mean of 2^bits over rows that know it.

    This is what a run asks of two groups (see profiles), one of which is a record on its own.
    """
    scorer, levels = judged.scorer, judged.levels
    first = np.zeros(levels.shape[1], np.int64)
    known = levels != UNKNOWN
    counts = np.add.reduceat(known.astype(np.float64), starts, axis=1)

    def total(by_field: list[Floats], prior: float) -> Floats:
        sums = np.add.reduceat(np.exp2(np.stack(by_field)) * known, starts, axis=1)
        mean = np.where(counts > 0, sums / np.maximum(counts, 1.0), 1.0)
        return np.asarray(np.log2(mean).sum(axis=0) + prior)

    weight = total([scorer.field_bits(n, line, first) for n, line in enumerate(levels)], scorer.model.prior_bits)
    if scorer.model.related_prior_bits is None:
        return weight
    kin = total([scorer.kin_bits(n, line, first) for n, line in enumerate(levels)], scorer.model.related_prior_bits)
    return soft_minimum(weight, kin)
