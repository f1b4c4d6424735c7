"""`kinfolk identity audit`: how good the customers are, from pairs that people judge."""

from kinfolk.commands.audit.drawing import Drawn, draw
from kinfolk.commands.audit.estimating import Estimate
from kinfolk.commands.audit.opinion import Opinion, estimate
from kinfolk.commands.audit.reporting import JudgedPair, Report, judged_pairs, report

__all__ = ["Drawn", "Estimate", "JudgedPair", "Opinion", "Report", "draw", "estimate", "judged_pairs", "report"]
