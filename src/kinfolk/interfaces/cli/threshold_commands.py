"""`kinfolk identity thresholds`: what each threshold is expected to be worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder

if TYPE_CHECKING:
    from kinfolk.commands.thresholds import Thresholds


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(thresholds)


def thresholds(folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Show from which probability records are one customer, and the precision and recall expected at others."""
    from kinfolk.commands.thresholds import thresholds

    found = thresholds(folder, environment)
    output.answer(found, as_json, lambda: _shown(found))


def _shown(found: Thresholds) -> None:
    from kinfolk.interfaces.cli import views

    out = views.console()
    listed = views.table(
        "Thresholds", ("from", "pairs", "precision expected", "recall expected", ""), right=("from", "pairs")
    )
    for step in found.steps:
        here = "in force" if step.at == found.merge_at else ""
        listed.add_row(
            f"{step.at:.4g}", f"{step.pairs:,}", views.percent(step.precision), views.percent(step.recall), here
        )
    out.print(listed)
    for name, value in (("merge_at", found.merge_at), ("review_at", found.review_at)):
        by = "identity.yml" if name in found.written else "the data"
        out.print(f"{name} is {value:.4g}, set by {by}.")
    if "merge_at" in found.written:
        out.print(f"The data would set merge_at to {found.proposed:.4g}.")
    out.print(
        "[dim]Expected under the model: its assumptions never hold exactly. Judge a sample before relying on it.[/]"
    )
    for words in found.not_learned:
        out.print(f"[yellow]Not learned:[/] {views.escaped(words)}")
