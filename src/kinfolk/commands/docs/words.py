"""The rules of identity and of golden values, in sentences. Values that a rule names are counted, not shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kinfolk.model.identity import SurvivorRule
from kinfolk.model.project import Project

_PREFERENCES = {
    "most_trusted": "the value of the most trusted source",
    "most_recent": "the most recent one",
    "most_frequent": "the one most records agree on",
    "longest": "the longest one",
    "verified": "one the source has verified",
}


def identity_words(project: Project) -> list[tuple[str, str]]:
    """Each rule of who is who: what kind it is, and what it says."""
    return list(_identity(project))


def _identity(project: Project) -> Iterator[tuple[str, str]]:
    rules = project.identity
    if rules.tenant:
        yield "Tenant", f"Records with another {rules.tenant} never meet."
    for key in rules.keys:
        words = f"Records with the same {_and(key.columns)} are one customer"
        limit = f", unless more than {key.at_most} records share the value" if key.at_most else ""
        yield "Key", f"{words}{limit}."
    for column, values in rules.ignore.items():
        yield (
            "Ignored",
            f"{len(values)} pattern{'s' if len(values) != 1 else ''} of {column} say nothing about identity.",
        )
    for never in rules.never:
        yield "Never", f"Records whose {never.different} are both known and differ are never one customer."
    match = rules.matching
    if match is None:
        return
    compared = ", ".join(f"{one.column} (as {one.kind})" for one in match.compare)
    yield "Evidence", f"Otherwise the evidence decides. Compared are {compared}."
    yield "Merge", f"From {_probability(match.merge_at)} two records are one customer."
    yield "Review", f"From {_probability(match.review_at)} up to that a steward decides."
    if match.personal:
        yield "Household", f"People of one household are told apart by {_and(match.personal)}."


def _probability(threshold: float | None) -> str:
    return "a probability chosen from the data" if threshold is None else f"a probability of {threshold:.0%}"


def survivorship_words(project: Project) -> list[tuple[str, str]]:
    """For each field with rules of its own, and for all others, which value becomes golden."""
    kept = project.survivorship
    found = [(name, _preference(rules)) for name, rules in sorted(kept.fields.items())]
    return [*found, ("every other field", _preference(kept.default))]


def _preference(rules: Sequence[SurvivorRule]) -> str:
    words = [f"the one for which {rule.sql} is smallest" if rule.sql else _PREFERENCES[rule.kind] for rule in rules]
    return ", then ".join(words)


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
