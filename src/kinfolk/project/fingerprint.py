"""One number for all settings that can change a result."""

from __future__ import annotations

import hashlib

from kinfolk.model.contract import Contract
from kinfolk.model.project import Project
from kinfolk.project.definition import PLACES, canonical

# Who answers for things, what is said about them and when they run changes no result.
_LEFT_OUT = PLACES | {"ownership", "owner", "description", "history", "schedule", "written", "others"}


def fingerprint(project: Project) -> str:
    """sha256 (hex) of the settings in their canonical form.

    A reference to the environment counts as it is written, never with its value.
    """
    return hashlib.sha256(canonical(project, _LEFT_OUT).encode()).hexdigest()


def contract_digest(contract: Contract) -> str:
    """sha256 (hex) of what a contract promises: comments, layout and descriptions apart."""
    return hashlib.sha256(canonical(contract, _LEFT_OUT).encode()).hexdigest()
