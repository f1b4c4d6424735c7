"""Staging: every source in the same words. Values are standardised; what could not be read is listed, not guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from kinfolk.engine.sql import column, literal, query, rows, sql, table, union_by_name
from kinfolk.engine.step import Publish, Query
from kinfolk.expressions.name import split_full
from kinfolk.expressions.standard import STANDARDS, Standard
from kinfolk.model.place import Place
from kinfolk.model.source import ColumnRule, Conventions, Source, TableMapping
from kinfolk.tables import staging
from kinfolk.tables.table import Column

_NAME_PARTS = ("first_name", "middle_name", "last_name")


@dataclass(frozen=True)
class Reading:
    """How one field is read from a row of a source.

    said      columns of the row, the first that can be read counts; empty for a constant
    constant  the text every row has, where it is no column
    """

    said: tuple[exp.Expression, ...]
    constant: str | None
    standard: Standard
    conventions: Conventions

    @property
    def value(self) -> exp.Expression:
        """The standardised value, null where nothing can be read; built anew at each call, for it is large."""
        texts = self.said or (literal(self.constant),)
        values = [self.standard.value(text.copy(), self.conventions) for text in texts]
        return values[0] if len(values) == 1 else sql("coalesce(null, $values)", values=values)

    @property
    def original(self) -> exp.Expression:
        """The first column that is not blank."""
        if len(self.said) == 1:
            return self.said[0].copy()
        given = [sql("case when not $b then $c end", b=self.standard.blank(c.copy()), c=c.copy()) for c in self.said]
        return sql("coalesce(null, $given)", given=given)

    def failed(self, value: exp.Expression) -> exp.Expression:
        """True where the source says something and no value came of it."""
        blank = exp.and_(*[self.standard.blank(c.copy()) for c in self.said])
        return sql("$value is null and not $blank", value=value, blank=exp.paren(blank))


def staging_steps(sources: Sequence[Source], declared: Sequence[Source]) -> tuple[Query, ...]:
    """Steps that write every staged table.

    sources   those that are read
    declared  all of the project: their attributes stay columns, empty, while none that feeds them is read
    Reads   current.<source>         one row per record that exists now; text, as it arrived
    Writes  staging.records          one row per record of a person
            staging.<orders, …>      one row per order, event, ticket …
            staging.unstandardised   one row per value that could not be read
            staging.mappings         one row per canonical column a source feeds
    """
    people = [s for s in sources if s.mapping("people")]
    own = _attributes("people", declared)
    steps = [_table("people", staging.RECORDS.name, people, own) if people else _no_records(own)]
    for name, described in staging.ACTIVITY.items():
        feeding = [s for s in sources if s.mapping(name)]
        if feeding:
            steps.append(_table(name, described.name, feeding, _attributes(name, declared)))
    return (*steps, _unstandardised(sources), _mappings(sources))


def people_query(source: Source, columns: Iterable[str]) -> exp.Query:
    """These columns of the records of people that a source's rows make, by no other way than a run goes.

    Reads   current.<source>   rows of the source, with the columns of `row_columns`
    """
    source = replace(source, observed_at=None)  # who somebody is does not depend on when that was seen
    mapping = _mapping(source, "people")
    names = list(columns)
    attributes = [name for name in mapping.attributes if name in names]
    known = staging.RECORDS.types.keys() | set(attributes)
    chosen = [
        column(name) if name in known else exp.alias_(_typed(None, "varchar"), name, quoted=True) for name in names
    ]
    return query(
        "select $chosen from made", chosen=chosen, made=exp.Subquery(this=_rows_of(source, mapping, attributes))
    )


def row_columns(source: Source) -> tuple[str, ...]:
    """Columns of a row of the source that its records of people are made from."""
    mapping = _mapping(source, "people")
    rules = (*mapping.columns.values(), *mapping.attributes.values())
    named = [name for rule in rules for name in rule.columns]
    named += [found.name for rule in rules if rule.sql for found in sql(rule.sql).find_all(exp.Column)]
    return tuple({name.lower(): name for name in named}.values())


def plain_source(name: str, columns: Iterable[str], conventions: Conventions) -> Source:
    """A source whose columns have the names of the canonical ones of people; any other is an attribute."""
    place = Place("kinfolk.yml")
    rules = {name: ColumnRule(place, (name,)) for name in columns}
    known = staging.canonical("people")
    mapping = TableMapping(
        table="people",
        place=place,
        columns={name: rule for name, rule in rules.items() if name in known},
        attributes={name: rule for name, rule in rules.items() if name not in known},
    )
    return Source(name, place, "", {}, (), (mapping,), conventions=conventions)


def reading(rule: ColumnRule, field: str, kind: str, conventions: Conventions) -> Reading:
    """How a field of a kind is read by a rule.

    Joined and computed columns are read from a column of their own (see `prepared`), because standardising a
    plain column is several times as fast as standardising an expression.
    """
    standard = STANDARDS[kind]
    if rule.value is not None:
        return Reading((), rule.value, standard, conventions)
    made = rule.sql is not None or rule.join is not None
    said = (column(_made(field)),) if made else tuple(column(name) for name in rule.columns)
    return Reading(said, None, standard, conventions)


def prepared(source: Source, mapping: TableMapping, landed: str) -> exp.Query:
    """Rows of a landed table with a column for each joined or computed field."""
    made = []
    for field, rule in (*mapping.columns.items(), *mapping.attributes.items()):
        if rule.sql is not None:
            made.append(exp.alias_(sql("cast($e as varchar)", e=sql(rule.sql)), _made(field), quoted=True))
        elif rule.join is not None:
            parts = [sql("nullif(trim($c), '')", c=column(name)) for name in rule.columns]
            joined = sql("nullif(concat_ws($mark, $parts), '')", mark=rule.join, parts=parts)
            made.append(exp.alias_(joined, _made(field), quoted=True))
    if not made:
        return query("select * from landed", landed=table(landed))
    return query("select *, $made from landed", made=made, landed=table(landed))


def _made(field: str) -> str:
    return f"__made_{field}"


def _attributes(table_name: str, sources: Sequence[Source]) -> tuple[str, ...]:
    mappings = [mapping for source in sources if (mapping := source.mapping(table_name))]
    return tuple(dict.fromkeys(name for mapping in mappings for name in mapping.attributes))


def _table(mapping: str, name: str, sources: Sequence[Source], attributes: Sequence[str]) -> Query:
    branches = [_rows_of(source, _mapping(source, mapping), attributes) for source in sources]
    return Query(name, union_by_name(branches), f"Staging {name.partition('.')[2]}", Publish.REPLACE)


def _rows_of(source: Source, mapping: TableMapping, attributes: Iterable[str]) -> exp.Query:
    readings = _readings(source, mapping)
    made = _values(mapping)
    selected = [exp.alias_(literal(source.name), "source"), *_row_columns(readings)]
    for described in staging.canonical(mapping.table).values():
        typed = _typed(made.get(described.name), described.type)
        selected.append(exp.alias_(typed, described.name, copy=False))
    if mapping.table != "people":
        selected += _person_columns(source)
    selected.append(exp.alias_(_unread_column(readings), staging.UNREAD.name))
    for name in attributes:
        rule = mapping.attributes.get(name)
        value = reading(rule, name, "text", source.conventions).value if rule else None
        selected.append(exp.alias_(_typed(value, "varchar"), name, quoted=True, copy=False))
    landed = exp.Subquery(this=prepared(source, mapping, f"current.{source.name}"))
    # Values are worked out one level below, so that each stands in the SQL once however often it is used.
    types = {c.name: c.type for c in (*staging.canonical(mapping.table).values(), *staging.ROW, staging.BELONGS_TO)}
    values = [exp.alias_(_fitted(how.value, types[name]), _value(name), quoted=True) for name, how in readings.items()]
    valued = query("select *, $values from landed", values=values, landed=landed) if values else landed
    inner = exp.Subquery(this=valued)
    return query("select $columns from made", columns=selected, made=inner)


def _readings(source: Source, mapping: TableMapping) -> dict[str, Reading]:
    """Field -> how it is read: canonical columns that are mapped, the moment of observation, whose row it is."""
    columns = staging.canonical(mapping.table)
    found = {
        name: reading(rule, name, _kind(columns[name]), source.conventions) for name, rule in mapping.columns.items()
    }
    if source.observed_at:
        rule = ColumnRule(source.place, columns=(source.observed_at,))
        found["observed_at"] = reading(rule, "observed_at", "timestamp", source.conventions)
    belongs = source.belongs_to
    if belongs and belongs.key:
        kind = _kind(staging.canonical("people")[belongs.key])
        found["belongs_to"] = reading(
            ColumnRule(belongs.place, (belongs.column,)), "belongs_to", kind, source.conventions
        )
    return found


def _value(field: str) -> str:
    return f"__value_{field}"


def _values(mapping: TableMapping) -> dict[str, exp.Expression]:
    made: dict[str, exp.Expression] = {name: column(_value(name)) for name in mapping.columns}
    if "full_name" in made:
        # Taken apart once: a mapped part wins, and what is not mapped comes from the whole name.
        for name, part in zip(_NAME_PARTS, split_full(made["full_name"].copy()), strict=True):
            made[name] = sql("coalesce($given, $split)", given=made[name], split=part) if name in made else part
    return made


def _fitted(value: exp.Expression, kind: str) -> exp.Expression:
    """The value, or null where the column's type cannot hold it."""
    return value if kind == "varchar" else exp.TryCast(this=value, to=exp.DataType.build(kind, dialect="duckdb"))


