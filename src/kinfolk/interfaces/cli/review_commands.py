"""`kinfolk review …`: pairs of records that wait for a person, and what people decided."""

from __future__ import annotations

from typing import Annotated

import typer

from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder, Wait, signed

app = typer.Typer(
    name="review",
    help="Pairs of records that wait for a person: which, why, and what was decided.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

First = Annotated[str, typer.Argument(help="A record, as source:id.")]
Second = Annotated[str, typer.Argument(help="Another record, as source:id.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides.", show_default="the user signed in")]
Note = Annotated[str | None, typer.Option("--note", help="Why.", show_default=False)]
Run = Annotated[bool, typer.Option("--run", help="Run the project afterwards, so that it counts at once.")]


@app.command("list")
def list_(
    most: Annotated[int, typer.Option("--limit", help="How many to show.", min=1)] = 20,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Show the pairs that wait, those first whose answer is worth most."""
    from kinfolk.commands import review
    from kinfolk.interfaces.cli import decision_views

    found = review.queue(folder, most, environment)
    output.answer(found, as_json, lambda: decision_views.queue(found))


@app.command()
def show(
    first: First, second: Second, folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False
) -> None:
    """Show the evidence about two records, and what was decided about them."""
    from kinfolk.commands import review
    from kinfolk.interfaces.cli import decision_views

    found = review.show(folder, first, second, environment)
    output.answer(found, as_json, lambda: decision_views.shown(found))


@app.command()
def decide(
    first: First,
    second: Second,
    verdict: Annotated[str, typer.Argument(help="same, different or 'not sure'.")],
    by: By = None,
    note: Note = None,
    run: Run = False,
    wait: Wait = 0,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Decide whether two records are one customer. The next run, and every run after it, obeys."""
    from kinfolk.commands import review
    from kinfolk.interfaces.cli import decision_views

    signature = review.Signature(signed(by), note, wait)
    made = review.decide(folder, (first, second), verdict, signature, environment)
    output.answer(made, as_json, lambda: decision_views.made(made, waits=not run))
    if run:
        follow(folder, environment)


@app.command()
def withdraw(
    number: Annotated[int, typer.Argument(help="Number of the decision (`review decisions`).")],
    by: By = None,
    note: Note = None,
    run: Run = False,
    wait: Wait = 0,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Take a decision back, as if nobody had ever decided about the two records."""
    from kinfolk.commands import review
    from kinfolk.interfaces.cli import decision_views

    signature = review.Signature(signed(by), note, wait)
    made = review.withdraw(folder, number, signature, environment)
    output.answer(made, as_json, lambda: decision_views.made(made, waits=not run))
    if run:
        follow(folder, environment)


@app.command()
def decisions(folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Show every decision, the latest first, and whether it holds."""
    from kinfolk.commands import review
    from kinfolk.interfaces.cli import decision_views

    found = review.decisions(folder, environment)
    output.answer(found, as_json, lambda: decision_views.decisions(found))


def follow(folder: Folder, environment: str | None) -> None:
    """One run after a decision."""
    from kinfolk.interfaces.cli import running
    from kinfolk.model.run import RunOptions

    record = running.once(running.Asked(folder, environment, RunOptions(), None, as_json=False))
    output.note(f"Run {record.run_id} {record.status}.")
