"""A model that Splink trained, as a model of Kinfolk's: what cannot be expressed is refused, each by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kinfolk.model.matching import LEVELS, MEASURES, NAMES, SCHEMA, Step, levels_of
from kinfolk.stages.identity.graded import kind_of
from kinfolk.stages.identity.splink_sql import conditions

_FUNCTIONS = {
    "jaro_winkler_similarity": "jaro_winkler",
    "jaro_winkler": "jaro_winkler",
    "jarowinklersimilarity": "jaro_winkler",
    "jaro_similarity": "jaro",
    "jaro_sim": "jaro",
    "levenshtein": "levenshtein",
    "damerau_levenshtein": "damerau_levenshtein",
}
_DATES = ("try_strptime", "try_to_timestamp", "try_to_date")
_DAY = ("%Y-%m-%d", "yyyy-MM-dd")
_SECONDS = 86_400.0
_DIALECTS = {"duckdb": "duckdb", "spark": "spark", "databricks": "databricks", "postgres": "postgres"}
_BLOCKING = "blocking_rules_to_generate_predictions"


@dataclass(frozen=True)
class Refused:
    """Something that a model of Kinfolk's cannot say. path: where in Splink's settings it stands"""

    path: tuple[str | int, ...]
    what: str
    hint: str | None = None


@dataclass(frozen=True)
class _Reader:
    """Reads settings in one dialect of SQL; `columns` renames Splink's columns to ours."""

    dialect: str
    columns: Mapping[str, str]

    def named(self, name: str) -> str:
        return self.columns.get(name, name)

    def parsed(self, condition: str) -> exp.Expr | None:
        try:
            return sqlglot.parse_one(condition, dialect=self.dialect)
        except SqlglotError:
            return None


def imported(settings: Mapping[str, Any], columns: Mapping[str, str]) -> tuple[dict[str, Any], list[Refused]]:
    """The model as the content of a model file, and what of Splink's settings it cannot say.

    columns  names in Splink's settings -> names of ours, where they differ
    """
    reader = _Reader(_DIALECTS.get(str(settings.get("sql_dialect", "duckdb")), "duckdb"), columns)
    refused = list(_refused_whole(settings))
    fields = []
    if misshapen := list(_misshapen(settings)):
        return {}, [*refused, *misshapen]
    comparisons = settings.get("comparisons") or []
    own = _own_kinds(comparisons, reader)
    for number, comparison in enumerate(comparisons):
        made = _field(comparison, reader, own, number)
        if isinstance(made, Refused):
            refused.append(made)
        else:
            fields.append(made)
    blocking = []
    for number, rule in enumerate(settings.get(_BLOCKING) or []):
        written = rule.get("blocking_rule") if isinstance(rule, Mapping) else rule
        shared = _shared(str(written), reader)
        if shared is None:
            what = f"Blocking rule `{written}`: pairs are picked by equal values of columns, nothing else."
            place = (_BLOCKING, number)
            refused.append(Refused(place, what, "Remove the rule, or block on a column made for it."))
        elif shared not in blocking:
            blocking.append(shared)
    prior = settings.get("probability_two_random_records_match")
    return {"schema": SCHEMA, "prior": prior, "blocking": blocking, "fields": fields}, refused


def _refused_whole(settings: Mapping[str, Any]) -> Iterator[Refused]:
    if settings.get("link_type", "dedupe_only") not in ("dedupe_only", "link_and_dedupe"):
        what = f"`link_type` is `{settings['link_type']}`: Kinfolk finds doubles within sources, too."
        yield Refused(("link_type",), what, "Train a model with `dedupe_only` or `link_and_dedupe`.")
    if not isinstance(settings.get("probability_two_random_records_match"), (int, float)):
        yield Refused((), "`probability_two_random_records_match` is missing.", "Save the model after training it.")
    if not settings.get("comparisons"):
        yield Refused(("comparisons",), "There are no comparisons.")


def _misshapen(settings: Mapping[str, Any]) -> Iterator[Refused]:
    """What Splink does not write: a text or a number where a list of objects belongs."""
    comparisons, rules = (settings.get(name) or [] for name in ("comparisons", _BLOCKING))
    if not isinstance(rules, list):
        yield Refused((_BLOCKING,), f"`{_BLOCKING}` is no list.")
    if not isinstance(comparisons, list):
        yield Refused(("comparisons",), "`comparisons` is no list.")
        return
    for number, comparison in enumerate(comparisons):
        levels = comparison.get("comparison_levels") if isinstance(comparison, Mapping) else None
        if not isinstance(levels, list) or not levels or not all(isinstance(level, Mapping) for level in levels):
            what = f"Comparison {number + 1} has no list of `comparison_levels`."
            yield Refused(("comparisons", number), what, "Save the model anew with Splink's `save_model_to_json`.")


