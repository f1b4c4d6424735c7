"""Checks of policies/access.yml."""

from __future__ import annotations

from collections.abc import Iterator

from kinfolk.errors import Mistake
from kinfolk.model.access import ROLES
from kinfolk.project.files import Files
from kinfolk.project.references import exposed
from kinfolk.project.suggest import hint


def roles_known(files: Files) -> Iterator[Mistake]:
    """People and groups have roles that there are."""
    if files.access is None:
        return
    document, settings = files.access.document, files.access.settings
    known = [*ROLES, *settings.roles]
    as_written = {name.lower(): name for name in document.data.get("people") or {}}
    for key, given in (("people", settings.people), ("groups", settings.groups)):
        for name, roles in given.items():
            for role in roles:
                if role not in known:
                    place = document.place(key, as_written.get(name, name) if key == "people" else name)
                    yield Mistake(
                        place, f"There is no role `{role}`.", hint(role, known) or f"There are {', '.join(known)}."
                    )


def secrets_hidden(files: Files) -> Iterator[Mistake]:
    """The secret that an identity provider gave stands in the environment."""
    if files.access is not None:
        yield from exposed(files.access.resolved.as_written, "sign_in", "oidc")


def somebody_may_sign_in(files: Files) -> Iterator[Mistake]:
    """There is a way in."""
    if files.access and not files.access.settings.sign_in.passwords and files.access.settings.sign_in.oidc is None:
        place = files.access.document.place("sign_in", "passwords")
        yield Mistake(
            place, "Nobody could sign in: there are neither passwords nor an identity provider.", "Name `oidc`."
        )
