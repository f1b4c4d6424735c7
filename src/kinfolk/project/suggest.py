"""What somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 12


def near(word: str, names: Iterable[str]) -> str | None:
    """The name most like `word`, upper and lower case alike, or None when none is near."""
    lower = {name.lower(): name for name in names}
    found = get_close_matches(word.lower(), lower, n=1, cutoff=0.65)
    return lower[found[0]] if found else None


def hint(word: str, names: Iterable[str]) -> str | None:
    """ "Did you mean `x`?" where a name is near, the names themselves where they are few, else None."""
    known = list(names)
    name = near(word, known)
    if name is not None:
        return f"Did you mean `{name}`?"
    if known and len(known) <= _SHOWN:
        return f"{'Known here' if len(known) > 1 else 'Only known here'}: {listed(known)}."
    return None


def listed(names: Iterable[str]) -> str:
    """Names as people read them: `a`, `b`, `c`."""
    return ", ".join(f"`{name}`" for name in names)
