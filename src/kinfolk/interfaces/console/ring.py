"""Records of one customer and what ties them, drawn: places are worked out here, so that no two names overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

MOST = 14  # records; of more, a drawing would say less than a table
_WIDTH, _ROUND, _LINE, _EDGE = 760, 180, 44, 34  # its own units: of all, of the ring, of a name, above and below
_LETTERS = 24  # of a name; the whole of it stands in the table


@dataclass(frozen=True)
class Node:
    """A record. x, y: its place; anchor: the end of its name that stands at label_x"""

    name: str
    short: str
    x: int
    y: int
    label_x: int
    anchor: str


@dataclass(frozen=True)
class Edge:
    """What ties two records. firm: by a key, or by a person's decision; else by likeness"""

    x1: int
    y1: int
    x2: int
    y2: int
    firm: bool


@dataclass(frozen=True)
class Ring:
    """The drawing, in its own units."""

    nodes: list[Node]
    edges: list[Edge]
    height: int
    width: int = _WIDTH


def ring(records: Sequence[str], ties: Sequence[tuple[str, str, str]]) -> Ring | None:
    """The drawing; None for one record, and for so many that nobody could read it."""
    if not 1 < len(records) <= MOST:
        return None
    nodes = {name: _node(name, number, len(records)) for number, name in enumerate(records)}
    best: dict[frozenset[str], bool] = {}
    for a, b, by in ties:
        if a in nodes and b in nodes:
            pair = frozenset((a, b))
            best[pair] = best.get(pair, False) or not by.endswith("%")
    edges = []
    for pair, firm in best.items():
        start, end = (nodes[name] for name in sorted(pair))
        edges.append(Edge(start.x, start.y, end.x, end.y, firm))
    return Ring(list(nodes.values()), edges, _height(len(records)))


def _height(records: int) -> int:
    return 2 * _EDGE + _LINE * max(records // 2, 2)


def _node(name: str, number: int, of: int) -> Node:
    """Side by side down the left and the right, so that each name has a line of its own."""
    angle = pi * (2 * number + 1) / of - pi / 2
    half = _height(of) / 2
    x, y = round(_WIDTH / 2 + _ROUND * cos(angle)), round(half + (half - _EDGE) * sin(angle))
    right = x >= _WIDTH / 2
    short = name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…"
    return Node(name, short, x, y, x + (16 if right else -16), "start" if right else "end")
