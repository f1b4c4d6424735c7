"""`kinfolk customer …`: customers made one, taken apart again, and what made them what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder, Wait, signed
from kinfolk.interfaces.cli.review_commands import By, Note, Run, follow

if TYPE_CHECKING:
    from kinfolk.commands.customer import Written

app = typer.Typer(
    name="customer",
    help="Customers made one, taken apart again, and what made them what they are.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Customer = Annotated[str, typer.Argument(help="Customer id; one that is no longer in use leads to its customer.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]


@app.command()
def merge(
    first: Customer,
    others: Annotated[list[str], typer.Argument(help="Customers to be made one with it.")],
    by: By = None,
    note: Note = None,
    dry_run: DryRun = False,
    run: Run = False,
    wait: Wait = 0,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Make customers one. The next run obeys; `customer unmerge` takes it back."""
    from kinfolk.commands import customer
    from kinfolk.commands.review import Signature

    signature = Signature(signed(by), note, wait)
    _tell(customer.merge(folder, [first, *others], signature, environment, dry_run=dry_run), as_json, run=run)
    if run and not dry_run:
        follow(folder, environment)


@app.command()
def unmerge(
    who: Customer,
    records: Annotated[
        list[str] | None, typer.Argument(help="Records to be split off, as source:id.", show_default="the last merge")
    ] = None,
    by: By = None,
    note: Note = None,
    dry_run: DryRun = False,
    run: Run = False,
    wait: Wait = 0,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Take a customer apart: the last merge by hand, the customer it took in, or the records named.

    Customers who part are who they were: their ids and profiles come back.
    """
    from kinfolk.commands import customer
    from kinfolk.commands.review import Signature

    signature = Signature(signed(by), note, wait)
    _tell(customer.unmerge(folder, (who, records or []), signature, environment, dry_run=dry_run), as_json, run=run)
    if run and not dry_run:
        follow(folder, environment)


@app.command()
def history(who: Customer, folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Show what made a customer what it is: its records, what holds them together, and every decision on them."""
    from kinfolk.commands import customer
    from kinfolk.interfaces.cli import decision_views

    found = customer.history(folder, who, environment)
    output.answer(found, as_json, lambda: decision_views.history(found))


def _tell(written: Written, as_json: bool, *, run: bool) -> None:
    from kinfolk.interfaces.cli import decision_views

    output.answer(written, as_json, lambda: decision_views.written(written, waits=not run))