def _own_kinds(comparisons: list[Mapping[str, Any]], reader: _Reader) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Columns that are compared as a kind of ours is, condition by condition -> the kind, and the order of its levels.

    Names come first: whether they changed places, and what e-mail addresses are made of, depends on them.
    """
    written = {str(c.get("output_column_name")): _parsed_levels(c, reader) for c in comparisons}
    names = {name: "name" for name in NAMES if name in written}
    found = {name: _order(name, names, written) for name in names}
    if not all(found.values()):
        names = {name: "name" for name in names if _order(name, {name: "name"}, written)}
        names = names if len(names) < len(NAMES) else {}
    own = {name: ("name", _order(name, names, written) or ()) for name in names}
    for name in written.keys() - names.keys():
        for kind in LEVELS:
            order = _order(name, {**names, name: kind}, written)
            if order:
                own[name] = (kind, order)
    return own


def _parsed_levels(comparison: Mapping[str, Any], reader: _Reader) -> list[exp.Expr | None]:
    return [reader.parsed(str(level.get("sql_condition"))) for level in comparison["comparison_levels"][:-1]]


def _order(name: str, kinds: Mapping[str, str], written: Mapping[str, list[exp.Expr | None]]) -> tuple[int, ...] | None:
    """The order of the column's levels, if they are written as those of its kind are; None if they are not."""
    told = dict(zip(kinds, conditions(kinds), strict=True))[name]
    wanted = [sqlglot.parse_one(text, dialect="duckdb") for text in (told.unknown, *(sql for _, sql in told.levels))]
    return told.order(levels_of(name, kinds) or 0) if written[name] == wanted else None


def _field(
    comparison: Mapping[str, Any], reader: _Reader, own: Mapping[str, tuple[str, tuple[int, ...]]], number: int
) -> dict[str, Any] | Refused:
    """One comparison as a field of a model file."""
    called = str(comparison.get("output_column_name") or comparison.get("comparison_description") or number)
    written = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
    path = ("comparisons", number)
    if called in own:
        kind, order = own[called]
        column, words = called, None
    else:
        nulls = [level for level in comparison["comparison_levels"] if level.get("is_null_level")]
        graded = _graded(called, nulls, written, reader)
        if isinstance(graded, str):
            return Refused(path, f"Comparison `{called}`: {graded}", "Remove it from the model, or change the level.")
        column, kind = graded
        order, words = tuple(range(1, len(written) + 1)), kind_of(kind).levels
    trouble = _term_frequency_trouble(written, column, reader)
    if trouble:
        return Refused(path, f"Comparison `{called}`: {trouble}", "Kinfolk adjusts for equal values alone, in full.")
    levels: list[dict[str, Any]] = [{} for _ in written]
    for level, place in zip(written, order, strict=True):
        m, u = level.get("m_probability"), level.get("u_probability")
        label = words[place - 1] if words else str(level.get("label_for_charts"))
        if not isinstance(m, (int, float)) or not isinstance(u, (int, float)):
            missing = "m_probability" if not isinstance(m, (int, float)) else "u_probability"
            what = f"Comparison `{called}`: level `{level.get('label_for_charts')}` has no `{missing}`."
            return Refused(path, what, "Train the model to its end, or remove the level.")
        levels[place - 1] = {"level": label, "m": m, "u": u}
    rare = bool(written[0].get("tf_adjustment_column"))
    return {"column": reader.named(column), "kind": kind, "term_frequency": rare, "levels": levels}


def _graded(
    called: str, nulls: list[Mapping[str, Any]], levels: list[Mapping[str, Any]], reader: _Reader
) -> tuple[str, str] | str:
    """Column and kind of a comparison; or why there is none, as the end of a sentence."""
    if len(levels) < 2 or str(levels[-1].get("sql_condition")).strip().upper() != "ELSE":
        return "it has no last level `ELSE`."
    equal = _equal(reader.parsed(str(levels[0].get("sql_condition"))))
    if equal is None:
        return f"its first level, `{levels[0].get('sql_condition')}`, is not that the values are equal."
    for level in nulls:
        if not _unknown(reader.parsed(str(level.get("sql_condition"))), equal):
            return (
                f"unknown values are told by `{level.get('sql_condition')}`; here a value is unknown where it is null."
            )
    steps = []
    for level in levels[1:-1]:
        step = _step(reader.parsed(str(level.get("sql_condition"))), equal)
        if step is None:
            words = f"level `{level.get('label_for_charts')}` (`{level.get('sql_condition')}`) cannot be expressed"
            return f"{words}: a level is one of {', '.join(MEASURES)} of the column's two values, up to a limit."
        steps.append(str(step))
    kind = " ".join(steps) or "exact"
    if levels_of("", {"": kind}) is None:
        return f"it has {len(levels)} levels, which are more than fit."
    return equal, kind


