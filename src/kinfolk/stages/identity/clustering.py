"""Groups of nodes: what keys join, then what pairs make possible, then what cluster profiles allow.

Nodes are records. Those alike in every compared column speak with one voice, so that copies are no further witnesses.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from kinfolk.stages.identity import profiles
from kinfolk.stages.identity.arrays import Codes, Flags, Floats, Ints, run_lengths, stable_order, starts_of
from kinfolk.stages.identity.comparison import UNKNOWN
from kinfolk.stages.identity.decisions import Pairs, among
from kinfolk.stages.identity.keys import components
from kinfolk.stages.identity.scoring import Scorer, soft_minimum

LARGEST = 400  # nodes of a component that are compared each with each; memory grows with the square
_TIGHTER = (4.0, 8.0, 12.0, 16.0, 20.0, 26.0, 32.0)  # bits that hold a component together where it grew too large
_SPEAKERS = 40  # nodes that speak for a larger group joined by keys
_ROUNDING = 1e-6  # rows of a group are shared among those who speak for it
_BATCH_CELLS = 250_000


@dataclass(frozen=True)
class Nodes:
    """What is to be grouped.

    row       row of each node: nodes of one row are alike in all that is compared
    together  group of each node by keys, and by being sure copies of each other
    apart     value code of each node's group in each never column
    foes      groups that people keep apart, as numbers of `together`
    """

    row: Ints
    together: Codes
    apart: tuple[Codes, ...]
    foes: Pairs = Pairs()

    def __len__(self) -> int:
        return len(self.row)

    def may_not_meet(self, x: Ints, y: Ints) -> Flags:
        """Which of the nodes x may not be in one group with the node of y beside it."""
        apart = np.zeros(x.shape, bool)
        for codes in self.apart:
            apart |= (codes[x] != codes[y]) & (codes[x] >= 0) & (codes[y] >= 0)
        if len(self.foes.a):
            apart |= among(self.foes, self.together[x].astype(np.int64), self.together[y].astype(np.int64))
        return apart


@dataclass(frozen=True)
class Edges:
    """Pairs of nodes that may be one customer, and the weight of each in bits."""

    a: Ints
    b: Ints
    weight: Floats

    def where(self, kept: Flags) -> Edges:
        """The edges marked."""
        return Edges(self.a[kept], self.b[kept], self.weight[kept])


@dataclass
class Grouped:
    """The group of each node, and what happened on the way.

    candidate  number of the component of each node
    too_large  components that pairs made too large to look at as a whole, each as its nodes
    cut        components that would have become a larger group than is allowed, each as its nodes
    """

    group: Codes
    candidate: Codes
    too_large: list[Ints] = field(default_factory=list)
    cut: list[Ints] = field(default_factory=list)


@dataclass(frozen=True)
class Bounds:
    """When groups merge: from `least` bits on, to at most `most` different rows. rows: those each node stands for"""

    least: float
    most: float = np.inf
    rows: Floats = field(default_factory=lambda: np.zeros(0))


def group(nodes: Nodes, edges: Edges, scorer: Scorer, bounds: Bounds) -> Grouped:
    """Groups nodes within bounds; pairs below even odds play no part."""
    count = len(nodes)
    speaking = _speaking(nodes)
    speaker, hub = speaking.speaker, speaking.hub
    bounds = replace(bounds, rows=speaking.rows)
    between = Edges(speaker[edges.a], speaker[edges.b], edges.weight)
    between = between.where((edges.weight >= 0) & (nodes.together[between.a] != nodes.together[between.b]))
    candidate = components(np.concatenate([between.a, np.arange(count)]), np.concatenate([between.b, hub]), count)
    found = Grouped(nodes.together, candidate)
    candidate = _tightened(candidate, between, speaking, found)
    left, right = [np.arange(count)], [hub]
    with ThreadPoolExecutor(2) as pool:
        work = pool.map(
            lambda members: _merged(nodes, members, (between, scorer), bounds), _by_size(candidate, nodes, speaker)
        )
        for a, b, cut in work:
            left.append(a)
            right.append(b)
            found.cut += [np.flatnonzero(candidate == candidate[node]) for node in cut.tolist()]
    found.group = components(np.concatenate(left), np.concatenate(right), count)
    return found


@dataclass(frozen=True)
class _Speaking:
    """Of each node: who speaks for it, the first node of its group by keys, and how many different rows it stands for.

    The rows of a group are shared by all who speak for it.
    """

    speaker: Ints
    hub: Ints
    rows: Floats


def _speaking(nodes: Nodes) -> _Speaking:
    """Of a group joined by keys the first node of each row speaks, or of a large group the first few of these."""
    packed = nodes.together.astype(np.int64) * (int(nodes.row.max(initial=0)) + 1) + nodes.row
    order = stable_order(packed)
    together = nodes.together[order]
    starts, rows = starts_of(together), starts_of(packed[order])
    sizes = run_lengths(starts, len(order))
    firsts = np.repeat(np.minimum.reduceat(order, starts), sizes)
    hub, speaker = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
    hub[order] = firsts
    first_alike = np.repeat(order[rows], run_lengths(rows, len(order)))
    begins = np.zeros(len(order), np.int64)
    begins[rows] = 1
    place = np.cumsum(begins)  # of the row among all rows
    within = place - np.repeat(place[starts], sizes)
    speaker[order] = np.where(within < _SPEAKERS, first_alike, firsts)
    speaker = speaker[speaker]
    speaks = np.add.reduceat((speaker == np.arange(len(speaker)))[order].astype(np.int64), starts)
    each = np.empty(len(order))
    each[order] = np.repeat(np.add.reduceat(begins, starts) / np.maximum(speaks, 1), sizes)
    return _Speaking(speaker, hub, each)


def _tightened(candidate: Codes, edges: Edges, speaking: _Speaking, found: Grouped) -> Codes:
    """The components, those too large taken apart by asking more and more of the pairs that hold them together."""
    count = len(candidate)
    speaks = speaking.speaker == np.arange(count)
    for number, bits in enumerate((*_TIGHTER, np.inf)):
        large = np.bincount(candidate[speaks], minlength=1) > LARGEST
        if not large.any():
            break
        if number == 0:
            found.too_large = [np.flatnonzero(candidate == c) for c in np.flatnonzero(large)]
        edges = edges.where(~large[candidate[edges.a]] | (edges.weight >= bits))
        left, right = np.concatenate([edges.a, np.arange(count)]), np.concatenate([edges.b, speaking.hub])
        candidate = components(left, right, count)
    return candidate


def _by_size(candidate: Codes, nodes: Nodes, speaker: Ints) -> Iterator[Ints]:
    """Components of more than one group by keys, as components × speaking nodes; those of one size together."""
    speaking = np.flatnonzero(speaker == np.arange(len(candidate)))
    order = speaking[stable_order(candidate[speaking])]
    if not len(order):
        return
    starts = starts_of(candidate[order])
    sizes = run_lengths(starts, len(order))
    together = nodes.together[order]
    several = np.maximum.reduceat(together, starts) != np.minimum.reduceat(together, starts)
    starts, sizes = starts[several], sizes[several]
    for size in np.unique(sizes).tolist():
        of_size = starts[sizes == size]
        step = max(_BATCH_CELLS // (size * size), 1) if size > 2 else len(of_size)
        for begin in range(0, len(of_size), step):
            yield order[of_size[begin : begin + step, None] + np.arange(size)]


def _couples(nodes: Nodes, members: Ints, edges: Edges, bounds: Bounds) -> tuple[Ints, Ints, Ints]:
    """Two nodes on their own: the pair that joins them says all there is to say."""
    weight = np.full(len(nodes), -np.inf)
    for end in (edges.a, edges.b):
        np.maximum.at(weight, end, edges.weight)
    joined = members[weight[members[:, 0]] >= bounds.least]
    joined = joined[~nodes.may_not_meet(joined[:, 0], joined[:, 1])]
    small = bounds.rows[joined].sum(axis=1) <= bounds.most
    return joined[small, 0], joined[small, 1], joined[~small, 0]


def _merged(nodes: Nodes, members: Ints, judges: tuple[Edges, Scorer], bounds: Bounds) -> tuple[Ints, Ints, Ints]:
    """Nodes that fell into one group, each with the node its group is named after; and a node of each component cut."""
    edges, scorer = judges
    if members.shape[1] == 2:
        return _couples(nodes, members, edges, bounds)
    evidence = _evidence(nodes, members, scorer)
    whole = _of_one_mind(evidence, scorer, bounds.least) & (bounds.rows[members].sum(axis=1) <= bounds.most)
    left, right = [members[whole].ravel()], [np.repeat(members[whole, 0], members.shape[1])]
    cut = np.zeros(0, np.int64)
    if not whole.all():
        rest = members[~whole]
        groups, refused = profiles.merge(_batch(nodes, rest, evidence.where(~whole), scorer, bounds))
        left.append(rest.ravel())
        right.append(np.take_along_axis(rest, groups, axis=1).ravel())
        cut = rest[refused, 0]
    return np.concatenate(left), np.concatenate(right), cut


@dataclass(frozen=True)
class _Evidence:
    """Of all pairs inside components (components × pairs): what is known, bits against strangers and against kin.

    known, strangers, kin  fields × components × pairs; kin is None without that hypothesis
    apart                  whether a never rule or a person keeps the pair apart
    """

    known: Flags
    strangers: Floats
    kin: Floats | None
    apart: Flags

    def where(self, kept: Flags) -> _Evidence:
        """The components marked."""
        kin = None if self.kin is None else self.kin[:, kept]
        return _Evidence(self.known[:, kept], self.strangers[:, kept], kin, self.apart[kept])


def _evidence(nodes: Nodes, members: Ints, scorer: Scorer) -> _Evidence:
    i, j = np.triu_indices(members.shape[1], 1)
    x, y = members[:, i], members[:, j]
    a = nodes.row[x].ravel()
    levels = scorer.comparer.compare(a, nodes.row[y].ravel())
    shape = (len(levels), *x.shape)
    strangers = np.stack([scorer.field_bits(f, line, a) for f, line in enumerate(levels)])
    kin = None
    if scorer.model.related_prior_bits is not None:
        personal = [one.column in scorer.model.personal for one in scorer.model.fields]
        bits = [strangers[f] if personal[f] else scorer.kin_bits(f, line, a) for f, line in enumerate(levels)]
        kin = np.stack(bits).reshape(shape)
    apart = nodes.may_not_meet(x, y)
    return _Evidence((levels != UNKNOWN).reshape(shape), strangers.reshape(shape), kin, apart)


def _of_one_mind(evidence: _Evidence, scorer: Scorer, least: float) -> Flags:
    """Components whose every merge is certain: at the worst of every field, S stays at or above `least`."""
    size = int(1 + np.sqrt(1 + 8 * evidence.apart.shape[1])) // 2
    every = evidence.known.all(axis=2)

    def worst(bits: Floats, prior: float) -> Floats:
        lowest = np.where(evidence.known, bits, np.inf).min(axis=2)
        lowest = np.where(every, lowest, np.minimum(lowest, 0.0))
        return np.asarray(np.where(lowest < 0, lowest * np.sqrt(size // 2), lowest).sum(axis=0) + prior)

    score = worst(evidence.strangers, scorer.model.prior_bits)
    if evidence.kin is not None:
        score = soft_minimum(score, worst(evidence.kin, scorer.model.related_prior_bits or 0.0))
    return np.asarray((score >= least) & ~evidence.apart.any(axis=1))


def _each_pair(evidence: _Evidence, scorer: Scorer) -> Floats:
    """S of every pair by itself: components × pairs."""
    score: Floats = evidence.strangers.sum(axis=0) + scorer.model.prior_bits
    if evidence.kin is None:
        return score
    return soft_minimum(score, evidence.kin.sum(axis=0) + (scorer.model.related_prior_bits or 0.0))


def _batch(nodes: Nodes, members: Ints, evidence: _Evidence, scorer: Scorer, bounds: Bounds) -> profiles.Batch:
    """The evidence as squares, a component each."""
    count, n = members.shape
    i, j = np.triu_indices(n, 1)
    kinds = [evidence.known.astype(np.float64), np.exp2(evidence.strangers) * evidence.known]
    if evidence.kin is not None:
        kinds.append(np.exp2(evidence.kin) * evidence.known)
    cells = np.zeros((count, n, n, len(kinds), len(evidence.known)))
    cells[:, i, j] = cells[:, j, i] = np.stack(kinds).transpose(2, 3, 0, 1)
    apart = np.zeros((count, n, n), bool)
    apart[:, i, j] = apart[:, j, i] = evidence.apart
    alone = np.zeros((count, n, n))
    alone[:, i, j] = alone[:, j, i] = _each_pair(evidence, scorer)
    together = nodes.together[members]
    return profiles.Batch(
        cells=cells,
        alone=alone,
        together=together[:, :, None] == together[:, None, :],
        apart=apart,
        priors=(scorer.model.prior_bits, scorer.model.related_prior_bits or 0.0),
        least=bounds.least,
        rows=bounds.rows[members],
        most=bounds.most + _ROUNDING,
    )
