"""What a new version of a contract changes, whom that breaks, and the version step it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from kinfolk.model.contract import Contract, Limit, OnViolation, Property, Quality
from kinfolk.model.signature import Party

_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_FEWER = ("mustBeLessThan", "mustBeLessOrEqualTo", "mustBe")
_ACCESS = ("public", "internal", "confidential", "restricted")


class Kind(StrEnum):
    """What happened to a promise."""

    ADDED = "added"
    REMOVED = "removed"
    RETYPED = "retyped"
    TIGHTENED = "tightened"  # data that was good before may be refused now
    LOOSENED = "loosened"  # data may come now that could not come before
    CHANGED = "changed"  # neither says more nor less of the data


class Step(IntEnum):
    """A step of a version, MAJOR.MINOR.PATCH."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True)
class Change:
    """One change. column: None for the whole table; breaks: the sides that must do something about it."""

    kind: Kind
    column: str | None
    what: str
    breaks: tuple[Party, ...] = ()
    step: Step = Step.MAJOR

    @property
    def breaking(self) -> bool:
        """Whether it breaks either side."""
        return bool(self.breaks)

    def __str__(self) -> str:
        where = f"{self.column}: " if self.column else ""
        whom = f" (breaks the {' and the '.join(self.breaks)})" if self.breaks else ""
        return f"{where}{self.what}{whom}"


def changes(old: Contract, new: Contract) -> tuple[Change, ...]:
    """Every change from one version to the other, breaking ones first."""
    found = [*_columns(old, new), *_qualities(None, old.quality, new.quality), *_drift(old, new)]
    return tuple(sorted(found, key=lambda change: -change.step))


def needed_step(found: tuple[Change, ...]) -> Step:
    """The version step that the changes need."""
    return max((change.step for change in found), default=Step.NONE)


def made_step(old: str, new: str) -> Step:
    """The version step from one version to the other; NONE where it goes back or stays.

    Before 1.0.0 nothing is promised to stay, so a step of MINOR counts as MAJOR there.
    """
    before, after = _numbers(old), _numbers(new)
    if after <= before:
        return Step.NONE
    first = next(place for place in range(3) if before[place] != after[place])
    step = (Step.MAJOR, Step.MINOR, Step.PATCH)[first]
    return Step.MAJOR if before[0] == 0 and step is Step.MINOR else step


def next_version(version: str, step: Step) -> str:
    """The version after that step."""
    major, minor, patch = _numbers(version)
    if step is Step.MAJOR and major > 0:
        return f"{major + 1}.0.0"
    if step is Step.MINOR or step is Step.MAJOR:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}" if step else version


def _numbers(version: str) -> tuple[int, ...]:
    parts = [int(part) for part in version.removeprefix("v").split(".")]
    return tuple([*parts, 0, 0, 0][:3])


def _tightened(column: str | None, what: str) -> Change:
    return Change(Kind.TIGHTENED, column, what, (Party.PRODUCER,))


def _loosened(column: str | None, what: str) -> Change:
    return Change(Kind.LOOSENED, column, what, (Party.CONSUMER,))


def _columns(old: Contract, new: Contract) -> Iterator[Change]:
    for p in old.properties:
        if new.column(p.name) is None:
            yield Change(Kind.REMOVED, p.name, "column removed", (Party.CONSUMER,))
    for p in new.properties:
        before = old.column(p.name)
        if before is not None:
            yield from _column(before, p)
        elif p.required:
            yield Change(Kind.ADDED, p.name, "required column added", (Party.PRODUCER,))
        else:
            yield Change(Kind.ADDED, p.name, "column added", step=Step.MINOR)
    if old.primary_key != new.primary_key:
        what = f"primary key was {_listed(old.primary_key)}, is {_listed(new.primary_key)}"
        yield Change(Kind.CHANGED, None, what, (Party.PRODUCER, Party.CONSUMER))


def _column(old: Property, new: Property) -> Iterator[Change]:
    name = new.name
    if old.logical_type != new.logical_type:
        what = f"type was {old.logical_type or 'any'}, is {new.logical_type or 'any'}"
        yield Change(Kind.RETYPED, name, what, (Party.PRODUCER, Party.CONSUMER))
    for flag, word in (("required", "required"), ("unique", "unique")):
        before, after = getattr(old, flag), getattr(new, flag)
        if after and not before:
            yield _tightened(name, f"now {word}")
        elif before and not after:
            yield _loosened(name, f"no longer {word}")
    yield from _enum(name, old.enum, new.enum)
    for option in sorted({*old.options, *new.options}):
        yield from _option(name, option, old.options.get(option), new.options.get(option))
    yield from _references(old, new)
    yield from _on_violation(name, "", old.on_violation, new.on_violation)
    yield from _qualities(name, old.quality, new.quality)
    yield from _words(old, new)


def _words(old: Property, new: Property) -> Iterator[Change]:
    """What is said of a column that changes nothing about its values."""
    name = new.name
    if old.classification != new.classification:
        what = f"classification was {old.classification or 'none'}, is {new.classification or 'none'}"
        ranks = [_ACCESS.index(c) if (c := (p.classification or "").lower()) in _ACCESS else -1 for p in (old, new)]
        breaks = (Party.CONSUMER,) if ranks[1] > max(ranks[0], 1) else ()
        yield Change(Kind.CHANGED, name, what, breaks, Step.MAJOR if breaks else Step.MINOR)
    if old.deprecated != new.deprecated or old.deprecated_until != new.deprecated_until:
        until = f" until {new.deprecated_until}" if new.deprecated_until else ""
        what = f"deprecated{until}" if new.deprecated else "no longer deprecated"
        yield Change(Kind.CHANGED, name, what, step=Step.MINOR)
    if (old.description, old.physical_type) != (new.description, new.physical_type):
        yield Change(Kind.CHANGED, name, "described anew", step=Step.PATCH)


