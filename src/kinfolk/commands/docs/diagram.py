"""Where the boxes and lines of the hub's diagram lie: columns from left to right, lines that seldom cross."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from kinfolk.commands.docs.facts import Facts

_TALL, _GAP, _BETWEEN, _TOP, _SIDE = 46, 16, 84, 44, 16
_LETTER, _PADDING, _NARROWEST = 7.9, 32, 116
_LANE = 14  # room for a line that passes a column without stopping
_SWEEPS = 8


@dataclass(frozen=True)
class Box:
    """One source, table or model. kind: source, staging, identity, profiles or models; lane: room for a line."""

    name: str
    label: str
    note: str
    kind: str
    page: str
    column: int
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = _TALL


@dataclass(frozen=True)
class Line:
    """Something flows from one box to another; `path` is an SVG path."""

    start: str
    end: str
    path: str


@dataclass(frozen=True)
class Drawing:
    """The whole diagram. headings: words above a column, with the middle they stand over."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    headings: tuple[tuple[str, float], ...]


def diagram(facts: Facts) -> Drawing:
    """The way from sources over staged tables, identity and profiles to the company's models."""
    boxes = _boxes(facts)
    ways = [_way(boxes, start, end) for start, end in _flows(facts, boxes)]
    for way in ways:
        for at, lane in enumerate(way[1:-1], boxes[way[0]].column + 1):
            boxes[lane] = Box(lane, "", "", "lane", "", at, height=_LANE)
    return _placed(_ordered(boxes, ways), ways)


def _way(boxes: dict[str, Box], start: str, end: str) -> list[str]:
    """A line's stops: its two boxes, and a lane of its own through each column between them."""
    between = range(boxes[start].column + 1, boxes[end].column)
    return [start, *(f"{start} → {end} {column}" for column in between), end]


def _boxes(facts: Facts) -> dict[str, Box]:
    project, found = facts.project, {}
    for source in project.sources:
        note = " · ".join(filter(None, (source.connector, source.refresh)))
        page = facts.page("sources", source.name)
        found[f"landing.{source.name}"] = Box(f"landing.{source.name}", source.name, note, "source", page, 0)
    read = {name for model in project.models for name in model.reads}
    for name in facts.lineage.made:
        schema, _, short = name.partition(".")
        shown = {"staging": 1, "identity": 2, "profiles": 3}.get(schema)
        side = short in ("unstandardised", "mappings", "origins", "lineage", "duplicates", "account_customers")
        if shown and name not in found and (name in read or not (side or (shown == 2 and short != "members"))):
            found[name] = Box(name, short, _note(facts, name), schema, facts.href(name), shown)
    depth: dict[str, int] = {}
    for model in project.models:
        depth[model.table] = max((depth.get(of, 3) for of in model.reads), default=3) + 1
        page = facts.page("models", model.name)
        found[model.table] = Box(model.table, model.name, str(model.language), "models", page, depth[model.table])
    return found


def _note(facts: Facts, name: str) -> str:
    if name == "identity.members":
        rules = facts.project.identity
        return f"{len(rules.keys)} keys" + (", matching" if rules.matching else "")
    return f"{len(facts.lineage.made[name])} columns"


def _flows(facts: Facts, boxes: dict[str, Box]) -> list[tuple[str, str]]:
    """From what to what, each once; a direct way is left out where another leads over a box between."""
    reads = {name: [r for r in facts.lineage.reads.get(name, ()) if r in boxes and r != name] for name in boxes}
    flows = []
    for name, direct in reads.items():
        over = {far for near in direct for far in reads[near]}
        flows += [(of, name) for of in direct if of not in over or boxes[name].kind == "models"]
    return flows


def _ordered(boxes: dict[str, Box], ways: list[list[str]]) -> list[list[Box]]:
    """Boxes by column; within one, each as near as may be to the middle of what it is tied to."""
    columns: list[list[Box]] = [[] for _ in range(max((box.column for box in boxes.values()), default=0) + 1)]
    for box in boxes.values():
        columns[box.column].append(box)
    columns = [column for column in columns if column]
    tied: dict[str, list[str]] = {name: [] for name in boxes}
    for start, end in (pair for way in ways for pair in pairwise(way)):
        tied[start].append(end)
        tied[end].append(start)
    place = {box.name: (at + 0.5) / len(column) for column in columns for at, box in enumerate(column)}
    for _ in range(_SWEEPS):
        for column in columns:
            middle = {b.name: sum(place[o] for o in tied[b.name]) / len(tied[b.name]) for b in column if tied[b.name]}
            column.sort(key=lambda box: middle.get(box.name, place[box.name]))
            place |= {box.name: (at + 0.5) / len(column) for at, box in enumerate(column)}
    return columns


_HEADINGS = {
    "source": "Sources",
    "staging": "Standardised",
    "identity": "Who is who",
    "profiles": "Golden profiles",
    "models": "Models",
}


def _placed(columns: list[list[Box]], ways: list[list[str]]) -> Drawing:
    height = _TOP + max((_tall(column) for column in columns), default=0) + _SIDE
    placed: dict[str, Box] = {}
    headings: dict[str, float] = {}
    x: float = _SIDE
    for column in columns:
        shown = [box for box in column if box.kind != "lane"]
        longest = max((max(len(box.label), len(box.note) * 0.86) for box in shown), default=0)
        width = max(_NARROWEST, longest * _LETTER + _PADDING)
        spare = (height - _TOP - _SIDE - _tall(column)) / len(column)
        y = _TOP + spare / 2
        for box in column:
            placed[box.name] = replace(box, x=round(x, 1), y=round(y, 1), width=round(width, 1))
            y += box.height + _GAP + spare
        if shown:
            headings.setdefault(_HEADINGS[shown[0].kind], round(x + width / 2, 1))
        x += width + _BETWEEN
    lines = tuple(Line(way[0], way[-1], _path([placed[stop] for stop in way])) for way in ways)
    boxes = tuple(box for box in placed.values() if box.kind != "lane")
    return Drawing(round(x - _BETWEEN + _SIDE, 1), round(height, 1), boxes, lines, tuple(headings.items()))


def _tall(column: list[Box]) -> float:
    return sum(box.height + _GAP for box in column) - _GAP


def _path(stops: list[Box]) -> str:
    """A curve from the right side of each stop to the left side of the next, straight across lanes."""
    start = stops[0]
    parts = [f"M{start.x + start.width:.1f} {start.y + start.height / 2:.1f}"]
    for one, other in pairwise(stops):
        x1, y1 = one.x + one.width, one.y + one.height / 2
        x2, y2 = other.x, other.y + other.height / 2
        bend = max((x2 - x1) / 2, 30)
        parts.append(f"C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}")
        if other.kind == "lane":
            parts.append(f"H{x2 + other.width:.1f}")
    return "".join(parts)
