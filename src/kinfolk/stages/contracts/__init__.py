"""Contracts: what arrived is held to what its source promised, before it is landed.

judged ─▶ violations ─▶ breaking ─▶ withheld ─▶ quarantined
the load   row by row    all rules   rows that    the same,
                                     stay out     with reasons
"""

from kinfolk.stages.contracts.checking import Load, checking_steps, measuring_step, withholding_steps
from kinfolk.stages.contracts.rules import Rule, Rules, rules_of

__all__ = ["Load", "Rule", "Rules", "checking_steps", "measuring_step", "rules_of", "withholding_steps"]
