"""`kinfolk consent …`: what people said to what their data may be used for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinfolk.commands.length import length_named
from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder, signed
from kinfolk.model.plain import plain

if TYPE_CHECKING:
    from kinfolk.model.consent import Entry

app = typer.Typer(
    name="consent",
    help="What people said to what their data may be used for: recorded, shown, proven.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Who = Annotated[str, typer.Argument(help="A customer id, email:…, phone:+…, or a record as source:id.")]
At = Annotated[str | None, typer.Option("--at", help="When it was said: a day or a moment.", show_default="now")]
Version = Annotated[
    str | None, typer.Option("--version", help="Version of the notice shown.", show_default="the one in force then")
]
Channel = Annotated[str | None, typer.Option("--channel", help="Only this channel.", show_default="all")]
Topic = Annotated[str | None, typer.Option("--topic", help="Only this topic.", show_default="all")]
Method = Annotated[str | None, typer.Option("--method", help="How it was collected.", show_default=False)]
Where = Annotated[str | None, typer.Option("--where", help="Where it was collected.", show_default=False)]
Proof = Annotated[str | None, typer.Option("--proof", help="The proof, or its hash.", show_default=False)]
By = Annotated[str | None, typer.Option("--by", help="Who records it.", show_default="the user of this computer")]


@app.command()
def record(
    who: Who,
    purpose: Annotated[str, typer.Argument(help="A purpose of policies/consent.yml.")],
    decision: Annotated[str, typer.Argument(help="granted, denied, withdrawn or expired.")],
    at: At = None,
    version: Version = None,
    channel: Channel = None,
    topic: Topic = None,
    method: Method = None,
    where: Where = None,
    proof: Proof = None,
    by: By = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Write down what somebody said, in a ledger that nothing is ever taken from."""
    from kinfolk.commands.consent.record import record
    from kinfolk.commands.consent.saying import Said

    said = Said(purpose, decision, at, version, channel, topic, method, where, signed(by), proof)
    written = record(folder, who, said, environment)
    _tell(written, (folder, environment), as_json)


@app.command()
def withdraw(
    who: Who,
    purpose: Annotated[str, typer.Argument(help="A purpose.", show_default="all based on consent")] = "",
    at: At = None,
    channel: Channel = None,
    topic: Topic = None,
    method: Method = None,
    where: Where = None,
    proof: Proof = None,
    by: By = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Write down that somebody withdrew, from one purpose or from all that rest on consent."""
    from kinfolk.commands.consent.record import withdraw
    from kinfolk.commands.consent.saying import Said

    said = Said(purpose, "withdrawn", at, None, channel, topic, method, where, signed(by), proof)
    written = withdraw(folder, who, said, environment)
    _tell(written, (folder, environment), as_json)


@app.command()
def show(
    who: Who,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="What was known then: a day or a moment.", show_default="now")
    ] = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Show what holds for a person: each purpose, channel and topic, and what it follows from."""
    from kinfolk.commands.consent.show import show
    from kinfolk.interfaces.cli import consent_views

    found = show(folder, who, environment, as_of)
    output.answer(found, as_json, lambda: consent_views.shown(found))


@app.command()
def history(who: Who, folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """List everything that a person's records, addresses and numbers ever said, the earliest first."""
    from kinfolk.commands.consent.show import history
    from kinfolk.interfaces.cli import consent_views

    found = history(folder, who, environment)
    output.answer(found, as_json, lambda: consent_views.told(found))


@app.command()
def receipt(
    row: Annotated[int, typer.Argument(help="A row of the ledger, as `record` and `history` number them.")],
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Show what a person may be handed as proof, in the fields of ISO/IEC TS 27560."""
    from kinfolk.commands.consent.receipt import receipt
    from kinfolk.interfaces.cli import consent_views

    found = receipt(folder, row, environment)
    output.answer(found, as_json, lambda: consent_views.receipt(plain(found)))


@app.command()
def link(
    who: Who,
    lasts: Annotated[str, typer.Option("--lasts", help="How long it can be used.")] = "30 days",
    url: Annotated[
        str, typer.Option("--url", help="Where people reach `kinfolk serve`, as https://cdm.example.com.")
    ] = "http://127.0.0.1:8080",
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Make a link by which a person comes to the page of their own choices."""
    from kinfolk.commands.consent.links import make_link

    length = length_named(lasts)
    made = make_link(folder, who, length, url, environment)
    output.answer(made, as_json, lambda: typer.echo(made.url))
    output.note(f"Good until {made.expires_at:%Y-%m-%d %H:%M} UTC. Whoever has it may see and change the choices.")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file with columns as `export` writes them.")],
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Record past consents from a file: every row, or none. What is known already is not recorded again."""
    from kinfolk.commands.consent.files import import_file
    from kinfolk.interfaces.cli import consent_views

    done = import_file(folder, file, environment)
    output.answer(done, as_json, lambda: consent_views.imported(done))


@app.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(help="The CSV file to write; needed without --json.", show_default=False)
    ] = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Write the whole ledger to a file, or print it as JSON."""
    from kinfolk.commands.consent.files import exported, write_export

    if as_json:
        output.answer(list(exported(folder, environment)), True, lambda: None)
    elif file is None:
        raise typer.BadParameter("Say where to write it, or ask for --json.")
    else:
        rows = write_export(folder, file, environment)
        output.note(f"Wrote {rows:,} rows to {file}.")


@app.command()
def verify(
    link: Annotated[
        list[str] | None, typer.Option("--link", help="SEQ:LINK that was kept: the row must still have that link.")
    ] = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Check that no row of the ledger was altered, dropped or moved; ends with 9 when one was."""
    from kinfolk.commands.consent.verify import verify
    from kinfolk.interfaces.cli import consent_views

    found = verify(folder, environment, link or ())
    output.answer(found, as_json, lambda: consent_views.verified(found))
    if found.problems:
        raise typer.Exit(9)


def _tell(written: list[Entry], project: tuple[Path, str | None], as_json: bool) -> None:
    """What was written down, and which addresses no record has."""
    from kinfolk.commands.consent.record import held_by_nobody
    from kinfolk.interfaces.cli import consent_views

    folder, environment = project

    def render() -> None:
        consent_views.recorded(written, held_by_nobody(folder, written, environment))

    output.answer(written, as_json, render)
