"""How far a change reaches: the records that may have been, or may become, one customer with a record that moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pyarrow as pa
from sqlglot import exp

from kinfolk.engine.sql import query, table, union_by_name
from kinfolk.engine.step import Compute, Publish, Tell
from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.arrays import Ints
from kinfolk.stages.identity.comparison import fields
from kinfolk.stages.identity.decisions import tied_query, ties, touched_query
from kinfolk.stages.identity.evidence import comparer
from kinfolk.stages.identity.guards import Guards
from kinfolk.stages.identity.kept import Kept
from kinfolk.stages.identity.keys import components
from kinfolk.stages.identity.model import Model
from kinfolk.stages.identity.neighbours import CANDIDATES, SUPERSEDED, TIES, TOUCHED
from kinfolk.stages.identity.prepared import prepare
from kinfolk.stages.identity.scoring import scorer
from kinfolk.stages.identity.stage import Tables, needed
from kinfolk.tables import identity as promised

REACHED = "touched.identity"
_CHUNK = 250_000
_STRIDES = 20  # from record to record; few components are longer, and these are better taken as a whole


def reach_step(rules: IdentityRules, model: Model | None, *, decisions_there: bool) -> Compute:
    """The step that finds the records to decide again.

    They are whole components, by keys and by pairs at even odds or better, as these are now and as they were: so
    a record that is not reached is grouped as it was before.

    Reads   touched.candidates, touched.ties    pairs that a change may have brought about
            identity.pairs, identity.links      pairs and links as published
            identity.decisions, identity.decided   what people decided, and what of it is published
    Writes  touched.identity                    record_no; of records no longer there, too
    """
    ends = "select record_no_a as a, record_no_b as b from found"
    inputs = {
        "moved": query("select record_no from moved", moved=table(TOUCHED)),
        "ties": query("select a, b from ties where a <> b", ties=table(TIES)),
        "links": query(ends, found=table(promised.LINKS.name)),
    }
    if decisions_there:
        inputs["news"], inputs["decisions"] = touched_query(), tied_query(SUPERSEDED)
    if model is not None:
        candidates = table(CANDIDATES)
        inputs["pairs"] = query(ends, found=table(promised.PAIRS.name))
        inputs["candidates"] = query("select a, b from pairs", pairs=candidates)
        inputs["frequencies"] = query("select * from f", f=table(promised.FREQUENCIES.name))
        numbers = union_by_name(
            [
                query("select a as record_no from pairs", pairs=candidates.copy()),
                query("select b as record_no from pairs", pairs=candidates.copy()),
            ]
        )
        inputs["records"] = among(needed(rules), numbers)

    def run(inputs: Tables, tell: Tell) -> Mapping[str, pa.Table]:
        edges = [_ends(inputs[name]) for name in ("ties", "links", "pairs") if name in inputs]
        if model is not None:
            tell(f"Comparing {inputs['candidates'].num_rows:,} pairs")
            edges += _likely(rules, Kept(model, inputs["frequencies"]), inputs)
        moved = [inputs["moved"]["record_no"].to_numpy()]
        if decisions_there:
            edges.append(ties(inputs["decisions"]))
            moved.append(inputs["news"]["record_no"].to_numpy())
        numbers = _reached(np.concatenate(moved), edges)
        return {REACHED: pa.table({"record_no": numbers, "record_no_a": numbers})}

    return Compute(inputs, {REACHED: Publish.NO}, "How far the change reaches", run)


def among(records: exp.Query, numbers: exp.Query) -> exp.Query:
    """Those of the records whose record_no is among the numbers."""
    tree = "select * from records where record_no in (select record_no from numbers)"
    return query(tree, records=exp.Subquery(this=records), numbers=exp.Subquery(this=numbers))


def _ends(pairs: pa.Table) -> tuple[Ints, Ints]:
    return pairs["a"].to_numpy(), pairs["b"].to_numpy()


def _likely(rules: IdentityRules, kept: Kept, inputs: Tables) -> Iterator[tuple[Ints, Ints]]:
    """The candidate pairs at even odds or better."""
    assert rules.matching is not None, "there are candidates only where records are matched"
    numbers_a, numbers_b = _ends(inputs["candidates"])
    prepared = kept.counting(prepare(inputs["records"], rules, Guards()))
    compared = fields(prepared.compared, {c.column: c.kind for c in rules.matching.compare})
    judge = comparer(compared)
    judged = scorer(kept.model, judge, prepared.compared)
    a, b = (np.searchsorted(prepared.record_no, numbers) for numbers in (numbers_a, numbers_b))
    pieces = np.array_split(np.arange(len(a)), max(len(a) // _CHUNK, 2))
    for piece, levels in zip(pieces, judge.compare_each((a[p], b[p]) for p in pieces), strict=True):
        kept_pairs = piece[judged.weights(levels, a[piece]) >= 0]
        yield numbers_a[kept_pairs], numbers_b[kept_pairs]


def _reached(moved: Ints, edges: Iterable[tuple[Ints, Ints]]) -> Ints:
    """Every number in a component that holds one that moved."""
    left, right = (np.concatenate([np.zeros(0, np.int64), *ends]) for ends in zip(*edges, strict=True))
    greatest = max(int(numbers.max(initial=0)) for numbers in (moved, left, right))
    reached = np.zeros(greatest + 1, bool)
    reached[moved] = True
    for _ in range(_STRIDES):
        spreads = np.flatnonzero(reached[left] != reached[right])
        if not len(spreads):
            return np.flatnonzero(reached).astype(np.int64)
        reached[left[spreads]] = reached[right[spreads]] = True
    labels = components(left, right, greatest + 1)
    concerned = np.zeros(int(labels.max(initial=0)) + 1, bool)
    concerned[labels[moved]] = True
    return np.flatnonzero(concerned[labels]).astype(np.int64)