def _typed(value: exp.Expression | None, kind: str) -> exp.Expression:
    typed = sql("cast($value as varchar)", value=value if value is not None else exp.null())
    typed.set("to", exp.DataType.build(kind, dialect="duckdb"))
    return typed


def _row_columns(readings: Mapping[str, Reading]) -> list[exp.Expr]:
    observed: exp.Expression = column("_loaded_at")
    if "observed_at" in readings:
        observed = sql("coalesce($read, _loaded_at)", read=column(_value("observed_at")))
    return [
        exp.alias_(column("_record_id"), "record_id"),
        exp.alias_(column("_record_no"), "record_no"),
        exp.alias_(_typed(observed, "timestamp"), "observed_at"),
    ]


def _person_columns(source: Source) -> list[exp.Expr]:
    """How a row that is no person leads to one: a record of a source, or the value of a key."""
    of_source: exp.Expression = exp.null()
    by_key: exp.Expression = exp.null()
    found: exp.Expression = exp.null()
    belongs = source.belongs_to
    if source.mapping("people"):
        of_source, found = literal(source.name), column("_record_id")
    elif belongs and belongs.source:
        of_source, found = literal(belongs.source), sql("nullif(trim($c), '')", c=column(belongs.column))
    elif belongs and belongs.key:
        by_key, found = literal(belongs.key), column(_value("belongs_to"))
    values = (of_source, by_key, found)
    return [exp.alias_(_typed(v, "varchar"), c.name, copy=False) for v, c in zip(values, staging.PERSON, strict=True)]


