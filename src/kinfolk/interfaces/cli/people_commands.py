"""`kinfolk user`: who can sign in. Whoever can call these commands can read the project's files, and may do all."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from kinfolk.commands.length import length_named
from kinfolk.interfaces.cli import output, views
from kinfolk.interfaces.cli.options import HERE, AsJson, Environment, Folder

if TYPE_CHECKING:
    from kinfolk.commands.access.people import Listed

user = typer.Typer(name="user", help="People who sign in.", no_args_is_help=True)
Email = Annotated[str, typer.Argument(help="Their e-mail address.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(user)


@user.command()
def add(
    email: Email,
    name: Annotated[str | None, typer.Option("--name", help="What they are called.", show_default=False)] = None,
    roles: Annotated[list[str] | None, typer.Option("--role", help="A role they have; repeat for more.")] = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Let somebody in. They have no password yet: `kinfolk user invite` makes a link by which they choose one."""
    from kinfolk.commands.access.people import Newcomer, People

    made = People(folder, environment).add(Newcomer(email, name, roles or (), getpass.getuser()))
    output.answer(made, as_json, lambda: _told(made))


@user.command("list")
def list_(folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Show who can sign in, what roles they have, and when they were last here."""
    from kinfolk.commands.access.people import People

    found = People(folder, environment).all()
    output.answer(found, as_json, lambda: _show(found))


@user.command()
def roles(
    email: Email,
    given: Annotated[list[str] | None, typer.Argument(metavar="[ROLES]...", help="The roles; none takes all.")] = None,
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Give somebody these roles, and take those they were given before. Those of policies/access.yml stay."""
    from kinfolk.commands.access.people import People

    changed = People(folder, environment).give(email, given or ())
    output.answer(changed, as_json, lambda: _told(changed))


@user.command()
def invite(
    email: Email,
    url: Annotated[str, typer.Option("--url", help="How the world reaches the server.")] = "http://127.0.0.1:8080",
    lasts: Annotated[str, typer.Option("--lasts", help="How long the link is good, as `3 days`.")] = "3 days",
    folder: Folder = HERE,
    environment: Environment = None,
    as_json: AsJson = False,
) -> None:
    """Make a link by which somebody chooses a password, once; also when they forgot theirs, or are locked out."""
    from kinfolk.commands.access.people import People

    length = length_named(lasts)
    link = url.rstrip("/") + People(folder, environment).invite(email, length)
    output.answer({"link": link}, as_json, lambda: typer.echo(link))
    output.note(f"Good for one visit, and {lasts}. Send it to them alone: whoever opens it is let in as {email}.")


@user.command()
def deactivate(email: Email, folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Let somebody in no more, at once. What they did stays theirs, and tokens they made stay good."""
    from kinfolk.commands.access.people import People

    changed = People(folder, environment).deactivate(email)
    output.answer(changed, as_json, lambda: _told(changed))


@user.command()
def activate(email: Email, folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Let somebody in again who was deactivated."""
    from kinfolk.commands.access.people import People

    changed = People(folder, environment).activate(email)
    output.answer(changed, as_json, lambda: _told(changed))


@user.command()
def remove(email: Email, folder: Folder = HERE, environment: Environment = None, as_json: AsJson = False) -> None:
    """Forget somebody: their account, sessions and memberships. Whoever has the address next is another person."""
    from kinfolk.commands.access.people import People

    gone = People(folder, environment).remove(email)
    output.answer(gone, as_json, lambda: typer.echo(f"{gone.email} has no account any more."))


def _told(one: Listed) -> None:
    what = f"has the roles {', '.join(one.roles)}" if one.roles else "has no role"
    views.console().print(views.escaped(f"{one.email} {what if one.active else 'can sign in no more'}."))


def _show(found: list[Listed]) -> None:
    out = views.console()
    if not found:
        out.print("Nobody can sign in yet. `kinfolk serve` shows the first owner a link.")
        return
    listed = views.table("Users", ("address", "name", "roles", "let in by", "last seen"))
    for one in found:
        seen = f"{one.last_seen_at:%Y-%m-%d %H:%M}" if one.last_seen_at else "never"
        cells = (one.email, one.name or "", ", ".join(one.roles), one.created_by or "")
        listed.add_row(*map(views.escaped, (*cells, seen if one.active else "deactivated")))
    out.print(listed)
