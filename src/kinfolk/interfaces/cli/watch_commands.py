"""Commands that watch a project for other programs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, FolderArgument


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(metrics)


def metrics(
    folder: FolderArgument = HERE,
    environment: Environment = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Replace this file, whole, instead of printing.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print how the pipeline is doing, in the text format of Prometheus."""
    from kinfolk.commands.metrics import metrics

    text = metrics(folder, environment)
    if out:
        # A collector that reads at this moment sees the file before or the file after, never a part.
        part = out.with_name(f".{out.name}.{os.getpid()}")
        part.write_text(text, encoding="utf-8")
        part.replace(out)
        text = ""
    output.answer({"metrics": text, "file": out and str(out)}, as_json, lambda: typer.echo(text, nl=False))
