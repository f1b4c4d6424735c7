"""`kinfolk identity …`: how records become customers, looked at, audited and explained."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="identity",
    help="How records become customers: the model, its charts, audits, events and households.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
