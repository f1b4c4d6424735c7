"""`kinfolk identity households` and `kinfolk identity accounts`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from kinfolk.interfaces.cli import output, views
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder

Customer = Annotated[str | None, typer.Option("--customer", help="Only those of this customer.", show_default=False)]
Limit = Annotated[int, typer.Option("--limit", help="Rows at most; 0 for all.", min=0)]


def register(app: typer.Typer) -> None:
    """Adds both commands to the group."""
    app.command()(households)
    app.command()(accounts)


def households(
    customer: Customer = None,
    limit: Limit = 100,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Show who lives with whom, and on what evidence."""
    from kinfolk.commands.households import households

    found = households(folder, customer, limit or None, environment)
    columns = ("household_id", "customer_id", "name", "probability", "evidence")
    output.answer(found, as_json, lambda: _shown("Households", columns, found))


def accounts(
    customer: Customer = None,
    limit: Limit = 100,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Show the companies customers belong to, and the values that lead there."""
    from kinfolk.commands.households import accounts

    found = accounts(folder, customer, limit or None, environment)
    output.answer(found, as_json, lambda: _shown("Accounts", ("account_id", "name", "customers", "led_by"), found))


def _shown(title: str, columns: Sequence[str], found: Sequence[dict[str, Any]]) -> None:
    listed = views.table(title, [name.replace("_", " ") for name in columns])
    for row in found:
        cells = (f"{v:.3f}" if isinstance(v, float) else v for v in (row[name] for name in columns))
        listed.add_row(*map(views.escaped, cells))
    views.console().print(listed)
