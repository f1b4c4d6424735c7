"""Graphs beside that of customers: who lives with whom, who belongs to which company."""

from __future__ import annotations

from kinfolk.engine.step import Compute
from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.accounts import account_steps
from kinfolk.stages.identity.households import household_steps


def belonging_steps(rules: IdentityRules, tables_present: frozenset[str]) -> tuple[Compute, ...]:
    """The steps for what the project declares; both read all customers, so that a change is followed by the same.

    tables_present  the tables of households and accounts that an earlier run published: ids stay
    """
    return (*household_steps(rules, tables_present), *account_steps(rules, tables_present))
