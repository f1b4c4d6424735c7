"""How models, their tests and the lineage of columns look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kinfolk.interfaces.cli import views

if TYPE_CHECKING:
    from rich.tree import Tree

    from kinfolk.commands.docs import Site
    from kinfolk.commands.lineage import Traces
    from kinfolk.commands.models import ModelListed, ModelShown, Tested
    from kinfolk.model.lineage import Traced


def listed(found: Sequence[ModelListed]) -> None:
    """One line a model."""
    out = views.console()
    if not found:
        out.print("The project has no models. A model is one SELECT in models/<name>.sql.")
        return
    shown = views.table(
        "Models", ["model", "in", "reads", "used by", "owner", "tests", "rows"], right=["tests", "rows"]
    )
    for model in found:
        reads, used_by = ", ".join(model.reads), ", ".join(model.used_by)
        cells = (model.name, model.language, reads, used_by, model.owner, model.tests, model.rows)
        shown.add_row(*map(views.escaped, cells))
    out.print(shown)


def shown(found: ModelShown) -> None:
    """The model's promise, its columns with their origins, its tests, its text."""
    out = views.console()
    model = found.model
    out.print(f"\n[bold]{views.escaped(model.table)}[/]  [dim]{views.escaped(model.place.file)}[/]")
    for words in (
        model.description,
        model.grain and f"One row: {model.grain}",
        model.owner and f"Owner: {model.owner}",
    ):
        if words:
            out.print(views.escaped(words))
    out.print(f"Reads: {views.escaped(', '.join(model.reads) or 'nothing')}\n")
    columns = views.table("Columns", ["column", "made from", "about"])
    for column in found.columns:
        made_from = ", ".join(map(str, column.made_from))
        columns.add_row(*map(views.escaped, (column.name, made_from, column.description)))
    out.print(columns)
    if found.tests:
        tests = views.table("Tests", ["test", "severity", "written in"])
        for test in found.tests:
            tests.add_row(*map(views.escaped, (test.name, test.severity, test.place)))
        out.print(tests)
    out.print(views.escaped(model.text.rstrip()))


def tested(found: Sequence[Tested]) -> None:
    """Each test and what it found, then rows that do not hold."""
    out = views.console()
    if not found:
        out.print("There are no tests. Write them in models/<name>.yml, or as SQL in models/tests/.")
        return
    shown = views.table("Tests", ["model", "test", "result", "rows", "written in"], right=["rows"])
    for one in found:
        result = "[green]holds[/]" if one.passed else f"[{'red' if one.test.severity == 'fail' else 'yellow'}]fails[/]"
        name = (one.test.table or "").removeprefix("models.")
        cells = [views.escaped(cell) for cell in (name, one.test.name, one.failures, one.test.place)]
        shown.add_row(cells[0], cells[1], result, *cells[2:])
    out.print(shown)
    for one in found:
        if not one.passed and one.sample.rows:
            out.print(f"[bold]{views.escaped(one.test.name)}[/] ({views.escaped(one.test.place)})")
            views.rows(one.sample)


def built(site: Site) -> None:
    """What was written, and which page to open."""
    out = views.console()
    out.print(f"Wrote [bold]{site.pages}[/] pages to {views.escaped(site.folder)}.")
    out.print(f"Open {views.escaped(site.start)}", soft_wrap=True)


def traced(found: Traces) -> None:
    """The way as a tree, or one line a column for a whole table."""
    from rich.tree import Tree

    out = views.console()
    if len(found.columns) == 1:
        tree = Tree(f"[bold]{views.escaped(found.columns[0].ref)}[/]")
        _grow(tree, found.columns[0])
        out.print(tree)
        if not found.columns[0].below:
            source = found.columns[0].ref.table.startswith("landing.")
            up = "Here it comes in: a column of the source itself." if source else "It is made from no other column."
            out.print(f"[dim]{'Nothing is made from it.' if found.down else up}[/]")
        return
    shown = views.table(found.asked, ["column", "what is made from it" if found.down else "made from"])
    for column in found.columns:
        shown.add_row(views.escaped(column.ref.column), views.escaped(", ".join(str(one.ref) for one in column.below)))
    out.print(shown)


def _grow(tree: Tree, traced: Traced) -> None:
    for below in traced.below:
        again = " [dim](shown above)[/]" if below.again else ""
        _grow(tree.add(views.escaped(below.ref) + again), below)
