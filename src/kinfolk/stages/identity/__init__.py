"""Identity: which records are one customer, on what evidence, under an id that stays."""

from kinfolk.stages.identity.belonging import belonging_steps
from kinfolk.stages.identity.decisions import news_query
from kinfolk.stages.identity.explain import (
    Explanation,
    FieldEvidence,
    SharedKey,
    as_learned,
    explain,
    frequency_query,
)
from kinfolk.stages.identity.kept import still_good
from kinfolk.stages.identity.neighbours import OUTGROWN, form_steps, outgrown_step
from kinfolk.stages.identity.path import Hop, path
from kinfolk.stages.identity.stage import steps
from kinfolk.stages.identity.touched import arrived_forms_step, following_steps, learned_anew_step

__all__ = [
    "OUTGROWN",
    "Explanation",
    "FieldEvidence",
    "Hop",
    "SharedKey",
    "arrived_forms_step",
    "as_learned",
    "belonging_steps",
    "explain",
    "following_steps",
    "form_steps",
    "frequency_query",
    "learned_anew_step",
    "news_query",
    "outgrown_step",
    "path",
    "steps",
    "still_good",
]
