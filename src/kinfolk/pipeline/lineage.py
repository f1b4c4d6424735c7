"""From a project, without running it, to where every published column comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from kinfolk.engine.origins import NOTHING, Ref, Refs, Relation, origins
from kinfolk.engine.step import Compute, Publish, Query, Step
from kinfolk.model.lineage import ColumnRef, Lineage
from kinfolk.model.project import Project
from kinfolk.pipeline.arrivals import active_sources
from kinfolk.pipeline.consents import declared_steps
from kinfolk.stages import identity, profiles, staging
from kinfolk.stages.identity.events import no_event_step
from kinfolk.stages.models import model_steps
from kinfolk.tables.models import READABLE
from kinfolk.tables.table import Table

_LANDING = "landing."


def lineage(project: Project) -> Lineage:
    """Every column of every table that a run of this project publishes, with the columns it is made from.

    It ends at landing.<source>: its columns are the source's own.
    """
    return of_steps(project_steps(project))


def project_steps(project: Project) -> Iterator[Step]:
    """The steps from what landed to the company's models, as a first run would take them."""
    sources = active_sources(project)
    yield from staging.staging_steps(sources, project.sources)
    yield from identity.steps(project.identity, frozenset())
    yield no_event_step()
    people = [source.name for source in sources if source.mapping("people")]
    yield from profiles.profile_steps(profiles.golden_fields(sources), project.survivorship, people)
    yield from identity.belonging_steps(project.identity, frozenset())
    yield from profiles.activity_steps(sources)
    yield from declared_steps(project, sources)
    yield from model_steps(project.models)


def of_steps(steps: Iterable[Step]) -> Lineage:
    """The lineage of steps in their order. Tables that are work of one run are seen through."""
    walk = _Walk()
    for step in steps:
        walk.take(step)
    made = {
        table: {column: tuple(ColumnRef(*ref) for ref in sorted(refs)) for column, refs in columns.items()}
        for table, columns in walk.published.items()
    }
    return Lineage(made, walk.titles, walk.reads)


class _Walk:
    """Tables as the steps make them."""

    def __init__(self) -> None:
        self.work: dict[str, Relation] = {}
        self.published: dict[str, Mapping[str, Refs]] = {}
        self.titles: dict[str, str] = {}
        self.reads: dict[str, tuple[str, ...]] = {}

    def take(self, step: Step) -> None:
        """The tables of one step join those known."""
        if isinstance(step, Query):
            self._keep(step.writes, step.publish, origins(step.tree, self._table), step)
        elif isinstance(step, Compute):
            inputs = {name: origins(tree, self._table) for name, tree in step.inputs.items()}
            for name, publish in step.writes.items():
                self._keep(name, publish, _computed(name, step, inputs), step)

    def _keep(self, name: str, publish: Publish, relation: Relation, step: Query | Compute) -> None:
        self.reads[name] = tuple(dict.fromkeys(seen for read in step.reads for seen in self._seen_through(read)))
        if publish is Publish.NO:
            self.work[name] = relation
            return
        self.published[name] = relation.known
        self.titles[name] = step.title
        own = {column: frozenset({(name, column)}) for column in relation.known}
        self.work[name] = Relation(own, None if relation.others is None else _of(name))

    def _seen_through(self, name: str) -> tuple[str, ...]:
        if name.startswith("current."):
            return (_LANDING + name.partition(".")[2],)
        return (name,) if name in self.published or name not in self.reads else self.reads[name]

    def _table(self, name: str) -> Relation:
        """A table as the steps before have made it; else one that is there before them."""
        if name in self.work:
            return self.work[name]
        if name.startswith("current."):
            name = _LANDING + name.partition(".")[2]
        promised = READABLE.get(name)
        if promised is None:
            return Relation(others=_of(name))
        return Relation({column.name: frozenset({(name, column.name)}) for column in promised.columns})


def _of(table: str) -> Callable[[str], Refs]:
    def column(name: str) -> Refs:
        ref: Ref = (table, name)
        return frozenset({ref})

    return column


def _computed(name: str, step: Compute, inputs: Mapping[str, Relation]) -> Relation:
    """A column by what the step declares of it; one that is not declared counts as made from every input."""
    every = frozenset(ref for relation in inputs.values() for refs in relation.known.values() for ref in refs)
    declared = {
        column.removeprefix(f"{name}."): made for column, made in step.columns.items() if column.startswith(name)
    }
    promised: Table | None = READABLE.get(name)
    columns = dict.fromkeys([*(c.name for c in promised.columns)] if promised else declared)
    known = {}
    for column in columns:
        parts = [part.partition(".")[::2] for part in declared.get(column, ())]
        found = [inputs[of].column(part) or NOTHING for of, part in parts if of in inputs]
        known[column] = frozenset().union(*found) if column in declared else every
    return Relation(known, None if promised else lambda _: every)
