"""`kinfolk serve`, which takes in events, and `kinfolk collect`, which tells of them."""

from __future__ import annotations

import os
import sys
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from kinfolk.errors import KinfolkError
from kinfolk.interfaces.cli import output, stopping, views
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder, FolderArgument
from kinfolk.model.interval import words_of

if TYPE_CHECKING:
    from kinfolk.commands.collect.status import Collected, Stream

collect = typer.Typer(name="collect", help="Events that were sent to `kinfolk serve`.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(serve)
    app.add_typer(collect)


def serve(
    folder: FolderArgument = HERE,
    environment: Environment = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port to listen on.", min=1, max=65535)] = 8080,
    url: Annotated[
        str | None, typer.Option("--url", help="How the world reaches it, as https://cdm.example.com.")
    ] = None,
) -> None:
    """Take in events over HTTP, and run the project soon after they came; until told to stop."""
    from kinfolk.commands.open_project import open_project

    try:
        from kinfolk.commands.access.links import set_up_link
        from kinfolk.commands.collect.door import opened
        from kinfolk.commands.collect.following import WAIT, follow, run_apart
        from kinfolk.commands.collect.reopening import events_of, follow_project, written
        from kinfolk.commands.serving import served
        from kinfolk.commands.wishes import Wishes
        from kinfolk.interfaces.server.server import Address, serve
    except ModuleNotFoundError as error:
        package = (error.name or "granian").partition(".")[0]
        if package == "kinfolk":
            raise
        raise KinfolkError(
            f"The package `{package}` is not installed.", hint="Install it with `pip install 'kinfolk[serve]'`."
        ) from error

    stop = Event()
    read = written(folder)
    project = open_project(folder, environment)
    answering = served(project, url, output.note)
    answering.wishes = wishes = Wishes(lambda words: run_apart(project, stop, words))
    with stopping.gently(stop), opened(project) as door:
        runs = Thread(
            target=follow,
            args=(door, lambda: run_apart(project, stop, begin=WAIT), output.note, stop, wishes),
            name="runs",
        )
        files = Thread(target=follow_project, args=(answering, door, environment, read, stop), name="project")
        runs.start()
        files.start()
        here = f"http://{host}:{port}"

        def ready() -> None:
            if link := set_up_link(answering):
                output.note(f"Set up the first owner within an hour: {answering.public_url or here}{link}")
            output.note(f"Listening on {here} for {events_of(door.sources)}.")

        try:
            serve(answering, door, Address(host, port), ready, stop)
        finally:
            stop.set()
            runs.join()
            files.join()
    output.note("Stopped. Every event that was acknowledged is on disk.")
    _leave()


def _leave() -> NoReturn:
    """Ends the process here and now: a thread of the server may outlive it, and aborts when Python ends under it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@collect.command()
def status(folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Show how many events came, were repeated, refused or closed for want of consent, and how many wait for a run."""
    from kinfolk.commands.collect.status import collect_status

    found = collect_status(folder, environment)
    output.answer(found, as_json, lambda: _status(found))


def _status(found: Collected) -> None:
    out = views.console()
    if not found.streams:
        out.print("No source of the project collects events.")
        return
    columns = ("source", "received", "repeated", "refused", "closed", "waiting", "lag")
    listed = views.table("Events", columns, right=columns[1:6])
    for stream in found.streams:
        refused = sum(stream.refused.values())
        numbers = (stream.received, stream.repeated, refused, stream.closed, stream.waiting)
        listed.add_row(
            views.escaped(stream.source), *map(views.cell, numbers), words_of(stream.lag) if stream.lag else ""
        )
    out.print(listed)
    causes = [(f"Refused by {s.source}", s.refused) for s in found.streams] + [("Led to no source", found.strangers)]
    for title, counted in causes:
        for cause, number in sorted(counted.items(), key=lambda one: -one[1]):
            out.print(f"{views.escaped(title)}: {number:,} × {views.escaped(cause)}")
    for stream in found.streams:
        _closed(stream)
    for name in found.unread:
        out.print(f"No source reads the events in the log of [bold]{views.escaped(name)}[/]: name a source so again.")
    if found.lag_p95 is not None:
        seconds = found.lag_p95.total_seconds()
        out.print(f"95 of 100 events were on a profile within {seconds:.1f} seconds ({found.lag_events:,} events).")


def _closed(stream: Stream) -> None:
    out, name = views.console(), views.escaped(stream.source)
    for purpose, causes in stream.closed_for.items():
        for cause, number in sorted(causes.items(), key=lambda one: -one[1]):
            out.print(f"Closed at {name}: {number:,} × {views.escaped(purpose)}, {views.escaped(cause)}")
    if stream.anonymised:
        out.print(f"Of those, {stream.anonymised:,} were kept without the person.")
