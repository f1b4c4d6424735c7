"""Where things stand in a drawing: pure numbers, which the templates draw."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kinfolk.commands.charts import Bar, Cluster, Edge, Node
from kinfolk.commands.explain import Explained

WIDTH = 420.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 10.0, 24.0, 38.0
_ROW = 27.0
_LABEL, _VALUE = 112.0, 52.0
_OFF_MIDDLE = 0.4
_MARGIN = 14.0
Scale = Callable[[float], float]


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Plot:
    """A plot with a frame; lines as points of a polyline, in the order they were given."""

    height: float
    x: tuple[Tick, ...]
    y: tuple[Tick, ...]
    lines: tuple[str, ...]
    marks: tuple[Tick, ...]
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = 0.0


@dataclass(frozen=True)
class Column:
    """A bar of the histogram, the part of joined pairs above that of pairs apart."""

    x: float
    width: float
    apart_y: float
    apart_height: float
    joined_y: float
    joined_height: float
    words: str


@dataclass(frozen=True)
class Step:
    """A bar of the waterfall: from where the evidence stood to where it stands after this field."""

    label: str
    y: float
    x: float
    width: float
    tone: str
    value: str
    value_x: float
    after: float


@dataclass(frozen=True)
class Waterfall:
    """Steps from the prior to the sum. zero: where the odds are even."""

    height: float
    steps: tuple[Step, ...]
    zero: float
    marks: tuple[Tick, ...]


@dataclass(frozen=True)
class Spot:
    """A record in the graph of a customer, and where its label stands."""

    node: Node
    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True)
class Tie:
    """An edge of the graph. words: what it is, in full; label: the same in short, where there is room."""

    edge: Edge
    x1: float
    y1: float
    x2: float
    y2: float
    label_x: float
    label_y: float
    label: str
    words: str


@dataclass(frozen=True)
class Graph:
    """A drawn customer."""

    height: float
    spots: tuple[Spot, ...]
    ties: tuple[Tie, ...]


def bits_of(probability: float) -> float:
    """log2 odds."""
    return math.log2(probability / (1 - probability)) if 0 < probability < 1 else math.copysign(60, probability - 0.5)


def scale(low: float, high: float, start: float, end: float) -> Scale:
    """Numbers from low to high as places from start to end, those beyond at the ends."""
    span = high - low or 1.0
    return lambda value: round(start + (min(max(value, low), high) - low) / span * (end - start), 1)


def line_plot(xs: Sequence[float], series: Iterable[Sequence[float]], marks: dict[str, float]) -> Plot:
    """Shares from 0 to 1 over bits, with marks at some places of the scale."""
    height = 230.0
    low, high = (min(xs), max(xs)) if xs else (0.0, 1.0)
    x = scale(low, high, _LEFT, WIDTH - _RIGHT)
    y = scale(0, 1, height - _BOTTOM, _TOP)
    lines = tuple(" ".join(f"{x(a)},{y(b)}" for a, b in zip(xs, each, strict=True)) for each in series)
    return Plot(
        height,
        tuple(Tick(x(at), f"{at:g}") for at in round_numbers(low, high)),
        tuple(Tick(y(at / 4), f"{at * 25} %") for at in range(5)),
        lines,
        tuple(Tick(x(at), words) for words, at in marks.items() if low <= at <= high),
        bottom=height - _BOTTOM,
    )


def histogram(bars: Sequence[Bar], marks: dict[str, float]) -> tuple[Plot, tuple[Column, ...]]:
    """Pairs by bits. The height grows with the root of the number, so that few pairs are seen beside many."""
    height = 230.0
    low, high = (bars[0].low, bars[-1].high) if bars else (0.0, 1.0)
    most = max((bar.joined + bar.apart for bar in bars), default=1.0)
    x = scale(low, high, _LEFT, WIDTH - _RIGHT)
    y = scale(0, math.sqrt(most), height - _BOTTOM, _TOP)
    columns = []
    for bar in bars:
        apart, top = y(math.sqrt(bar.apart)), y(math.sqrt(bar.apart + bar.joined))
        words = f"{bar.low:g} to {bar.high:g} bits: {bar.joined:,.0f} pairs joined, {bar.apart:,.0f} apart"
        left, width = x(bar.low), x(bar.high) - x(bar.low)
        columns.append(
            Column(left, max(width - 1, 0.5), apart, height - _BOTTOM - apart, top, round(apart - top, 1), words)
        )
    plot = Plot(
        height,
        tuple(Tick(x(at), f"{at:g}") for at in round_numbers(low, high)),
        tuple(Tick(y(math.sqrt(most * part)), short(most * part)) for part in (0, 0.1, 0.4, 1)),
        (),
        tuple(Tick(x(at), words) for words, at in marks.items() if low <= at <= high),
        bottom=height - _BOTTOM,
    )
    return plot, tuple(columns)


def round_numbers(low: float, high: float) -> list[float]:
    """Some five round numbers between."""
    step = next((s for s in (1, 2, 5, 10, 20) if (high - low) / s <= 7), 50)
    return [float(at) for at in range(math.ceil(low / step) * step, math.floor(high) + 1, step)]


def short(number: float) -> str:
    """A number in three or four letters."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.0f}"


