"""How often something happens, as people write it: daily, 1 hour, every 15 minutes."""

from __future__ import annotations

import re
from datetime import timedelta

WORDS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "nightly": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=31),
    "quarterly": timedelta(days=92),
    "yearly": timedelta(days=366),
}
_UNITS = {
    **dict.fromkeys(("s", "second"), timedelta(seconds=1)),
    **dict.fromkeys(("min", "minute"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hour"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day"), timedelta(days=1)),
    "week": timedelta(days=7),
    "month": timedelta(days=31),
}
_FORM = re.compile(r"(?:every\s+)?(?:(\d{1,6})\s*)?([a-z]+?)s?")


def interval(text: str) -> timedelta | None:
    """The length of time `text` stands for (a month is its longest), or None where it says none."""
    words = text.strip().lower()
    if words in WORDS:
        return WORDS[words]
    found = _FORM.fullmatch(words)
    # A unit alone is no length ("day"), but "every day" is.
    if not found or not (found[1] or words.startswith("every")):
        return None
    unit = _UNITS.get(found[2]) or _UNITS.get(found[2] + "s")
    length = unit * int(found[1] or 1) if unit else timedelta()
    return length or None


def words_of(length: timedelta) -> str:
    """A length of time in its greatest unit, as people say it: 3 days, 5 hours, 12 minutes."""
    seconds = int(length.total_seconds())
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size * (2 if size > 1 else 1) or size == 1:
            number = seconds // size
            return f"{number} {unit}{'' if number == 1 else 's'}"
    raise AssertionError("the last unit takes whatever is left")
