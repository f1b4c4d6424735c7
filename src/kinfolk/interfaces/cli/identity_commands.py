"""`kinfolk identity …`: how records become customers, looked at, audited and explained."""

from __future__ import annotations

import typer

from kinfolk.interfaces.cli import event_commands, threshold_commands

app = typer.Typer(
    name="identity",
    help="How records become customers: the model, its charts, audits, events and households.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
event_commands.register(app)
threshold_commands.register(app)
