"""How values look on a page: moments, lengths of time, numbers and shares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup, escape

from kinfolk.model.interval import words_of

NOTHING = "–"


def when(moment: datetime | None) -> str:
    """The moment to the minute, in UTC, as all moments of a page are."""
    if moment is None:
        return NOTHING
    return (moment.astimezone(UTC) if moment.tzinfo else moment).strftime("%Y-%m-%d %H:%M")


def day(moment: datetime | None) -> str:
    """The day alone."""
    return when(moment)[:10]


def ago(moment: datetime | None) -> str:
    """How long ago it was, in words."""
    if moment is None:
        return NOTHING
    passed = datetime.now(UTC) - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return "just now" if passed < timedelta(seconds=1) else f"{words_of(passed)} ago"


def number(value: float | None) -> str:
    """Thousands apart; whole, where it is a whole number."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def counted(number_of: int, what: str) -> str:
    """How many of something: 1 row, 2 rows."""
    return f"{number(number_of)} {what}{'' if number_of == 1 else 's'}"


def percent(share: float | None) -> str:
    """A share of 0 to 1, in percent."""
    return NOTHING if share is None else f"{100 * share:.{0 if share in (0, 1) else 1}f} %"


def seconds(length: float | None) -> str:
    """So many seconds; of less than one, thousandths."""
    if length is None:
        return NOTHING
    return f"{1000 * length:,.0f} ms" if length < 1 else f"{length:,.1f} s"


def words(name: str) -> str:
    """A column's name as people would say it."""
    said = name.replace("_", " ").strip()
    return said[:1].upper() + said[1:]


def coded(text: str | None) -> Markup:
    """Words of ours, with what stands between backticks shown as code."""
    parts = str(text or "").split("`")
    if len(parts) % 2 == 0:  # a backtick too many is one
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts)
    )


def initials(name: str) -> str:
    """The first letters of the first and the last word; of nothing, a question mark."""
    parts = [part for part in name.split() if part[:1].isalnum()]
    return ("".join(dict.fromkeys((parts[0][0], parts[-1][0]))) if parts else "?").upper()


FILTERS: dict[str, Any] = {
    function.__name__: function
    for function in (when, day, ago, number, counted, percent, seconds, words, coded, initials)
}
