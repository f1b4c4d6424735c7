"""Contracts: what arrived is held to what its source promised, before it is landed.

judged ─▶ violations ─▶ breaking ─▶ withheld ─▶ quarantined
the load   row by row    all rules   rows that    the same,
                                     stay out     with reasons
"""

from kinfolk.stages.contracts.checking import (
    POSITION,
    Load,
    checking_steps,
    judged_step,
    measuring_step,
    withholding_steps,
)
from kinfolk.stages.contracts.events import event_rules
from kinfolk.stages.contracts.rules import Rule, Rules, no_contract, rules_of
from kinfolk.stages.contracts.schemas import schema_step

__all__ = [
    "POSITION",
    "Load",
    "Rule",
    "Rules",
    "checking_steps",
    "event_rules",
    "judged_step",
    "measuring_step",
    "no_contract",
    "rules_of",
    "schema_step",
    "withholding_steps",
]
