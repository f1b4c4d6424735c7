"""`kinfolk token`: keys by which programs ask the API."""

from __future__ import annotations

from typing import Annotated

import typer

from kinfolk.commands.length import length_named
from kinfolk.interfaces.cli import output, views
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder, signed
from kinfolk.model.access import Permission, Token

token = typer.Typer(name="token", help="Keys by which programs ask the API.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(token)


@token.command()
def create(
    name: Annotated[str, typer.Argument(help="What the token is called, such as the program that asks with it.")],
    may: Annotated[list[Permission], typer.Option("--may", help="Something that it may do; repeat for more.")],
    lasts: Annotated[str, typer.Option("--lasts", help="How long it can be used, as `90 days`.")] = "90 days",
    by: Annotated[str | None, typer.Option("--by", help="Who makes it; you, if not given.")] = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Make a token, and show what it says, this once."""
    from kinfolk.commands.access.tokens import Wanted, create_token

    length = length_named(lasts)
    secret, made = create_token(folder, Wanted(name, may, length, signed(by)), environment)
    answer = {"token": secret, "name": made.name, "may": sorted(made.may), "expires_at": made.expires_at}
    output.answer(answer, as_json, lambda: typer.echo(secret))
    output.note(f"Good until {made.expires_at:%Y-%m-%d %H:%M} UTC. It is not kept, so keep it now.")


@token.command("list")
def list_(folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Show what tokens there are, what they may do, and when they were last used."""
    from kinfolk.commands.access.tokens import list_tokens

    found = list_tokens(folder, environment)
    output.answer(found, as_json, lambda: _show(found))


def _show(found: list[Token]) -> None:
    out = views.console()
    if not found:
        out.print("There are no tokens.")
        return
    listed = views.table("Tokens", ("name", "may", "made by", "good until", "last used"))
    for one in found:
        good = f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else f"{one.expires_at:%Y-%m-%d}"
        used = f"{one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never"
        listed.add_row(*map(views.escaped, (one.name, ", ".join(sorted(one.may)), one.created_by, good, used)))
    out.print(listed)


@token.command()
def revoke(
    name: Annotated[str, typer.Argument(help="The token.")], folder: Folder = HERE, environment: Environment = None
) -> None:
    """Take a token back, at once."""
    from kinfolk.commands.access import tokens

    tokens.revoke(folder, name, environment)
    output.note(f"The token {name} can be used no more.")