def _equal(tree: exp.Expr | None) -> str | None:
    """The column whose two values the condition says to be equal."""
    if not isinstance(tree, exp.EQ):
        return None
    return _column_of(tree.this, tree.expression)


def _column_of(a: Any, b: Any) -> str | None:
    if not (isinstance(a, exp.Column) and isinstance(b, exp.Column)):
        return None
    left, right = sorted((a.name, b.name))
    return left[:-2] if left[:-2] == right[:-2] and left.endswith("_l") and right.endswith("_r") else None


def _unknown(tree: exp.Expr | None, column: str) -> bool:
    """Whether the condition says that one of the two values is null, or is no date."""
    if not isinstance(tree, exp.Or):
        return False
    names = []
    for side in tree.flatten():
        inner = side.this if isinstance(side, exp.Is) else None
        inner = _date_of(inner) or inner
        names.append(inner.name if isinstance(inner, exp.Column) else "")
    return sorted(names) == [f"{column}_l", f"{column}_r"]


def _step(tree: exp.Expr | None, column: str) -> Step | None:
    """`jaro_winkler_similarity(x_l, x_r) >= 0.9` and its like as a step."""
    if not isinstance(tree, (exp.GTE, exp.LTE)):
        return None
    limit, called = _number(tree.expression), tree.this
    if limit is None:
        return None
    sign = ">=" if isinstance(tree, exp.GTE) else "<="
    if isinstance(called, exp.Abs) and isinstance(called.this, exp.Sub) and sign == "<=":
        dates = [_date_of(side.this) if _is_epoch(side) else None for side in (called.this.left, called.this.right)]
        return Step("days", limit / _SECONDS) if _column_of(*dates) == column else None
    name = called.name.lower() if isinstance(called, exp.Anonymous) else called.key.lower()
    arguments = [value for value in called.iter_expressions() if isinstance(value, exp.Column)]
    measure = _FUNCTIONS.get(name)
    if measure is None or MEASURES[measure] != sign or len(arguments) != 2 or _column_of(*arguments) != column:
        return None
    return Step(measure, limit)


def _is_epoch(tree: Any) -> bool:
    """Whether this is a moment in seconds since 1970."""
    return isinstance(tree, (exp.TimeToUnix, exp.StrToUnix)) or (
        isinstance(tree, exp.Anonymous) and tree.name.lower() == "epoch"
    )


def _date_of(tree: Any) -> exp.Column | None:
    """The column inside what reads a text YYYY-MM-DD as a date."""
    if not isinstance(tree, exp.Anonymous) or tree.name.lower() not in _DATES:
        return None
    column, form = (*tree.expressions, None, None)[:2]
    return column if isinstance(column, exp.Column) and form is not None and form.name in _DAY else None


def _number(tree: Any) -> float | None:
    try:
        return float(tree.name) if isinstance(tree, exp.Literal) and not tree.is_string else None
    except ValueError:
        return None


def _term_frequency_trouble(levels: list[Mapping[str, Any]], column: str, reader: _Reader) -> str | None:
    for number, level in enumerate(levels):
        adjusted = level.get("tf_adjustment_column")
        if not adjusted:
            continue
        name = str(adjusted).strip('"`')
        if number > 0 or name != column:
            return f"level `{level.get('label_for_charts')}` is adjusted for the frequency of `{name}`."
        if level.get("tf_adjustment_weight", 1.0) != 1.0 or level.get("tf_minimum_u_value", 0.0) != 0.0:
            return "its adjustment for term frequencies has a weight or a minimum."
    return None


def _shared(rule: str, reader: _Reader) -> list[str] | None:
    """The columns whose equal values a blocking rule asks for; None where it asks for anything else."""
    tree = reader.parsed(rule)
    parts = [tree] if not isinstance(tree, exp.And) else list(tree.flatten())
    columns = []
    for part in parts:
        part = part.unnest() if part is not None else None
        left, right = (part.this, part.expression) if isinstance(part, exp.EQ) else (None, None)
        if not (isinstance(left, exp.Column) and isinstance(right, exp.Column) and left.name == right.name):
            return None
        if {left.table, right.table} != {"l", "r"}:
            return None
        columns.append(reader.named(left.name))
    return columns or None
