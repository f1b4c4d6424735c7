"""Identity: which records are one customer, on what evidence, under an id that stays."""

from kinfolk.stages.identity.explain import (
    Explanation,
    FieldEvidence,
    SharedKey,
    as_learned,
    explain,
    frequency_query,
)
from kinfolk.stages.identity.path import Hop, path
from kinfolk.stages.identity.stage import steps
from kinfolk.stages.identity.touched import touched_steps

__all__ = [
    "Explanation",
    "FieldEvidence",
    "Hop",
    "SharedKey",
    "as_learned",
    "explain",
    "frequency_query",
    "path",
    "steps",
    "touched_steps",
]
