"""Commands that watch a project for other programs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from kinfolk.interfaces.cli import output


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(metrics)


def metrics(
    folder: Annotated[Path, typer.Argument(help="Folder of the project.", show_default="here")] = Path(),
    environment: Annotated[
        str | None, typer.Option("--environment", "-e", help="One of the project's environments.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Replace this file, whole, instead of printing.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")] = False,
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
