"""Who is who: keys, pairs and groups put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kinfolk.engine.step import PairFinder, Tell
from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.arrays import Codes, Floats, Ints, stable_order
from kinfolk.stages.identity.blocking import again, choose
from kinfolk.stages.identity.clustering import Bounds, Edges, Nodes, group
from kinfolk.stages.identity.comparison import SAME, UNKNOWN, Field, fields
from kinfolk.stages.identity.decisions import Decided
from kinfolk.stages.identity.evidence import comparer
from kinfolk.stages.identity.fitting import as_given, fit
from kinfolk.stages.identity.kept import Kept, OutgrownError, settings
from kinfolk.stages.identity.keys import Apart, Links, never_codes, with_copies
from kinfolk.stages.identity.labels import Labels
from kinfolk.stages.identity.model import Model
from kinfolk.stages.identity.oversized import COPIES, CUT, MANY_COPIES, TOO_LARGE, Oversized, glue
from kinfolk.stages.identity.pairing import Weighed, paired
from kinfolk.stages.identity.prepared import Prepared
from kinfolk.stages.identity.rows import Rows, collapse
from kinfolk.stages.identity.scoring import Scorer, scorer
from kinfolk.stages.identity.shared import with_people
from kinfolk.stages.identity.thresholds import estimate, in_force


@dataclass(frozen=True)
class Scored:
    """Pairs of record positions a < b that speak for one customer more or less: weight in bits, prior included."""

    a: Ints
    b: Ints
    weight: Floats


@dataclass(frozen=True)
class Resolution:
    """The group of each record, and all that led to it.

    groups     numbered in order of their first record
    candidate  the set of records each record might have been one customer with
    oversized  sets that were too large to be looked at as a whole, or to become one customer; and many copies
    model      what pairs were judged by; None without matching
    decided    what people said of the records
    """

    groups: Ints
    links: Links
    pairs: Scored
    candidate: Codes
    oversized: tuple[Oversized, ...]
    model: Model | None
    decided: Decided = Decided()


def bits(probability: float) -> float:
    """log2 odds of a probability."""
    return float(np.log2(probability / (1 - probability)))


@dataclass(frozen=True)
class Linked:
    """Records, the links that keys and people make between them, and the group each falls into by these."""

    prepared: Prepared
    links: Links
    by_key: Codes
    decided: Decided = Decided()

    def counting_people(self, rules: IdentityRules) -> Linked:
        """The same with the people behind what is compared: what is learned anew is learned with them."""
        return replace(self, prepared=with_people(self.prepared, rules))


def resolve(
    linked: Linked, rules: IdentityRules, kept: Kept | None, tell: Tell, finder: PairFinder | None = None
) -> Resolution:
    """Groups of records that are one customer.

    kept    what an earlier run learned and is to be used again; None = learn from these records
    finder  what compares pairs elsewhere; None = this machine
    Errors  OutgrownError if what was learned does not know of a block that is too large now
    """
    prepared, links, by_key = linked.prepared, linked.links, linked.by_key
    if rules.matching is None or len(prepared) < 2:
        return Resolution(in_order_of_first(by_key), links, _no_pairs(), by_key, (), None, linked.decided)
    if kept is not None:
        prepared = kept.counting(prepared)
    apart = Apart(tuple(never_codes(prepared, rules)), linked.decided.different)
    rows = collapse(prepared, apart.codes)
    compared = fields(prepared.compared, {c.column: c.kind for c in rules.matching.compare})
    scorer, pairs = score((prepared, rows, rules), compared, kept, (tell, finder), _labels(linked.decided, rows))
    tell(f"Grouping records by {len(pairs.a):,} likely pairs")
    least = bits(in_force(rules.matching, scorer.model)[0])
    copies = _copies(rows, scorer)
    sure = copies.weight >= least
    together, alone = with_copies(by_key, copies.a[sure], copies.b[sure], apart)
    of_groups = apart.of_groups(together)
    known = tuple(codes[together] for codes in of_groups.codes)
    nodes = Nodes(rows.of_record, together, known, of_groups.pairs)
    found = group(nodes, _speaking(pairs, alone, rows), scorer, Bounds(least, rules.matching.largest))
    shown = _joined(pairs, copies, 0.0)
    many = np.flatnonzero(rows.sizes >= MANY_COPIES)
    joined = many[np.isin(many, rows.of_record[copies.b[sure]])]
    sets = [(COPIES, np.flatnonzero(rows.of_record == row)) for row in joined.tolist()]
    sets += [(CUT, records) for records in found.cut] + [(TOO_LARGE, records) for records in found.too_large]
    oversized = tuple(Oversized(records, guard, glue(scorer, rows.of_record[records])) for guard, records in sets)
    return Resolution(
        in_order_of_first(found.group), links, shown, found.candidate, oversized, scorer.model, linked.decided
    )


def _speaking(pairs: Scored, alone: Ints, rows: Rows) -> Edges:
    """The pairs of first records of rows, and the same pairs of copies that people keep apart from the first."""
    a, b, weight = pairs.a, pairs.b, pairs.weight
    for copy in alone.tolist():
        first = rows.first[rows.of_record[copy]]
        at_a, at_b = np.flatnonzero(a == first), np.flatnonzero(b == first)
        a, b = (
            np.concatenate([a, np.full(len(at_a), copy), a[at_b]]),
            np.concatenate([b, b[at_a], np.full(len(at_b), copy)]),
        )
        weight = np.concatenate([weight, weight[at_a], weight[at_b]])
    return Edges(a, b, weight)


def score(
    known: tuple[Prepared, Rows, IdentityRules],
    compared: Sequence[Field],
    kept: Kept | None,
    tools: tuple[Tell, PairFinder | None],
    labels: Labels | None = None,
) -> tuple[Scorer, Scored]:
    """A scorer with everything learned or given, and the pairs at even odds or better.

    tools   what tells of progress, and what finds pairs elsewhere than on this machine, if anything does
    labels  pairs of rows that people judged, to learn from; what was kept learned from those of its time
    Errors  OutgrownError
    """
    prepared, rows, rules = known
    tell, finder = tools
    matching = rules.matching
    assert matching is not None, "asked only where records are matched"
    tell("Choosing pairs to compare")
    if kept is None:
        blocks = choose(rows.codes, matching.block_on, rows.tenant)
    else:
        blocks = again(rows.codes, kept.blocking(prepared), rows.tenant)
        if any(block.rule.skipped for block in blocks):
            raise OutgrownError
    judge = comparer(compared, (rows.codes[field.name] for field in compared))
    pairs = paired(judge, blocks, finder, tell)
    if kept is not None:
        judged = scorer(kept.model, judge, prepared.compared)
        return judged, _of_records(pairs.likely(judged), rows)
    patterns = pairs.patterns()
    if matching.model is None:
        tell(f"Learning from {int(patterns.total.sum()):,} pairs")
        fitted = fit(judge, patterns, blocks, (prepared, rows, matching), labels)
    else:
        fitted = as_given(matching.model, blocks, rows, prepared)
    judged = scorer(replace(fitted, rules=settings(rules)), judge, prepared.compared)
    likely = pairs.likely(judged)
    judged = replace(judged, model=replace(judged.model, estimate=estimate(likely[2], judged.model, patterns)))
    return judged, _of_records(likely, rows)


def _of_records(likely: Weighed, rows: Rows) -> Scored:
    a, b, weight = likely
    return Scored(rows.first[a], rows.first[b], weight)


def _labels(decided: Decided, rows: Rows) -> Labels:
    """Decisions on pairs of records as labels on pairs of rows; rows on which they contradict each other have none."""
    ends = [
        np.sort(rows.of_record[np.stack([pairs.a, pairs.b])], axis=0) for pairs in (decided.same, decided.different)
    ]
    same = np.repeat([True, False], [each.shape[1] for each in ends])
    a, b = np.concatenate(ends, axis=1)
    _, first, which = np.unique(a * len(rows) + b, return_index=True, return_inverse=True)
    agreed = np.ones(len(first), bool)
    np.logical_and.at(agreed, which, same == same[first[which]])
    first = first[agreed & (a[first] != b[first])]
    return Labels(a[first], b[first], same[first])


def in_order_of_first(labels: Codes) -> Ints:
    """The same groups, numbered in order of their first record."""
    first = np.full(int(labels.max(initial=-1)) + 1, len(labels), np.int64)
    first[labels[::-1]] = np.arange(len(labels) - 1, -1, -1)
    rank = np.empty(len(first), np.int64)
    rank[stable_order(first)] = np.arange(len(first))
    return rank[labels]


def _no_pairs() -> Scored:
    return Scored(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


def _copies(rows: Rows, scorer: Scorer) -> Scored:
    """The first record of each row with each of its copies, and what their being alike in everything is worth."""
    copy = np.flatnonzero(rows.first[rows.of_record] != np.arange(len(rows.of_record)))
    row = rows.of_record[copy]
    distinct, inverse = np.unique(row, return_inverse=True)
    known = np.stack([codes.take(distinct) >= 0 for codes in scorer.comparer.codes])
    levels = np.where(known, SAME, UNKNOWN).astype(np.uint8)
    return Scored(rows.first[row], copy, scorer.weights(levels, distinct)[inverse])


def _joined(pairs: Scored, copies: Scored, least: float) -> Scored:
    """Pairs of different rows and of copies from `least` bits on, in order of record."""
    worth = copies.weight >= least
    a, b = np.concatenate([pairs.a, copies.a[worth]]), np.concatenate([pairs.b, copies.b[worth]])
    weight = np.concatenate([pairs.weight, copies.weight[worth]])
    order = stable_order(a * (int(b.max(initial=0)) + 1) + b)
    return Scored(a[order], b[order], weight[order])
