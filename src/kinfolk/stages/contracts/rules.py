"""The rules of a contract as they are enforced: each a small question asked of every row, or of the whole load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from kinfolk.engine.sql import column, literal, sql
from kinfolk.expressions import rule_query
from kinfolk.model.contract import Contract, OnViolation, Property, Quality, Reference
from kinfolk.model.place import Place
from kinfolk.model.source import Conventions, Source
from kinfolk.stages.contracts import reading

_LIMITS = {
    "minimum": ("$v < $limit", "is under {limit}"),
    "maximum": ("$v > $limit", "is over {limit}"),
    "exclusiveMinimum": ("$v <= $limit", "is not over {limit}"),
    "exclusiveMaximum": ("$v >= $limit", "is not under {limit}"),
}
_SHOWN_VALUES = 8


@dataclass(frozen=True)
class Rule:
    """One rule. Exactly one of the five ways to judge is set.

    number   its place among the rules of the contract, by which a row says what it breaks
    name     column.rule, such as email.pattern
    says     how a person is told what is wrong with the value
    column   whose value is told; None where the rule is about several
    hidden   whether that value must not be shown
    broken   true for a row that breaks it
    repeats  columns of which no two rows may have the same values
    reference  where the value of `column` must stand
    measure  what is measured of the whole load
    told_in  a work table of rows that break it: position, and for each the `rules` and the `reason` to be told
    """

    number: int
    name: str
    says: str
    place: Place
    on_violation: OnViolation
    column: str | None = None
    hidden: bool = False
    broken: exp.Expression | None = None
    repeats: tuple[str, ...] = ()
    reference: Reference | None = None
    measure: Quality | None = None
    told_in: str | None = None


@dataclass(frozen=True)
class Rules:
    """All rules of a contract that speak of columns the load has, in order of their numbers."""

    contract: Contract
    conventions: Conventions
    every: tuple[Rule, ...]

    @property
    def by_row(self) -> tuple[Rule, ...]:
        """Rules that judge a row by itself."""
        return tuple(rule for rule in self.every if rule.broken is not None)


def no_contract(source: Source) -> Rules:
    """The rules of a source that promises nothing."""
    return Rules(Contract(source.name, source.place, "", "", "", ()), source.conventions, ())


# A rule before it has its number.
_Numbered = Callable[[int], Rule]


def rules_of(contract: Contract, conventions: Conventions, columns: Sequence[str], keys: Sequence[str]) -> Rules:
    """The contract's rules for a load.

    columns  those the load has: rules about others have nothing to judge
    keys     the source's record id: landing sees to it that it is unique, by keeping the last row
    """
    here = {name.lower() for name in columns}
    makers: list[_Numbered] = []
    for p in contract.properties:
        if p.name.lower() in here:
            makers += _Column(p, contract, conventions).rules()
    makers += _primary_key(contract, here, keys)
    makers += [
        _quality(rule, None, contract, conventions)
        for rule in contract.quality
        if {c.lower() for c in rule.columns} <= here
    ]
    return Rules(contract, conventions, tuple(make(number) for number, make in enumerate(makers)))


def typed(contract: Contract, conventions: Conventions, columns: Sequence[str]) -> list[exp.Expr]:
    """Every column of the load under its name, as its type has it: what a rule's SQL reads."""
    made: list[exp.Expr] = []
    for name in columns:
        p = contract.column(name)
        read = column(name) if p is None else reading.value(column(name), p, conventions)
        made.append(exp.alias_(read, name, quoted=True))
    return made


def _primary_key(contract: Contract, here: set[str], keys: Sequence[str]) -> Iterator[_Numbered]:
    key = contract.primary_key
    members = [p for name in key if (p := contract.column(name))]
    if not key or not {name.lower() for name in key} <= here:
        return
    on_violation = members[0].on_violation
    if {name.lower() for name in key} == {name.lower() for name in keys} and on_violation is not OnViolation.FAIL:
        return  # of rows with one record id landing keeps the last and sets the others aside
    yield _repeated("primaryKey", key, members, on_violation)