def _enum(name: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Change]:
    if old and not new:
        yield _loosened(name, "any value is allowed, no longer a list")
    elif new and not old:
        yield _tightened(name, f"only {_listed(new)} allowed")
    else:
        if gone := [value for value in old if value not in new]:
            yield _tightened(name, f"no longer allowed: {_listed(gone)}")
        if more := [value for value in new if value not in old]:
            yield _loosened(name, f"now allowed too: {_listed(more)}")


def _option(name: str, option: str, old: str | None, new: str | None) -> Iterator[Change]:
    if old == new:
        return
    if old is None:
        yield _tightened(name, f"{option} is now {new}")
    elif new is None:
        yield _loosened(name, f"{option} {old} is gone")
    elif option in (*_UPPER, *_LOWER):
        wider = _above(new, old) == (option in _UPPER)
        yield (_loosened if wider else _tightened)(name, f"{option} was {old}, is {new}")
    else:  # whether a pattern or a format asks for more than another cannot be told
        yield Change(Kind.CHANGED, name, f"{option} was {old}, is {new}", (Party.PRODUCER, Party.CONSUMER))


def _above(a: str, b: str) -> bool:
    try:
        return float(a) > float(b)
    except ValueError:
        return a > b


def _references(old: Property, new: Property) -> Iterator[Change]:
    before = {f"{r.source}.{r.column}" for r in old.references}
    after = {f"{r.source}.{r.column}" for r in new.references}
    for added in sorted(after - before):
        yield _tightened(new.name, f"must now stand in {added}")
    for gone in sorted(before - after):
        yield _loosened(new.name, f"need not stand in {gone} any more")


def _on_violation(column: str | None, rule: str, old: OnViolation, new: OnViolation) -> Iterator[Change]:
    if old is new:
        return
    what = f"{rule}what breaks it was {_fate(old)}, is {_fate(new)}"
    if new is OnViolation.WARN:
        yield _loosened(column, what)
    elif old is OnViolation.WARN or new is OnViolation.FAIL:
        yield _tightened(column, what)
    else:
        yield Change(Kind.CHANGED, column, what, step=Step.MINOR)


def _fate(on_violation: OnViolation) -> str:
    return {"fail": "stopping the run", "quarantine": "set aside", "warn": "landed"}[on_violation]


def _qualities(column: str | None, old: tuple[Quality, ...], new: tuple[Quality, ...]) -> Iterator[Change]:
    before, after = _by_name(old), _by_name(new)
    for name in [n for n in before if n not in after]:
        yield _loosened(column, f"rule {name} is gone")
    for name, rule in after.items():
        if name not in before:
            yield _tightened(column, f"rule {name} added")
            continue
        yield from _quality(column, name, before[name], rule)


def _by_name(rules: tuple[Quality, ...]) -> dict[str, Quality]:
    """Rules by name; a second one of a name is told apart by its number."""
    named: dict[str, Quality] = {}
    for rule in rules:
        same = sum(1 for known in named if known.partition(" #")[0] == rule.name)
        named[f"{rule.name} #{same + 1}" if same else rule.name] = rule
    return named


def _quality(column: str | None, name: str, old: Quality, new: Quality) -> Iterator[Change]:
    if old.metric == new.metric == "invalidValues" and old.pattern == new.pattern:
        yield from _enum(column or name, old.values, new.values)
    elif _asked(old) != _asked(new):
        yield Change(Kind.CHANGED, column, f"rule {name} asks something else", (Party.PRODUCER, Party.CONSUMER))
    if old.limit != new.limit:
        what = f"rule {name}: the measure {old.limit}, now {new.limit}"
        wider = _wider(old.limit, new.limit)
        if wider is None:
            yield Change(Kind.CHANGED, column, what, (Party.PRODUCER, Party.CONSUMER))
        else:
            yield (_loosened if wider else _tightened)(column, what)
    yield from _on_violation(column, f"rule {name}: ", old.on_violation, new.on_violation)


def _asked(rule: Quality) -> tuple[Any, ...]:
    return (rule.metric, rule.columns, rule.values, rule.pattern, " ".join((rule.query or "").split()))


def _wider(old: Limit, new: Limit) -> bool | None:
    """Whether the new limit lets more pass; None where that cannot be told."""
    if (old.operator, old.percent) != (new.operator, new.percent) or len(old.value) > 1 or old.operator == "mustNotBe":
        return None
    return (new.value > old.value) == (old.operator in _FEWER)


def _drift(old: Contract, new: Contract) -> Iterator[Change]:
    for name in ("new", "missing", "retyped"):
        before, after = getattr(old.drift, name), getattr(new.drift, name)
        if before is not after:
            yield Change(Kind.CHANGED, None, f"drift: {name} columns were {before}, are {after}", step=Step.MINOR)
    if old.status != new.status:
        yield Change(Kind.CHANGED, None, f"status was {old.status}, is {new.status}", step=Step.PATCH)
    if old.description != new.description:
        yield Change(Kind.CHANGED, None, "described anew", step=Step.PATCH)


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names) if names else "none"