def _unread_column(readings: Mapping[str, Reading]) -> exp.Expression:
    """Names of the fields that stay empty although the source says something, joined by commas."""
    failed = [
        sql("case when $failed then $name end", failed=how.failed(column(_value(name))), name=name)
        for name, how in readings.items()
        if how.said
    ]
    return sql("nullif(concat_ws(',', $failed), '')", failed=failed) if failed else _typed(None, "varchar")


def _unstandardised(sources: Sequence[Source]) -> Query:
    # What is said of the whole row, when it was observed and whose it is, is told once, with the first of its mappings.
    found = [_unread(source, mapping, n == 0) for source in sources for n, mapping in enumerate(source.mappings)]
    tree = union_by_name(found) if found else rows(staging.UNSTANDARDISED.types, [])
    return Query(staging.UNSTANDARDISED.name, tree, "Values that could not be read", Publish.REPLACE)


def _unread(source: Source, mapping: TableMapping, first: bool) -> exp.Query:
    # A source may have columns of any name, so the names on our side of the join are none a source would choose.
    said, reason = exp.Case(this=column("__field")), exp.Case(this=column("__field"))
    for name, how in _readings(source, mapping).items():
        if how.said:
            said = said.when(literal(name), how.original)
            reason = reason.when(literal(name), literal(how.standard.why(source.conventions)))
    return query(
        "select __source as source, __record_id as record_id, __record_no as record_no, __field as field, "
        "cast($said as varchar) as original, cast($reason as varchar) as reason from "
        "(select source as __source, record_id as __record_id, record_no as __record_no, "
        "unnest(string_split(unread, ',')) as __field from staged where source = $source and unread is not null) s "
        "join landed on _record_no = __record_no where $first or __field not in ('observed_at', 'belongs_to')",
        first=first,
        said=said if said.args.get("ifs") else exp.null(),
        reason=reason if reason.args.get("ifs") else exp.null(),
        source=source.name,
        staged=table(staging.RECORDS.name if mapping.table == "people" else f"staging.{mapping.table}"),
        landed=exp.Subquery(this=prepared(source, mapping, f"current.{source.name}")),
    )


def _mappings(sources: Sequence[Source]) -> Query:
    found = [
        (source.name, mapping.table, field, words)
        for source in sources
        for mapping in source.mappings
        for field, words in _original_words(mapping).items()
    ]
    return Query(staging.MAPPINGS.name, rows(staging.MAPPINGS.types, found), "Column mappings", Publish.REPLACE)


def _original_words(mapping: TableMapping) -> dict[str, str]:
    """Per field, the columns it is made from, as people would say it."""
    words = {field: _rule_words(rule) for field, rule in (*mapping.columns.items(), *mapping.attributes.items())}
    if "full_name" in words:
        whole = words["full_name"]
        words |= {part: f"{words[part]} or {whole}" if part in words else whole for part in _NAME_PARTS}
    return words


def _rule_words(rule: ColumnRule) -> str:
    if rule.sql is not None:
        return f"({rule.sql})"
    if rule.value is not None:
        return f"'{rule.value}'"
    return (" + " if rule.join is not None else " or ").join(rule.columns)


def _no_records(attributes: Sequence[str]) -> Query:
    columns = staging.RECORDS.types | dict.fromkeys(attributes, "varchar")
    return Query(staging.RECORDS.name, rows(columns, []), "Staging records", Publish.REPLACE)


def _mapping(source: Source, table_name: str) -> TableMapping:
    mapping = source.mapping(table_name)
    assert mapping is not None, "asked only of sources that feed the table"
    return mapping


def _kind(described: Column) -> str:
    assert described.kind is not None, "every canonical column has a kind"
    return described.kind
