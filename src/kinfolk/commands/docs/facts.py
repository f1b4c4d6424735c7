"""What the pages say, gathered from the project."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kinfolk.model.company_model import CompanyModel, ModelTest
from kinfolk.model.lineage import ColumnRef, Lineage
from kinfolk.model.project import Project
from kinfolk.model.source import ColumnRule, Source
from kinfolk.pipeline.lineage import lineage
from kinfolk.pipeline.models import every_test
from kinfolk.tables.landing import TABLES as LANDING
from kinfolk.tables.landing import landing_table
from kinfolk.tables.models import READABLE
from kinfolk.tables.models import TABLES as OF_MODELS
from kinfolk.tables.table import Erasure, Table

_LANDING = "landing."
_ERASED = {
    Erasure.DELETE_ROWS: "the person's rows are deleted",
    Erasure.REBUILD: "it is made anew from tables already erased",
    Erasure.KEEP: "it is kept: nothing in it is about a person",
}


@dataclass(frozen=True)
class ColumnFacts:
    """A column: its type and meaning where they are promised, what it is made from, what is made from it."""

    name: str
    type: str
    about: str
    made_from: tuple[ColumnRef, ...]
    sources: tuple[ColumnRef, ...]
    goes_into: tuple[ColumnRef, ...]


@dataclass(frozen=True)
class MappedColumn:
    """One canonical column that a source feeds, and how."""

    table: str
    column: str
    rule: str
    kind: str


@dataclass(frozen=True)
class Facts:
    """The project, its lineage, and where each thing has its page."""

    project: Project
    lineage: Lineage

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Our tables that this project makes, by name."""
        made = {name: READABLE[name] for name in self.lineage.made if name in READABLE}
        kept = (*LANDING, *(OF_MODELS if self.project.models else ()))
        return tuple(sorted({**made, **{t.name: t for t in kept}}.values(), key=lambda t: t.name))

    @cached_property
    def schemas(self) -> dict[str, list[Table]]:
        """Our tables by the layer they belong to, in the order of the way."""
        found: dict[str, list[Table]] = {}
        for schema in ("landing", "quarantine", "staging", "identity", "profiles", "catalogue", "quality"):
            mine = [table for table in self.tables if table.name.startswith(f"{schema}.")]
            if mine:
                found[schema] = mine
        return found

    def page(self, kind: str, name: str) -> str:
        """The file of a thing's page, from the start page's folder."""
        plain = re.sub(r"[^A-Za-z0-9_.-]", "-", name)
        if plain != name:  # two names may become alike
            plain += "-" + hashlib.sha256(name.encode()).hexdigest()[:6]
        return f"{kind}/{plain}.html"

    def href(self, table: str, column: str | None = None) -> str:
        """The page of a table, at one of its columns; empty where it has none."""
        schema, _, name = table.partition(".")
        if schema == "models":
            page = self.page("models", name)
        elif any(table == known.name for known in self.tables):
            page = self.page("tables", table)
        elif schema == "landing" and any(source.name == name for source in self.project.sources):
            page = self.page("sources", name)
        else:
            return ""
        return f"{page}#{self.anchor(column)}" if column else page

    def anchor(self, column: str) -> str:
        """Where a column stands on its page."""
        return "column-" + (re.sub(r"[^A-Za-z0-9_-]", "-", column))

    def columns(self, table: Table) -> list[ColumnFacts]:
        """The columns of one of our tables, the company's attributes among them."""
        promised = {column.name: (column.type, column.about) for column in table.columns}
        names = dict.fromkeys((*promised, *self.lineage.made.get(table.name, ())))
        own = ("varchar", "an attribute of the company's own")
        return [self._column(table.name, name, *promised.get(name, own)) for name in names]

    def model_columns(self, model: CompanyModel) -> list[ColumnFacts]:
        """The columns of a model, as far as its text names them."""
        said = {column.name: column.description for column in model.columns}
        names = dict.fromkeys((*self.lineage.made.get(model.table, ()), *said))
        return [self._column(model.table, name, "", said.get(name, "")) for name in names]

    def source_columns(self, source: Source) -> list[ColumnFacts]:
        """The source's own columns that the project uses, then those that landing adds."""
        table = _LANDING + source.name
        added = {column.name: column for column in landing_table(source.name).columns}
        used = self.lineage.columns(table)
        own = [self._column(table, name, "", "") for name in used if name not in added]
        return own + [self._column(table, name, "", added[name].about) for name in added if name in used]

    def tests(self, model: CompanyModel) -> list[ModelTest]:
        """The tests of a model."""
        return [test for test in every_test(self.project) if test.table == model.table]

    def readers(self, table: str) -> list[str]:
        """Models that read a table."""
        return [model.name for model in self.project.models if table in model.reads]

    def mapped(self, source: Source) -> list[MappedColumn]:
        """How a source's columns become canonical ones."""
        return [
            MappedColumn(mapping.table, name, *_rule(rule))
            for mapping in source.mappings
            for name, rule in (*mapping.columns.items(), *mapping.attributes.items())
        ]

    def owned(self, owner: str) -> list[tuple[str, str]]:
        """What a domain or person answers for, as name and page."""
        sources = [(s.name, self.page("sources", s.name)) for s in self.project.sources if s.owner == owner]
        models = [(m.table, self.page("models", m.name)) for m in self.project.models if m.owner == owner]
        return [*sources, *models]

    def ownerless(self) -> list[tuple[str, str]]:
        """Sources and models nobody answers for, as name and page."""
        sources = [(s.name, self.page("sources", s.name)) for s in self.project.sources if not s.owner]
        models = [(m.table, self.page("models", m.name)) for m in self.project.models if not m.owner]
        return [*sources, *models]

    def erased(self, table: Table) -> str:
        """What happens to the table when a person is erased."""
        return _ERASED[table.erasure]

    def options(self, source: Source) -> list[tuple[str, str]]:
        """The connector's settings as they stand in the file: secrets as their references."""
        return [(key, _written(value)) for key, value in source.options.items()]

    def search_entries(self) -> Iterator[dict[str, Any]]:
        """Everything that can be looked for: its name, what it is, its page."""
        for source in self.project.sources:
            page = self.page("sources", source.name)
            yield {"name": source.name, "kind": "source", "page": page, "about": source.description}
            for column in self.source_columns(source):
                if column.about:
                    continue
                where = f"{page}#{self.anchor(column.name)}"
                yield {"name": column.name, "kind": f"column of {source.name}", "page": where, "about": ""}
        for table in self.tables:
            page = self.page("tables", table.name)
            yield {"name": table.name, "kind": "table", "page": page, "about": table.grain}
            for column in self.columns(table):
                where = f"{page}#{self.anchor(column.name)}"
                yield {"name": column.name, "kind": f"column of {table.name}", "page": where, "about": column.about}
        for model in self.project.models:
            page = self.page("models", model.name)
            yield {"name": model.table, "kind": "model", "page": page, "about": model.description}
            for column in self.model_columns(model):
                where = f"{page}#{self.anchor(column.name)}"
                yield {"name": column.name, "kind": f"column of {model.table}", "page": where, "about": column.about}
        for domain in self.project.ownership.domains.values():
            yield {"name": domain.name, "kind": "domain", "page": "owners.html", "about": domain.description}

    def _column(self, table: str, name: str, kind: str, about: str) -> ColumnFacts:
        ref = ColumnRef(table, name)
        made_from = self.lineage.parents(ref)
        ends = tuple(end for end in self.lineage.ends(ref) if end.table.startswith(_LANDING) and end not in made_from)
        return ColumnFacts(name, kind, about, made_from, ends, self.lineage.children(ref))


def gather(project: Project) -> Facts:
    """The facts of a project."""
    return Facts(project, lineage(project))


def _rule(rule: ColumnRule) -> tuple[str, str]:
    """How a canonical column is made, and in which way: column, first of, joined, constant or expression."""
    if rule.sql is not None:
        return rule.sql, "expression"
    if rule.value is not None:
        return rule.value, "constant"
    if rule.join is not None:
        return " + ".join(rule.columns), "joined"
    return " or ".join(rule.columns), "first not empty" if len(rule.columns) > 1 else "column"


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_written(inner)}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_written, value))
    return (
        {True: "yes", False: "no", None: ""}.get(value, str(value))
        if isinstance(value, (bool, type(None)))
        else str(value)
    )
