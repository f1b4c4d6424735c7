"""Which record's value survives: every order of preference packed into one number, the smallest wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from kinfolk.engine.sql import column, sql
from kinfolk.model.identity import PREFERENCE_BITS, VERIFIABLE, SurvivorRule, Survivorship

# Bits of a key: KEY_ROOM for the preferences, the rest for what is missing and for the record. Record numbers reach 274
# billion; moments are milliseconds since 1970 and reach the year 2109.
_RECORD_BITS = 38
_MISSING_BITS = 3

# Fields that describe one thing survive together, from one record: a street without its own postcode is no
# address. The first names the group and its preferences; records with more of the `anchors` come first.
_TOGETHER: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("last_name", "first_name", "middle_name", "full_name"), ("last_name", "first_name")),
    (("street", "postcode", "city", "address_2", "region"), ("street", "postcode", "city")),
    (("email", "email_verified"), ("email",)),
    (("phone", "phone_verified"), ("phone",)),
)


@dataclass(frozen=True)
class Group:
    """Fields whose values come from one record.

    anchors  a record that has more of them comes first, one that has none of them last
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
    def telling(self) -> tuple[str, ...]:
        """The fields that make a record a candidate: all but flags, which say something of another field."""
        return tuple(field for field in self.fields if not field.endswith("_verified"))

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
    return exp.or_(*[column(name).is_(exp.null()).not_() for name in group.telling])


def preference(group: Group, survivorship: Survivorship) -> exp.Expression:
    """The record's place in the order of preference: HUGEINT, smaller is better, unique per record.

    Its last 38 bits are the record number (see `record_of`), so equal preferences go to the older landing row.
    """
    parts: list[tuple[exp.Expression, int]] = []
    if len(group.telling) > 1:
        missing = [sql("cast($a is null as hugeint)", a=column(anchor)) for anchor in group.anchors]
        parts.append((_sum(missing), _MISSING_BITS))
    for rule in group.rules:
        parts.append((_part(rule, group, survivorship), PREFERENCE_BITS[rule.kind]))
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


def _part(rule: SurvivorRule, group: Group, survivorship: Survivorship) -> exp.Expression:
    if rule.kind == "most_trusted":
        return _trust_rank(survivorship.trust)
    top = 2 ** PREFERENCE_BITS[rule.kind] - 1
    if rule.kind == "most_recent":
        return sql("$top - least(greatest(epoch_ms(observed_at), 0), $top)", top=top)
    if rule.kind == "verified":
        if group.name not in VERIFIABLE:
            return exp.Literal.number(0)
        return sql("case when $flag then 0 else 1 end", flag=column(f"{group.name}_verified"))
    if rule.kind == "longest":
        text = sql("cast($v as varchar)", v=column(group.name))
        return sql("$top - least(length(coalesce($t, '')), $top)", top=top, t=text)
    if rule.kind == "most_frequent":
        times = column(frequency_column(group.name))
        # A value that was not counted (see golden.py) is as frequent as any other of its customer.
        once = sql("cast($v is not null as integer)", v=column(group.name))
        return sql("$top - least(coalesce($n, $once), $top)", top=top, n=times, once=once)
    assert rule.sql is not None
    return sql(
        "least(greatest(coalesce(cast($e as bigint), $top), $low), $top) - $low",
        e=exp.paren(sql(rule.sql)),
        top=top // 2,
        low=-top // 2,
    )


def _trust_rank(trust: Sequence[str]) -> exp.Expression:
    """0 for the most trusted source; sources nobody ranked come after, all alike, so that the next rule decides."""
    unranked = exp.Literal.number(len(trust))
    if not trust:
        return unranked
    rank = exp.Case()
    for position, source in enumerate(trust):
        rank = rank.when(column("source").eq(source), exp.Literal.number(position))
    return rank.else_(unranked)


def _sum(terms: Sequence[exp.Expression]) -> exp.Expression:
    total = terms[0]
    for term in terms[1:]:
        total = sql("$a + $b", a=total, b=term)
    return total
