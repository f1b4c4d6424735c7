"""Checks of kinfolk.yml, and of secrets in any file."""

from __future__ import annotations

from collections.abc import Iterator

from kinfolk.errors import Mistake
from kinfolk.project.files import Files
from kinfolk.project.references import exposed
from kinfolk.project.suggest import hint, listed
from kinfolk.project.written.kinfolk import ConventionsKeys


def named(files: Files) -> Iterator[Mistake]:
    """The project has a name."""
    document = files.kinfolk.written
    if document.readable and document.at("name") is None:
        yield Mistake(document.place("name"), "The project has no name.", "Write `name: …`.")


def conventions_once(files: Files) -> Iterator[Mistake]:
    """A convention is written at the top or under `conventions`, not both."""
    document = files.kinfolk.written
    for key in ConventionsKeys.model_fields:
        if document.at(key) is not None and document.at("conventions", key) is not None:
            where = document.place("conventions", key)
            yield Mistake(where, f"`{key}` is also written on line {document.place(key).line}.", "Keep one of them.")


def environments_known(files: Files) -> Iterator[Mistake]:
    """The environment that runs by default is one of those listed; none is listed twice."""
    document, settings = files.kinfolk.document, files.kinfolk.settings
    written = document.at("environments")
    names = list(map(str, written)) if isinstance(written, list) else []
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Mistake(document.place("environments", number), f"The environment `{name}` is listed twice.")
    if settings.environment is not None and settings.environment not in settings.environments:
        what = f"`{settings.environment}` is not in `environments`."
        yield Mistake(document.place("environment"), what, hint(settings.environment, settings.environments))


def landing_lent(files: Files) -> Iterator[Mistake]:
    """An environment that reads another's landing names one that takes in its sources itself."""
    known = files.kinfolk.settings.environments
    for name, settings in known.items():
        place = files.kinfolk.document.place("environments", name, "landing")
        lender = settings.landing
        if lender is None:
            continue
        if lender not in known:
            yield Mistake(place, f"There is no environment `{lender}`.", hint(lender, set(known) - {name}))
        elif lender == name:
            yield Mistake(place, f"`{name}` cannot read its own landing instead of its sources.", "Leave it out.")
        elif known[lender].landing is not None:
            what = f"`{lender}` takes in no sources itself: it reads the landing of `{known[lender].landing}`."
            yield Mistake(place, what, f"Write `landing: {known[lender].landing}`.")


def environment_chosen(files: Files) -> Iterator[Mistake]:
    """The environment asked for exists, and sources of two environments never run together."""
    document, known = files.kinfolk.document, files.kinfolk.settings.environments
    if not document.readable:
        return
    place = document.place("environments")
    if files.asked is not None and files.asked not in known:
        what = f"`{files.asked}` was asked for and is not in `environments`."
        yield Mistake(place, what, hint(files.asked, known) or "List it there.")
    named = files.environments_named()
    if len(named) > 1 and files.environment() is None:
        what = f"Sources belong to several environments, {listed(named)}, and none is chosen."
        yield Mistake(place, what, f"Write `environment: {named[0]}` here, or choose one when running.")


def scheduled_environments_known(files: Files) -> Iterator[Mistake]:
    """Schedules are for environments the project has."""
    document, settings = files.kinfolk.document, files.kinfolk.settings
    for number, entry in enumerate(settings.schedule):
        if entry.environment is not None and entry.environment not in settings.environments:
            where = document.place("schedule", number, "environment")
            advice = hint(entry.environment, settings.environments) or "List it under `environments`."
            yield Mistake(where, f"There is no environment `{entry.environment}`.", advice)


def no_plain_secrets(files: Files) -> Iterator[Mistake]:
    """Passwords, tokens and keys stand in the environment. Mappings are left alone: there they are names of columns."""
    yield from exposed(files.kinfolk.resolved.as_written)
    for source in files.sources:
        known = type(source.settings).model_fields.values()
        aliases = {field.alias for field in known} - set(files.connectors)
        document = source.resolved.as_written
        for key in document.key_names():
            if key not in aliases:
                yield from exposed(document, key)
