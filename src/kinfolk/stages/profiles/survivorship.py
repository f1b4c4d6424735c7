"""Which record's value survives: every order of preference packed into one number, the smallest wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from kinfolk.engine.sql import column, sql
from kinfolk.model.identity import SurvivorRule, Survivorship

# Bits of each part of a key, 126 in all, so that a key fits a signed 128-bit integer. Record numbers reach
# 274 billion; moments are milliseconds since 1970 and reach the year 2109.
_RECORD_BITS = 38
_BITS = {"most_trusted": 10, "most_recent": 42, "verified": 1, "longest": 12, "most_frequent": 20}
_MISSING_BITS = 3

# Fields that describe one thing survive together, from one record: a street without its own postcode is no
# address. The first names the group and its preferences; `anchors` are what makes a record a candidate.
_TOGETHER: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("last_name", "first_name", "middle_name", "full_name"), ("last_name", "first_name")),
    (("street", "postcode", "city", "address_2", "region"), ("street", "postcode", "city")),
    (("email", "email_verified"), ("email",)),
    (("phone", "phone_verified"), ("phone",)),
)


@dataclass(frozen=True)
class Group:
    """Fields whose values come from one record.

    anchors  a record that has none of these is no candidate; one that has more of them comes first
    rules    the preferences among candidates, first to last
    """

    fields: tuple[str, ...]
    anchors: tuple[str, ...]
    rules: tuple[SurvivorRule, ...]

    @property
    def name(self) -> str:
        """The field that names the group."""
        return self.fields[0]

    @property
    def rule_words(self) -> str:
        """The preferences as people write them."""
        return ", ".join(rule.sql or rule.kind for rule in self.rules)


def groups(fields: Sequence[str], survivorship: Survivorship) -> tuple[Group, ...]:
    """The fields in groups: those that belong together, then each other field by itself.

    A field whose own preferences differ from those of the field that names its group leaves the group.
    """
    result: list[Group] = []
    taken: set[str] = set()
    for together, anchors in _TOGETHER:
        shared = _rules(together[0], survivorship)
        members = [f for f in together if f in fields and survivorship.fields.get(f, shared) == shared]
        if together[0] in members:
            kept = tuple(a for a in anchors if a in members)
            result.append(Group(tuple(members), kept, _rules(together[0], survivorship)))
            taken |= set(members)
    result += [Group((f,), (f,), _rules(f, survivorship)) for f in fields if f not in taken]
    return tuple(result)


def candidate(group: Group) -> exp.Condition:
    """True for records that can lend the group its values."""
    return exp.or_(*[column(anchor).is_(exp.null()).not_() for anchor in group.anchors])


def preference(group: Group, survivorship: Survivorship, sources: Sequence[str]) -> exp.Expression:
    """The record's place in the order of preference: HUGEINT, smaller is better, unique per record.

    Its last 38 bits are the record number (see `record_of`), so equal preferences go to the older landing row.
    """
    parts: list[tuple[exp.Expression, int]] = []
    if len(group.anchors) > 1:
        missing = [sql("cast($a is null as hugeint)", a=column(anchor)) for anchor in group.anchors]
        parts.append((_sum(missing), _MISSING_BITS))
    for rule in group.rules:
        parts.append((_part(rule, group, survivorship, sources), _BITS[rule.kind] if rule.kind != "sql" else 32))
    parts.append((column("record_no"), _RECORD_BITS))
    key: exp.Expression = sql("cast(0 as hugeint)")
    for part, bits in parts:
        key = sql("$key * $shift + $part", key=exp.paren(key), shift=2**bits, part=exp.paren(part))
    return key


def record_of(key: exp.Expression) -> exp.Expression:
    """The record number inside a preference."""
    return sql("cast($key & $mask as bigint)", key=key, mask=2**_RECORD_BITS - 1)


def frequency_column(field: str) -> str:
    """Name of the column that counts how often a customer's records agree on a field's value."""
    return f"_times_{field}"


def needs_frequency(group: Group) -> bool:
    """Whether the group's preferences ask how often a value occurs."""
    return any(rule.kind == "most_frequent" for rule in group.rules)


def _rules(field: str, survivorship: Survivorship) -> tuple[SurvivorRule, ...]:
    return tuple(survivorship.fields.get(field, survivorship.default))


def _part(rule: SurvivorRule, group: Group, survivorship: Survivorship, sources: Sequence[str]) -> exp.Expression:
    if rule.kind == "most_trusted":
        return _trust_rank(survivorship.trust, sources)
    if rule.kind == "most_recent":
        return sql("$top - least(greatest(epoch_ms(observed_at), 0), $top)", top=2 ** _BITS["most_recent"] - 1)
    if rule.kind == "verified":
        flag = f"{group.name}_verified"
        return sql("case when $flag then 0 else 1 end", flag=column(flag))
    if rule.kind == "longest":
        text = sql("cast($v as varchar)", v=column(group.name))
        return sql("$top - least(length(coalesce($t, '')), $top)", top=2 ** _BITS["longest"] - 1, t=text)
    if rule.kind == "most_frequent":
        times = column(frequency_column(group.name))
        # A value that was not counted (see golden.py) is as frequent as any other of its customer.
        once = sql("cast($v is not null as integer)", v=column(group.name))
        return sql("$top - least(coalesce($n, $once), $top)", top=2 ** _BITS["most_frequent"] - 1, n=times, once=once)
    assert rule.sql is not None
    return sql(
        "least(greatest(coalesce(cast($e as bigint), $top), $low), $top) - $low",
        e=exp.paren(sql(rule.sql)),
        top=2**31 - 1,
        low=-(2**31),
    )


def _trust_rank(trust: Sequence[str], sources: Sequence[str]) -> exp.Expression:
    """0 for the most trusted source; sources that are not ranked come after, by name."""
    order = [*trust, *sorted(set(sources) - set(trust))]
    rank = exp.Case()
    for position, source in enumerate(order):
        rank = rank.when(column("source").eq(source), exp.Literal.number(position))
    return rank.else_(exp.Literal.number(len(order)))


def _sum(terms: Sequence[exp.Expression]) -> exp.Expression:
    total = terms[0]
    for term in terms[1:]:
        total = sql("$a + $b", a=total, b=term)
    return total
