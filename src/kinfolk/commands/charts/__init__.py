"""`kinfolk identity charts`: what the charts of a matching model show."""

from kinfolk.commands.charts.cluster import MOST, Cluster, Edge, Node
from kinfolk.commands.charts.gathering import Bar, Charts, Field, Level, ModelCharts, Reach, Threshold, gather

__all__ = [
    "MOST",
    "Bar",
    "Charts",
    "Cluster",
    "Edge",
    "Field",
    "Level",
    "ModelCharts",
    "Node",
    "Reach",
    "Threshold",
    "gather",
]
