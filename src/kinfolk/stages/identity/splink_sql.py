"""The levels of each kind of comparison in DuckDB's SQL, for Splink: over values in the form they are compared in.

What has no SQL is left out and named in `docs/decisions/0020-spark.md`: nicknames (a list of 1,500 pairs).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from kinfolk.engine.sql import column, sql, text
from kinfolk.model.matching import MEASURES, NAMES, graded, levels_of
from kinfolk.stages.identity.splink import Conditions, column_names

_SAME = "$l = $r"
_NAME = (
    "jaro_winkler_similarity($l, $r) >= 0.92",
    "((length($l) = 1 or length($r) = 1) and substr($l, 1, 1) = substr($r, 1, 1)) "
    "or list_has_all(string_split($l, ' '), string_split($r, ' ')) "
    "or list_has_all(string_split($r, ' '), string_split($l, ' '))",
    "jaro_winkler_similarity($l, $r) >= 0.8",
)
_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATES = f"regexp_matches($l, '{_DAY}') and regexp_matches($r, '{_DAY}') and "
_DIGITS = "replace(substr({0}, 1, 10), '-', '')"
_DAYS = (
    "cast(substr({0}, 1, 4) as integer) * 372 + cast(substr({0}, 6, 2) as integer) * 31 "
    "+ cast(substr({0}, 9, 2) as integer)"
)
_LOCAL, _DOMAIN = "split_part({0}, '@', 1)", "regexp_replace({0}, '^[^@]*@?', '')"
_BOX = "regexp_replace(split_part({0}, '@', 1), '[+].*$|[._-]', '', 'g')"
_ALIKE_LOCAL = f"jaro_winkler_similarity({_LOCAL.format('$l')}, {_LOCAL.format('$r')}) >= 0.88"
_CLOSE = f"({_ALIKE_LOCAL} or contains({_LOCAL.format('$l')}, '+') or contains({_LOCAL.format('$r')}, '+'))"
_SAME_BOX = f"{_BOX.format('$l')} = {_BOX.format('$r')}"
_HOUSE = "regexp_extract({0}, '^([0-9]+[a-z]?),? +[^0-9]', 1)"
_STREET = "regexp_replace({0}, '^[0-9]+[a-z]?,? +([^0-9])', '\\1')"
_ALIKE_STREET = (
    f"({_STREET.format('$l')} = {_STREET.format('$r')} "
    f"or jaro_winkler_similarity({_STREET.format('$l')}, {_STREET.format('$r')}) >= 0.88)"
)
_LEVELS: Mapping[str, tuple[str, ...]] = {
    "name": _NAME,
    "company": (
        "jaro_winkler_similarity($l, $r) >= 0.93",
        "list_has_all(string_split($l, ' '), string_split($r, ' ')) "
        "or list_has_all(string_split($r, ' '), string_split($l, ' '))",
        "jaro_winkler_similarity($l, $r) >= 0.85",
    ),
    "date": (
        f"{_DATES}(damerau_levenshtein({_DIGITS.format('$l')}, {_DIGITS.format('$r')}) = 1 "
        "or (substr($l, 1, 4) = substr($r, 1, 4) and substr($l, 6, 2) = substr($r, 9, 2) "
        "and substr($l, 9, 2) = substr($r, 6, 2)))",
        f"{_DATES}cast(substr($l, 1, 4) = substr($r, 1, 4) as integer) "
        "+ cast(substr($l, 6, 2) = substr($r, 6, 2) as integer) "
        "+ cast(substr($l, 9, 2) = substr($r, 9, 2) as integer) = 2",
        f"case when regexp_matches($l, '{_DAY}') and regexp_matches($r, '{_DAY}') then "
        f"substr($l, 1, 4) = substr($r, 1, 4) or abs(({_DAYS.format('$l')}) - ({_DAYS.format('$r')})) <= 31 "
        "else false end",
    ),
    "email": (
        f"{_CLOSE} and {_DOMAIN.format('$l')} = {_DOMAIN.format('$r')} "
        f"and ({_SAME_BOX} or damerau_levenshtein($l, $r) <= 1)",
        f"{_CLOSE} and {_SAME_BOX}",
        _ALIKE_LOCAL,
    ),
    "phone": (
        "right($l, 8) = right($r, 8) and length($l) >= 8 and length($r) >= 8",
        "damerau_levenshtein($l, $r) <= 1",
    ),
    "address": (
        f"{_ALIKE_STREET} and {_HOUSE.format('$l')} = {_HOUSE.format('$r')} and length({_HOUSE.format('$l')}) > 0",
        f"{_ALIKE_STREET} and (length({_HOUSE.format('$l')}) = 0 or length({_HOUSE.format('$r')}) = 0)",
        _ALIKE_STREET,
    ),
    "exact": (),
    "text": ("jaro_winkler_similarity($l, $r) >= 0.92", "jaro_winkler_similarity($l, $r) >= 0.8"),
}
_SECONDS = 86_400  # of a day, for SQL tells moments apart in seconds
_MEASURED = {
    "jaro_winkler": "jaro_winkler_similarity($l, $r) >= $limit",
    "jaro": "jaro_similarity($l, $r) >= $limit",
    "levenshtein": "levenshtein($l, $r) <= $limit",
    "damerau_levenshtein": "damerau_levenshtein($l, $r) <= $limit",
    "days": "abs(epoch(try_strptime($l, '%Y-%m-%d')) - epoch(try_strptime($r, '%Y-%m-%d'))) <= $limit",
}
# An address made of a name that is already evidence says no more by resembling another one made of it (mailboxes.py).
_MADE_OF = (
    "coalesce(length($nl) >= 3 and length($nr) >= 3 "
    f"and contains({_LOCAL.format('$l')}, $nl) and contains({_LOCAL.format('$r')}, $nr) "
    "and ($nl = $nr or jaro_winkler_similarity($nl, $nr) >= 0.92), false)"
)
_BARE = f"not regexp_matches({_LOCAL.format('$l')}, '[0-9]')"

assert set(_MEASURED) == set(MEASURES), "every measure has its SQL"


def conditions(kinds: Mapping[str, str]) -> tuple[Conditions, ...]:
    """The conditions of each compared column. kinds: column -> kind, in the order of the model"""
    names = column_names(list(kinds))
    return tuple(_of_field(name, kinds, names) for name in kinds)


def blocking_rule(columns: Sequence[str], names: Mapping[str, str]) -> str:
    """Pairs that share the values of all these columns."""
    equal = [exp.EQ(this=column(names[name], "l"), expression=column(names[name], "r")) for name in columns]
    return text(exp.and_(*equal))


def _of_field(name: str, kinds: Mapping[str, str], names: Mapping[str, str]) -> Conditions:
    left, right = _sides(names[name])
    kind, count = kinds[name], levels_of(name, kinds)
    assert count is not None, "a model has known kinds"
    unknown = sql("$l is null or $r is null", l=left, r=right)
    same = [(1, sql(_SAME, l=left, r=right))]
    swaps = levels_of(NAMES[0], kinds) == 6 if NAMES[0] in kinds else False
    if swaps and name in NAMES:
        swap = _swapped(names)
        if name == NAMES[0]:
            same.append((count, swap))
        else:
            unknown = sql("$unknown or ($swap and $l <> $r)", unknown=unknown, swap=swap, l=left, r=right)
    steps = graded(kind)
    if steps:
        limits = [step.limit * (_SECONDS if step.measure == "days" else 1) for step in steps]
        pairs = zip(steps, limits, strict=True)
        rest = [sql(_MEASURED[step.measure], l=left, r=right, limit=limit) for step, limit in pairs]
    else:
        rest = [sql(condition, l=left, r=right) for condition in _LEVELS[kind]]
    if kind == "email":
        rest[1:] = _not_made_of_names(rest[1:], (left, right), kinds, names)
    told = [*same, *enumerate(rest, start=2)]
    return Conditions(text(unknown), tuple((number, text(condition)) for number, condition in told))


def _swapped(names: Mapping[str, str]) -> exp.Expression:
    first, last = (names[name] for name in NAMES)
    (fl, fr), (ll, lr) = _sides(first), _sides(last)
    return sql("coalesce($fl = $lr and $ll = $fr, false)", fl=fl, fr=fr, ll=ll, lr=lr)


def _not_made_of_names(
    levels: Sequence[exp.Expression],
    sides: tuple[exp.Column, exp.Column],
    kinds: Mapping[str, str],
    names: Mapping[str, str],
) -> list[exp.Expression]:
    """The levels of addresses at different domains: the same before the @, and alike before it."""
    left, right = sides
    mailbox, alike = levels
    for name in NAMES:
        if kinds.get(name) == "name":
            nl, nr = _sides(names[name])
            made = sql(_MADE_OF, l=left, r=right, nl=nl, nr=nr)
            mailbox = sql("($level) and not ($made and $bare)", level=mailbox, made=made, bare=sql(_BARE, l=left))
            alike = sql("($level) and not $made", level=alike, made=made)
    return [mailbox, alike]


def _sides(name: str) -> tuple[exp.Column, exp.Column]:
    return column(f"{name}_l"), column(f"{name}_r")