def waterfall(found: Explained) -> Waterfall:
    """The evidence about two records, field by field."""
    e = found.evidence
    parts = [("prior", e.prior)] + [(f.column, f.bits + f.rarity) for f in e.fields]
    parts += [("household", e.household)] if e.household else []
    sums = [0.0]
    for _, bits in parts:
        sums.append(sums[-1] + bits)
    thresholds = {"merge": found.merge_at, "review": found.review_at}
    marked = {name: bits_of(at) for name, at in thresholds.items() if at is not None}
    low, high = min(0.0, *sums, *marked.values()) - 1, max(0.0, *sums, *marked.values()) + 1
    x = scale(low, high, _LABEL, WIDTH - _VALUE)
    steps = [_step(number, label, (sums[number], sums[number + 1]), x) for number, (label, _) in enumerate(parts)]
    steps.append(_step(len(parts), "together", (0.0, sums[-1]), x))
    height = _TOP + _ROW * len(steps) + 22
    return Waterfall(height, tuple(steps), x(0), tuple(Tick(x(at), name) for name, at in marked.items()))


def _step(number: int, label: str, span: tuple[float, float], x: Scale) -> Step:
    start, end = span
    tone = "sum" if label == "together" else "for" if end >= start else "against"
    left, right = sorted((x(start), x(end)))
    cut = label if len(label) <= 16 else label[:15] + "…"
    y = _TOP + number * _ROW
    return Step(cut, y, left, max(round(right - left, 1), 1.5), tone, f"{end - start:+.1f}", WIDTH - 4, x(end))


def graph(found: Cluster) -> Graph:
    """The records in a ring, in their order, spread so that no label lies on another."""
    right = (len(found.nodes) + 1) // 2
    radius = max(80.0, 12.0 * right)
    spots = {
        node.record_no: _spot(node, (number, right, len(found.nodes)), radius)
        for number, node in enumerate(found.nodes)
    }
    between: dict[tuple[int, int], list[Edge]] = {}
    for edge in found.edges:
        between.setdefault((edge.a, edge.b), []).append(edge)
    roomy = len(between) <= 12
    ties = tuple(_tie(edges, spots[a], spots[b], roomy) for (a, b), edges in between.items())
    return Graph(2 * (radius + _MARGIN), tuple(spots.values()), ties)


def _spot(node: Node, place: tuple[int, int, int], radius: float) -> Spot:
    """Down the right side of the ring, then up the left. place: number of the record, how many are right, and in all"""
    number, right, count = place
    side = 1 if number < right else -1
    down = (number + 0.5) / right if side > 0 else 1 - (number - right + 0.5) / (count - right)
    height = 2 * down - 1
    across = max(math.sqrt(1 - height**2), 0.3) * min(radius, WIDTH / 2 - 115)
    x, y = WIDTH / 2 + side * across, _MARGIN + radius * (1 + height)
    return Spot(node, _r(x), _r(y), _r(x + 12 * side), _r(y + 4), "start" if side > 0 else "end")


def _tie(edges: Sequence[Edge], a: Spot, b: Spot, roomy: bool) -> Tie:
    """All that ties two records as one line, its label off the middle, where lines of a ring cross."""
    edge = next((edge for edge in edges if edge.key), edges[0])
    by = " and ".join(f"the key {e.key}" if e.key else f"{e.weight or 0:+.1f} bits" for e in edges)
    words = f"{a.node.label} and {b.node.label}: {by}{', not joined' if edge.cut else ''}"
    short_words = ", ".join("key" if e.key else f"{e.weight or 0:+.1f}" for e in edges)
    place = _r(a.x + _OFF_MIDDLE * (b.x - a.x)), _r(a.y + _OFF_MIDDLE * (b.y - a.y))
    return Tie(edge, a.x, a.y, b.x, b.y, *place, short_words if roomy else "", words)


def _r(number: float) -> float:
    return round(number, 1)
