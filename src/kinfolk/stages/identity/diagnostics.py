"""What could not be learned, and why, in sentences for the person who wrote `identity.yml`."""

from __future__ import annotations

from collections.abc import Sequence

from kinfolk.stages.identity.arrays import Codes, Floats
from kinfolk.stages.identity.comparison import Field
from kinfolk.stages.identity.kinds import KINDS

ENOUGH = 20.0  # expected pairs of one customer from which a field counts as learned
MOST_LIKELY = 0.5  # a prior that is not believed: every second pair of records would be one customer
_RESTLESS = 0.01  # a share that still moves this far from round to round has not been found


def of_field(one: Field, codes: Codes, seen: Floats, shares: tuple[Floats, Floats]) -> str | None:
    """Why a field was not learned well: the plainest reason. shares: m and u; seen: expected pairs by level."""
    known = codes[codes >= 0]
    if not len(known):
        return f"{one.name}: no record has a value, so it is no evidence."
    if len(known) > 1 and (known == known[0]).all():
        return (
            f"{one.name}: every known value is the same, so equal values say nothing and it could as "
            "well be left out of `compare`."
        )
    pairs = float(seen.sum())
    kind = next(name for name, kind in KINDS.items() if kind is one.kind)
    if pairs < ENOUGH:
        return (
            f"{one.name}: what is usual for a column of kind {kind} was assumed for the most part, since only "
            f"about {pairs:.0f} pairs of one customer with both values known were found to learn from."
        )
    if shares[0][0] <= shares[1][0]:
        return (
            f"{one.name}: what is usual for a column of kind {kind} was assumed, since equal values are no more "
            "frequent in pairs of one customer than in others."
        )
    return None


def of_rows(records: int, rows: int) -> list[str]:
    """That all records are alike, so that there is nothing to learn from."""
    if rows != 1 or records < ENOUGH:
        return []
    return [
        f"All {records:,} records are alike in everything compared: that everybody shares a value says nothing, so "
        "likeness puts none of them together."
    ]


def of_pairs(pairs: float, rules: int) -> list[str]:
    """That there was nothing to compare."""
    if pairs:
        return []
    why = "no two of them share what a blocking rule asks" if rules else "no blocking rule finds few enough pairs"
    return [f"No pair of records could be compared, since {why}: see `block_on`."]


def of_rounds(columns: Sequence[str], moved: float, rounds: int) -> list[str]:
    """That learning from the pairs of one blocking rule did not come to rest."""
    if moved < _RESTLESS:
        return []
    return [
        f"Learning from pairs that share {' and '.join(columns)} had not settled after {rounds} rounds: a share still "
        f"moved by {moved:.0%} a round."
    ]


def of_prior(prior: float) -> list[str]:
    """That the prior ran into its bound."""
    if prior < MOST_LIKELY * (1 - 1e-9):
        return []
    return [
        "Every second pair of records would be one customer, which is the most that is believed: the columns compared "
        "tell records hardly apart."
    ]
