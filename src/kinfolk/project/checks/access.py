"""Checks of policies/access.yml."""

from __future__ import annotations

from collections.abc import Iterator

from kinfolk.errors import Mistake
from kinfolk.model.access import ROLES
from kinfolk.project.files import Files, Parsed
from kinfolk.project.references import exposed
from kinfolk.project.suggest import hint
from kinfolk.project.written.access import AccessFile


def access_sound(files: Files) -> Iterator[Mistake]:
    """What is asked of policies/access.yml, where there is one."""
    if files.access is not None:
        yield from mistakes_of(files.access)


def mistakes_of(access: Parsed[AccessFile]) -> Iterator[Mistake]:
    """Everything that is wrong with the file, which needs no other to be judged."""
    yield from _roles_known(access)
    yield from exposed(access.resolved.as_written, "sign_in", "oidc")  # the secret that the provider gave
    if not access.settings.sign_in.passwords and access.settings.sign_in.oidc is None:
        place = access.document.place("sign_in", "passwords")
        what = "Nobody could sign in: there are neither passwords nor an identity provider."
        yield Mistake(place, what, "Name `oidc`.")


def _roles_known(access: Parsed[AccessFile]) -> Iterator[Mistake]:
    document, settings = access.document, access.settings
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
