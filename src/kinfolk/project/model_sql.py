"""SQL that a person wrote for a model: one SELECT over named tables that gives the same rows every time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from kinfolk.errors import Mistake
from kinfolk.model.place import Place

_ADVICE = "A model is one SELECT in DuckDB's dialect."
_NOW = "Take a moment that stays the same, such as (select max(loaded_at) from landing.loads)."
_CHANCE = "Take a hash of the row's key, such as hash(customer_id), or order by the key."

# Functions in FROM that read nothing outside. A list of what may be called, because extensions bring others.
_IN_FROM = (exp.GenerateSeries, exp.Unnest, exp.Explode)
_IN_FROM_NAMES = frozenset({"generate_series", "range", "unnest", "repeat", "repeat_row", "json_each", "json_tree"})

# What gives another answer each time, or tells of the machine; by class where sqlglot knows it, else by name.
_CLOCK = (
    exp.CurrentDate,
    exp.CurrentDatetime,
    exp.CurrentTime,
    exp.CurrentTimestamp,
    exp.Localtime,
    exp.Localtimestamp,
)
_CLOCK_NAMES = frozenset(
    {"now", "today", "get_current_timestamp", "get_current_time", "transaction_timestamp", "current_localtime"}
    | {"current_localtimestamp"}
)
_DICE = (exp.Rand, exp.Randn, exp.Uuid, exp.TableSample)
_DICE_NAMES = frozenset({"gen_random_uuid", "uuidv4", "uuidv7", "setseed", "nextval", "currval", "txid_current"})
_MACHINE_NAMES = frozenset(
    {"getenv", "getvariable", "current_setting", "read_text", "read_blob", "current_database", "current_schema"}
    | {"current_schemas", "current_query", "version", "in_search_path", "query", "query_table"}
)


@dataclass(frozen=True)
class Mention:
    """A table a file reads, as schema.name, and the line that first says so."""

    table: str
    line: int


def select(
    text: str, file: str, *, named: bool = True
) -> tuple[tuple[Mention, ...], tuple[str, ...] | None, list[Mistake]]:
    """The tables that the SELECT reads, the columns it makes (None where `*` stands), and what is wrong with it.

    named  whether every column needs a name
    """
    tree, mistakes = _parsed(text, file)
    if tree is None:
        return (), None, mistakes
    finder = _Finder(tree, file)
    mistakes += finder.mistakes()
    outputs = _outputs(tree)
    if named and outputs is not None:
        mistakes += _names(outputs, file)
    return finder.reads(), outputs, mistakes


def _parsed(text: str, file: str) -> tuple[exp.Query | None, list[Mistake]]:
    for sign in ("{{", "{%"):
        if sign in text:
            line = text.count("\n", 0, text.index(sign)) + 1
            hint = "Write the table's name: models.orders, profiles.customers."
            return None, [Mistake(Place(file, line), f"`{sign}` is a template's sign; models are plain SQL.", hint)]
    log = logging.getLogger("sqlglot")
    level = log.level
    log.setLevel(logging.CRITICAL)  # it warns about statements it only half knows; they are refused below anyway
    try:
        trees = [tree for tree in sqlglot.parse(text, dialect=DuckDB) if tree and not isinstance(tree, exp.Semicolon)]
    except SqlglotError as error:
        return None, [_unreadable(error, file)]
    except RecursionError:
        return None, [Mistake(Place(file), "The SQL is nested too deeply.", _ADVICE)]
    finally:
        log.setLevel(level)
    if len(trees) != 1:
        what = "The file is empty." if not trees else "The file holds more than one statement."
        return None, [Mistake(Place(file), what, _ADVICE)]
    if not isinstance(trees[0], exp.Query):
        return None, [Mistake(Place(file), "The file holds no SELECT.", _ADVICE)]
    return trees[0], []


def _unreadable(error: SqlglotError, file: str) -> Mistake:
    details = (getattr(error, "errors", None) or [{}])[0]
    word = str(details.get("highlight") or "")
    near = f" near `{word}`" if word and len(word) <= 40 else ""
    return Mistake(Place(file, int(details.get("line") or 1)), f"The SQL cannot be read{near}.", _ADVICE)


def _outputs(tree: exp.Query) -> tuple[str, ...] | None:
    """Names of the columns; None where they depend on the tables. An expression without a name is an empty text."""
    body: exp.Expr = tree
    while isinstance(body, (exp.SetOperation, exp.Subquery)):
        if isinstance(body, exp.SetOperation) and body.args.get("by_name"):
            return None
        body = body.this
    if not isinstance(body, exp.Select) or any(_many(part) for part in body.expressions):
        return None
    return tuple(_name(part) for part in body.expressions)


def _name(part: exp.Expr) -> str:
    return part.alias or (part.name if isinstance(part, (exp.Column, exp.Dot)) else "")


def _many(part: exp.Expr) -> bool:
    """Whether a part of SELECT may stand for more than one column."""
    return part.is_star or part.find(exp.Columns) is not None


def _names(outputs: tuple[str, ...], file: str) -> Iterator[Mistake]:
    for number, name in enumerate(outputs, 1):
        if not name:
            yield Mistake(Place(file), f"Column {number} has no name.", "Write `as …` behind it.")
    lower = [name.lower() for name in outputs if name]
    for name in dict.fromkeys(lower):
        if lower.count(name) > 1:
            yield Mistake(Place(file), f"Two columns are called `{name}`.")


class _Finder:
    """What one tree reads and calls."""

    def __init__(self, tree: exp.Query, file: str) -> None:
        self.tree = tree
        self.file = file
        self.own = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}

    def reads(self) -> tuple[Mention, ...]:
        """Tables read, each once."""
        found: dict[str, int] = {}
        for table in self.tree.find_all(exp.Table):
            if table.db and not table.catalog:
                found.setdefault(f"{table.db}.{table.name}", _line(table))
        return tuple(Mention(name, line) for name, line in found.items())

    def mistakes(self) -> Iterator[Mistake]:
        """What the SELECT names or calls and may not."""
        yield from self._tables()
        yield from self._functions()
        for node in self.tree.find_all(exp.Placeholder, exp.Parameter, exp.SessionParameter):
            yield self._mistake(node, "A parameter stands here, and there is nothing to fill it with.")

    def _tables(self) -> Iterator[Mistake]:
        for table in self.tree.find_all(exp.Table):
            inside = table.this
            if isinstance(inside, exp.Func):
                called = inside.name if isinstance(inside, exp.Anonymous) else inside.sql_name()
                if not isinstance(inside, _IN_FROM) and called.lower() not in _IN_FROM_NAMES:
                    hint = "A model reads published tables. Bring a file in as a source."
                    yield self._mistake(table, f"`{called.lower()}` cannot be called here.", hint)
            elif table.catalog:
                yield self._mistake(table, f"`{table.catalog}` is not needed.", f"Write {table.db}.{table.name}.")
            elif not table.db and table.name.lower() not in self.own:
                hint = "Write schema.table, such as profiles.customers or models.<name>."
                yield self._mistake(table, f"`{table.name}` is no table.", hint)

    def _functions(self) -> Iterator[Mistake]:
        for node in self.tree.find_all(exp.Func, exp.TableSample):
            name = (node.name if isinstance(node, exp.Anonymous) else type(node).__name__).lower()
            one_sided_age = name == "age" and len(node.expressions) < 2
            if isinstance(node, _CLOCK) or name in _CLOCK_NAMES or one_sided_age:
                yield self._mistake(node, f"`{_called(node)}` is another moment in each run.", _NOW)
            elif isinstance(node, _DICE) or name in _DICE_NAMES:
                yield self._mistake(node, f"`{_called(node)}` gives another answer in each run.", _CHANCE)
            elif name in _MACHINE_NAMES and not isinstance(node.parent, exp.Table):
                yield self._mistake(node, f"`{_called(node)}` looks outside of the published tables.")

    def _mistake(self, node: exp.Expr, what: str, hint: str | None = None) -> Mistake:
        return Mistake(Place(self.file, _line(node)), what, hint)


def _called(node: exp.Expr) -> str:
    if isinstance(node, exp.TableSample):
        return "sample"
    return node.name if isinstance(node, exp.Anonymous) else node.sql(dialect=DuckDB).partition("(")[0].lower()


def _line(node: exp.Expr) -> int:
    """The line a node stands on: its own, or that of the nearest part of it, or around it, that has one."""
    around: exp.Expr | None = node
    while around is not None:
        for found in around.walk():
            if "line" in found.meta:
                return int(found.meta["line"])
        around = around.parent
    return 1