def _repeated(name: str, columns: tuple[str, ...], of: Sequence[Property], on_violation: OnViolation) -> _Numbered:
    only = columns[0] if len(columns) == 1 else None
    return lambda number: Rule(
        number,
        f"{only}.{name}" if only else name,
        "stands in another row too" if only else f"{', '.join(columns)} stand together in another row too",
        of[0].place,
        on_violation,
        column=only,
        hidden=any(p.confidential for p in of),
        repeats=columns,
    )


class _Column:
    """Rules of one column. A cell that is empty breaks `required` and nothing else."""

    def __init__(self, p: Property, contract: Contract, conventions: Conventions) -> None:
        self.property = p
        self.contract = contract
        self.conventions = conventions

    def rules(self) -> Iterator[_Numbered]:
        p = self.property
        if p.required:
            yield self.rule("required", "is empty", _blank(self.text()))
        yield from self.of_type()
        yield from self.of_text()
        if p.enum:
            yield self.rule(
                "enum", f"is none of {_few(p.enum)}", self.filled("$c NOT IN ($values)", values=list(p.enum))
            )
        if p.unique:
            yield _repeated("unique", (p.name,), [p], p.on_violation)
        for reference in p.references:
            yield self.reference(reference)
        for quality in p.quality:
            yield _quality(quality, p, self.contract, self.conventions)

    def of_type(self) -> Iterator[_Numbered]:
        p = self.property
        unreadable = reading.unreadable(self.text(), p, self.conventions)
        kind = reading.NAMES.get(p.logical_type or "", p.logical_type or "")
        form = p.options.get("format")
        if unreadable is not None:
            as_said = f" ({form})" if form else ""
            yield self.rule("type", f"is no {kind}{as_said}", self.filled("$u", u=unreadable))
        elif p.logical_type in (None, "string") and form:
            misformed = reading.misformed(self.text(), form)
            if misformed is not None:
                yield self.rule("format", f"is no {form}", self.filled("$m", m=misformed))
        for name, (text, says) in _LIMITS.items():
            limit = p.options.get(name)
            if limit is not None:
                broken = sql(text, v=self.value(), limit=_limit(limit, p.logical_type))
                yield self.rule(name, says.format(limit=limit), broken)
        if "multipleOf" in p.options:
            step = p.options["multipleOf"]
            broken = sql("$v % $step <> 0", v=self.value(), step=_limit(step, "number"))
            yield self.rule("multipleOf", f"is no multiple of {step}", broken)

    def of_text(self) -> Iterator[_Numbered]:
        options = self.property.options
        if "minLength" in options:
            least = int(options["minLength"])
            yield self.rule("minLength", f"is shorter than {least}", self.filled("length($c) < $least", least=least))
        if "maxLength" in options:
            most = int(options["maxLength"])
            yield self.rule("maxLength", f"is longer than {most}", self.filled("length($c) > $most", most=most))
        if "pattern" in options:
            pattern = options["pattern"]
            yield self.rule(
                "pattern",
                f"does not match {pattern}",
                self.filled("NOT regexp_matches($c, $pattern)", pattern=pattern),
            )
        for name, text in (("minItems", "json_array_length($c) < $n"), ("maxItems", "json_array_length($c) > $n")):
            if name in options:
                n = int(options[name])
                valid = sql("json_valid($c) AND " + text, c=self.text(), n=n)
                words = f"has {'fewer' if name == 'minItems' else 'more'} than {n} items"
                yield self.rule(name, words, valid)

    def reference(self, reference: Reference) -> _Numbered:
        p = self.property
        return lambda number: Rule(
            number,
            f"{p.name}.reference",
            f"is not in {reference.source}.{reference.column}",
            reference.place,
            p.on_violation,
            column=p.name,
            hidden=p.confidential,
            reference=reference,
        )

    def rule(self, name: str, says: str, broken: exp.Expression) -> _Numbered:
        p = self.property
        return lambda number: Rule(
            number, f"{p.name}.{name}", says, p.place, p.on_violation, p.name, p.confidential, broken
        )

    def filled(self, text: str, **holes: object) -> exp.Expression:
        """A question asked of cells that are not empty. The cheap half comes last: it is asked of few."""
        holes = {"c": self.text(), **holes} if "$c" in text else holes
        return sql("$question AND '' <> trim($c)", question=sql(text, **holes), c=self.text())

    def text(self) -> exp.Expression:
        return column(self.property.name)

    def value(self) -> exp.Expression:
        return reading.value(self.text(), self.property, self.conventions)


