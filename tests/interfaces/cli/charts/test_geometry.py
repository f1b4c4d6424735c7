"""Drawings keep inside their frames, and what is drawn is where its number says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from kinfolk.commands.charts import Bar, Cluster, Edge, Node
from kinfolk.interfaces.cli.charts import geometry


@given(some.integers(1, 60))
def test_records_stand_apart_and_inside_the_drawing(count: int) -> None:
    nodes = tuple(Node(n, f"crm:{n}", "Ada", "C-1", True) for n in range(count))
    edges = tuple(Edge(0, n, None, 5.0, 0.97, False) for n in range(1, count))
    drawn = geometry.graph(Cluster("C-1", "Ada", count, nodes, edges))
    places = {(spot.x, spot.y) for spot in drawn.spots}
    assert len(places) == count
    assert all(8 <= x <= geometry.WIDTH - 8 and 8 <= y <= drawn.height - 8 for x, y in places)
    for side in ("start", "end"):
        down = sorted(spot.label_y for spot in drawn.spots if spot.anchor == side)
        assert all(b - a >= 16 for a, b in zip(down, down[1:], strict=False)), "no label lies on another"


def test_a_key_and_the_evidence_of_one_pair_are_one_line() -> None:
    nodes = tuple(Node(n, f"crm:{n}", "Ada", "C-1", True) for n in (1, 2))
    edges = (Edge(1, 2, "email", None, None, False), Edge(1, 2, None, 7.3, 0.99, False))
    [tie] = geometry.graph(Cluster("C-1", "Ada", 2, nodes, edges)).ties
    assert tie.label == "key, +7.3" and tie.words == "crm:1 and crm:2: the key email and +7.3 bits"


@given(some.lists(some.tuples(some.floats(0, 1e9), some.floats(0, 1e9)), min_size=1, max_size=40))
def test_columns_of_the_histogram_stand_on_the_axis(numbers: list[tuple[float, float]]) -> None:
    bars = [Bar(low, low + 1, joined, apart) for low, (joined, apart) in enumerate(numbers)]
    plot, columns = geometry.histogram(bars, {"merge": 2.0})
    for column in columns:
        assert plot.top - 0.1 <= column.joined_y <= column.apart_y <= plot.bottom + 0.1
        assert plot.left <= column.x and column.x + column.width <= plot.right + 0.1


def test_numbers_on_an_axis_are_round_and_few() -> None:
    assert geometry.round_numbers(-12, 30) == [-10, 0, 10, 20, 30]
    assert geometry.round_numbers(0, 6) == [0, 1, 2, 3, 4, 5, 6]
    assert [geometry.short(n) for n in (0, 950, 1234, 5_600_000)] == ["0", "950", "1.23k", "5.6M"]
