"""Checks inside owners.yml."""

from __future__ import annotations

from collections.abc import Iterator

from kinfolk.errors import Mistake
from kinfolk.project.files import Files
from kinfolk.project.suggest import hint


def people_known(files: Files) -> Iterator[Mistake]:
    """Owners, stewards and council members are people of the file."""
    if files.owners is None:
        return
    document, settings = files.owners.document, files.owners.settings
    known = files.owners.written.key_names("people")
    named: list[tuple[tuple[str | int, ...], str]] = []
    for name, domain in settings.domains.items():
        if domain.owner is not None:
            named.append((("domains", name, "owner"), domain.owner))
        named += [(("domains", name, "stewards", n), steward) for n, steward in enumerate(domain.stewards)]
    named += [(("council", number), member) for number, member in enumerate(settings.council)]
    for path, person in named:
        if person not in known:
            advice = hint(person, known) or "List them under `people`."
            yield Mistake(document.place(*path), f"`{person}` is not among the people.", advice)