def _blank(text: exp.Expression) -> exp.Expression:
    """True for an empty cell. Only what sorts before the first sign can be one, and that is quickly seen."""
    return sql("$c IS NULL OR ($c < '!' AND '' = trim($c))", c=text)


def _limit(text: str, kind: str | None) -> exp.Expression:
    if kind in ("integer", "number"):
        return literal(float(text)) if "." in text or "e" in text.lower() else literal(int(text))
    target = {"date": "DATE", "timestamp": "TIMESTAMP", "time": "TIME"}.get(kind or "", "VARCHAR")
    return exp.cast(literal(text), target)


def _few(values: Sequence[str]) -> str:
    more = ", …" if len(values) > _SHOWN_VALUES else ""
    return ", ".join(values[:_SHOWN_VALUES]) + more


def _quality(quality: Quality, p: Property | None, contract: Contract, conventions: Conventions) -> _Numbered:
    """A quality rule: asked of each row where it allows none, else measured of the whole load."""
    name = f"{p.name}.{quality.name}" if p else quality.name
    hidden = p is not None and p.confidential
    common = {"place": quality.place, "on_violation": quality.on_violation, "hidden": hidden}
    of = p.name if p else None
    if quality.limit.none_allowed:
        if quality.metric == "duplicateValues":
            columns = [c for name in quality.columns if (c := contract.column(name))]
            return _repeated(quality.name, quality.columns, columns, quality.on_violation)
        asked = question(quality, contract, conventions)
        if asked is not None:
            broken, says = asked
            return lambda number: Rule(number, name, says, column=of, broken=broken, **common)  # type: ignore[arg-type]
    return lambda number: Rule(number, name, str(quality.limit), column=of, measure=quality, **common)  # type: ignore[arg-type]


def question(quality: Quality, contract: Contract, conventions: Conventions) -> tuple[exp.Expression, str] | None:
    """What makes a row count for the metric, and how that is told; None where the metric is not one of rows."""
    if quality.metric == "sql":
        tree = rule_query.parsed(quality.query or "", quality.columns[0] if quality.columns else None)
        found = rule_query.condition(tree)
        return None if found is None else (_typed(found, contract, conventions), f"breaks the rule {quality.name}")
    if not quality.columns or quality.metric in ("duplicateValues", "rowCount"):
        return None
    text = column(quality.columns[0])
    if quality.metric == "nullValues":
        return _blank(text), "is empty"
    if quality.metric == "missingValues":
        return sql("$blank OR $c IN ($v)", blank=_blank(text), c=text, v=list(quality.values)), "stands for no value"
    asked = [sql("$c NOT IN ($v)", c=text, v=list(quality.values))] if quality.values else []
    if quality.pattern:
        asked.append(sql("NOT regexp_matches($c, $pattern)", c=text, pattern=quality.pattern))
    return sql("($any) AND '' <> trim($c)", any=exp.or_(*asked), c=text), "is not valid"


def _typed(tree: exp.Expression, contract: Contract, conventions: Conventions) -> exp.Expression:
    """The condition with each column as its type has it."""

    def read(node: exp.Expression) -> exp.Expression:
        p = contract.column(node.name) if isinstance(node, exp.Column) else None
        return node if p is None else exp.paren(reading.value(column(p.name), p, conventions), copy=False)

    return tree.copy().transform(read)
