"""`kinfolk identity …`: how records become customers, looked at, audited and explained."""

from __future__ import annotations

import typer

from kinfolk.interfaces.cli import (
    audit_commands,
    chart_commands,
    event_commands,
    household_commands,
    portable_commands,
    shared_commands,
    threshold_commands,
)

app = typer.Typer(
    name="identity",
    help="How records become customers: the model, its charts, audits, events, households and shared values.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
event_commands.register(app)
household_commands.register(app)
shared_commands.register(app)
app.add_typer(audit_commands.app)
app.add_typer(portable_commands.app)
chart_commands.register(app)
threshold_commands.register(app)
