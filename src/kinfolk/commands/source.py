"""`kinfolk source`: what the sources are, whether they answer, what they hold, and a new one from what is found."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from kinfolk.commands.draft_source import draft
from kinfolk.commands.open_project import open_project
from kinfolk.connectors import CONNECTORS, OPTIONS
from kinfolk.errors import KinfolkError, Mistake, NotFoundError, ProjectError, SourceError
from kinfolk.model.discovery import Dataset
from kinfolk.project.document import Document
from kinfolk.project.freeze import with_secrets
from kinfolk.project.references import exposed, resolve
from kinfolk.project.suggest import hint
from kinfolk.project.written.source import legal_name


@dataclass(frozen=True)
class SourceListed:
    """One source of the project."""

    name: str
    connector: str
    load: str
    feeds: tuple[str, ...]
    status: str
    description: str


@dataclass(frozen=True)
class Pinged:
    """Whether a source answers: what was reached, or why not."""

    name: str
    connector: str
    reached: str | None
    error: str | None = None


@dataclass(frozen=True)
class Added:
    """A source file that was written: from which dataset, and the canonical columns that were guessed."""

    file: Path
    dataset: Dataset
    guessed: Mapping[str, str]


def list_sources(folder: Path, environment: str | None = None) -> list[SourceListed]:
    """The project's sources in the order of their names."""
    return [
        SourceListed(s.name, s.connector, str(s.load), tuple(m.table for m in s.mappings), s.status, s.description)
        for s in open_project(folder, environment).sources
    ]


def ping(folder: Path, name: str | None = None, environment: str | None = None) -> list[Pinged]:
    """Asks every source, or the one of that name, whether it answers."""
    project = open_project(folder, environment)
    found = []
    for source in project.sources:
        if name in (None, source.name):
            try:
                said = CONNECTORS[source.connector].ping(source.options, project.folder)
                found.append(Pinged(source.name, source.connector, said))
            except SourceError as error:
                found.append(Pinged(source.name, source.connector, None, str(error)))
    if name is not None and not found:
        raise _no_source(name, [s.name for s in project.sources])
    return found


def discover(folder: Path, what: str, settings: Iterable[str] = (), environment: str | None = None) -> list[Dataset]:
    """What a connector with these settings (`key=value`), or the system of an existing source, holds.

    Errors  NotFoundError if `what` is neither; SourceError if the system cannot be reached
    """
    if what in CONNECTORS:
        return CONNECTORS[what].discover(_options(what, settings), folder.absolute())
    project = open_project(folder, environment)
    source = next((s for s in project.sources if s.name == what), None)
    if source is None:
        raise _no_source(what, [*CONNECTORS, *(s.name for s in project.sources)])
    options = {key: value for key, value in source.options.items() if key not in ("table", "query")}
    return CONNECTORS[source.connector].discover(options, project.folder)


def add(folder: Path, name: str, connector: str, settings: Iterable[str]) -> Added:
    """Writes sources/<name>.yml for the one dataset that the settings (`key=value`) lead to.

    Errors  SourceError if there are several datasets, or none; ProjectError if the file would hold a mistake: it is
            not written then; KinfolkError if there is such a file
    """
    folder = folder.absolute()
    if connector not in CONNECTORS:
        raise NotFoundError(f"There is no connector {connector}.", hint=hint(connector, list(CONNECTORS)))
    try:
        legal_name(name)
    except PydanticCustomError as error:
        context = error.context or {}
        raise KinfolkError(context["what"], hint="Use up to 60 letters, digits, `_` and `-`.") from error
    file = folder / "sources" / f"{name}.yml"
    if file.exists():
        raise KinfolkError("There is a source of that name.", where=f"sources/{name}.yml", hint="Choose another name.")
    _project_here(folder)
    options = _options(connector, settings)
    dataset = _only(CONNECTORS[connector].discover(options, folder), connector, options)
    drafted = draft(connector, dataset)
    file.parent.mkdir(exist_ok=True)
    file.write_text(drafted.text, encoding="utf-8")
    try:
        open_project(folder)
    except ProjectError as error:
        ours = [mistake for mistake in error.mistakes if mistake.place.file == f"sources/{name}.yml"]
        if ours:
            file.unlink()
            raise ProjectError(ours) from error
    return Added(file, dataset, drafted.guessed)


def _project_here(folder: Path) -> None:
    try:
        open_project(folder)
    except ProjectError as error:
        if any(mistake.place.file.startswith("kinfolk.") for mistake in error.mistakes):
            raise


def _only(found: list[Dataset], connector: str, options: Mapping[str, Any]) -> Dataset:
    if not found:
        raise SourceError("It holds nothing to read.", where=connector)
    if len(found) > 1 and "path" in options and len({tuple(d.columns) for d in found}) == 1:
        return Dataset(str(options["path"]), found[0].columns, options=options)  # one export in several files
    if len(found) > 1:
        names = ", ".join(d.name for d in found[:10]) + (" …" if len(found) > 10 else "")
        raise SourceError(f"It holds {len(found)}: {names}.", where=connector, hint="Choose one, as with `--table`.")
    return found[0]


def _options(connector: str, settings: Iterable[str]) -> dict[str, Any]:
    """The settings with `${NAME}` as secrets. Errors: ProjectError for what the connector does not know."""
    written: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise KinfolkError(f"{setting!r} is no setting.", hint="Write settings as key=value.")
        written[key] = _nested(value) if value.startswith("{") else value
    document = Document(connector, written)
    resolved, mistakes = resolve(document, os.environ)
    mistakes += [mistake for key in written for mistake in exposed(document, key)]
    mistakes += _unknown(connector, resolved.document.data, document)
    if mistakes:
        raise ProjectError(mistakes)
    return {key: with_secrets(value, (key,), resolved.secrets) for key, value in written.items()}


def _nested(value: str) -> Any:
    """`{number: {param: page}}` as the mapping it is in a source's file."""
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError as error:
        form = "'auth={bearer: {token: \"${TOKEN}\"}}'"
        raise KinfolkError(
            "A setting is not closed, or no YAML.", hint=f"Write it as in a source's file: {form}."
        ) from error


def _unknown(connector: str, written: Mapping[str, Any], document: Document) -> list[Mistake]:
    model = OPTIONS[connector]
    known = {field.alias or name for name, field in model.model_fields.items()}
    unknown = [key for key in written if key not in known]
    found = [Mistake(document.place(key), f"`{key}` is not known here.", hint(key, sorted(known))) for key in unknown]
    if not found:
        try:
            needless = {} if {"table", "query"} & set(written) or "table" not in known else {"table": "any"}
            model.model_validate({**written, **needless})
        except ValidationError as error:
            for one in error.errors(include_url=False, include_input=False):
                key = str(one["loc"][0]) if one["loc"] else connector
                what = one["msg"].removeprefix("Value error, ").rstrip(".")
                found.append(Mistake(document.place(key), f"`{key}`: {what}."))
    return found


def _no_source(name: str, known: list[str]) -> NotFoundError:
    return NotFoundError(f"There is no source {name}.", hint=hint(name, known))
