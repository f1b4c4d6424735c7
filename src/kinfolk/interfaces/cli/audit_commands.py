"""`kinfolk identity audit …`: how good the customers are, from pairs that people judge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder

app = typer.Typer(
    name="audit",
    help="How good the customers are, from pairs that people judge.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def draw(
    out: Annotated[Path, typer.Option("--out", help="The .csv or .json file for the judges.")],
    size: Annotated[int, typer.Option("--size", help="Pairs to draw.", min=1)] = 200,
    seed: Annotated[
        int | None,
        typer.Option("--seed", help="Draws the same pairs again from the same state.", min=0, show_default="chance"),
    ] = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Draw pairs for people to judge: joined and not joined, from the sure to the never compared."""
    from kinfolk.commands import audit
    from kinfolk.interfaces.cli import audit_views

    made = audit.draw(folder, out, size, seed, environment)
    output.answer(made, as_json, lambda: audit_views.drawn(made))


@app.command()
def report(
    files: Annotated[list[Path], typer.Argument(help="The judged file; one for each judge.")],
    key: Annotated[
        Path | None,
        typer.Option("--key", help="The key that `draw` wrote.", show_default="the one beside the file"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say from the verdicts how many merges are right, how many were missed, and how many customers are double."""
    from kinfolk.commands import audit
    from kinfolk.interfaces.cli import audit_views

    made = audit.report(files, key)
    output.answer(made, as_json, lambda: audit_views.reported(made))


@app.command()
def estimate(folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Show what the model itself expects: a first idea before anybody has judged."""
    from kinfolk.commands import audit
    from kinfolk.interfaces.cli import audit_views

    found = audit.estimate(folder, environment)
    output.answer(found, as_json, lambda: audit_views.opinion(found))
