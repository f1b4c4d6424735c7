"""`kinfolk contract …`: what sources promise."""

from __future__ import annotations

from typing import Annotated

import typer

from kinfolk.interfaces.cli import output
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder
from kinfolk.model.signature import Party

app = typer.Typer(
    name="contract",
    help="What sources promise: drafted from data, compared, signed, with its change log.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Source = Annotated[str, typer.Argument(help="Name of a source.")]


@app.command()
def draft(
    source: Source,
    show: Annotated[bool, typer.Option("--print", help="Show the draft and write nothing.")] = False,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Draft a contract that the source's data keeps as it is now."""
    from kinfolk.commands.contract_draft import draft
    from kinfolk.interfaces.cli import contract_views

    path, text = draft(folder, source, environment, write=not show)
    answer = {"file": str(path), "contract": text}
    output.answer(answer, as_json, lambda: contract_views.drafted(path, text, written=not show))


@app.command()
def lint(folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Check every contract; say what is not enforced, not signed, or past its day."""
    from kinfolk.commands.contract import lint
    from kinfolk.interfaces.cli import contract_views

    remarks = lint(folder, environment)
    output.answer(remarks, as_json, lambda: contract_views.linted(remarks))


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A file, or REVISION:path in git (HEAD:contracts/crm.odcs.yaml).")],
    new: Annotated[str, typer.Argument(help="Another.")],
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Name every change between two versions, whom it breaks, and the version step it needs."""
    from kinfolk.commands.contract import diff
    from kinfolk.interfaces.cli import contract_views

    found = diff(old, new, folder)
    output.answer(found, as_json, lambda: contract_views.compared(found))


@app.command()
def sign(
    source: Source,
    party: Annotated[Party, typer.Option("--as", help="Which side signs.")],
    by: Annotated[str, typer.Option("--by", help="Who signs; one of owners.yml's people, where there is one.")],
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Agree to a contract as it is now; kept in contracts/signatures.yml."""
    from kinfolk.commands.contract import sign
    from kinfolk.interfaces.cli import contract_views

    signature = sign(folder, source, party, by, environment)
    output.answer(signature, as_json, lambda: contract_views.signed(signature))


@app.command()
def log(source: Source, folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Show a contract's versions and what changed in each: from git, or else from what was in force."""
    from kinfolk.commands.contract import log
    from kinfolk.interfaces.cli import contract_views

    entries = log(folder, source, environment)
    output.answer(entries, as_json, lambda: contract_views.logged(source, entries))
