"""The project's files after reading: each with what could be understood of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from kinfolk.errors import Mistake
from kinfolk.project.document import Document
from kinfolk.project.mistakes import found, safe
from kinfolk.project.model_files import WrittenModel
from kinfolk.project.references import Resolved, disguised, resolve
from kinfolk.project.written.access import AccessFile
from kinfolk.project.written.consent import ConsentFile
from kinfolk.project.written.contract import ContractFile
from kinfolk.project.written.identity import IdentityFile
from kinfolk.project.written.kinfolk import KinfolkFile
from kinfolk.project.written.matching_model import MatchingModelFile
from kinfolk.project.written.model import ModelFile
from kinfolk.project.written.owners import OwnersFile
from kinfolk.project.written.source import SourceFile
from kinfolk.project.written.tracking import TrackingFile

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class Parsed(Generic[T]):
    """One file as settings.

    written    the file as it stands, references resolved
    settings   its settings; where there were mistakes, those that stand without them
    document   the part of the file that `settings` were made from: ask it for places
    """

    written: Document
    settings: T
    document: Document
    resolved: Resolved

    @property
    def stem(self) -> str:
        """The file's name without folder and ending."""
        return PurePosixPath(self.written.file).stem


@dataclass(frozen=True)
class Files:
    """Everything that was read, the names of the connectors there are, and the environment asked for.

    notices  version of the consent policy -> its text or document
    """

    kinfolk: Parsed[KinfolkFile]
    sources: tuple[Parsed[SourceFile], ...]
    identity: Parsed[IdentityFile]
    owners: Parsed[OwnersFile] | None
    connectors: tuple[str, ...]
    asked: str | None = None
    contracts: tuple[Parsed[ContractFile], ...] = ()
    models: tuple[WrittenModel, ...] = ()
    model_tests: tuple[WrittenModel, ...] = ()
    model_docs: tuple[Parsed[ModelFile], ...] = ()
    matching_model: Parsed[MatchingModelFile] | None = None
    consent: Parsed[ConsentFile] | None = None
    notices: Mapping[str, bytes] = field(default_factory=dict)
    access: Parsed[AccessFile] | None = None
    tracking: tuple[Parsed[TrackingFile], ...] = ()

    def source_names(self) -> dict[str, Parsed[SourceFile]]:
        """Name -> its file; of two with one name, the first."""
        names: dict[str, Parsed[SourceFile]] = {}
        for source in self.sources:
            names.setdefault(source_name(source), source)
        return names

    def values(self) -> dict[str, str]:
        """What the environment held -> its reference, for every variable the files use."""
        parsed = (self.kinfolk.resolved, self.identity.resolved, *(source.resolved for source in self.sources))
        parsed += tuple(docs.resolved for docs in self.model_docs)
        parsed += (self.access.resolved,) if self.access else ()
        every = (*parsed, self.owners.resolved) if self.owners else parsed
        return {value: reference for one in every for value, reference in one.values.items()}

    def environments_named(self) -> list[str]:
        """Environments that sources name and the project has, in order of name."""
        named = {source.settings.environment for source in self.sources}
        return sorted(name for name in set(self.kinfolk.settings.environments) if name in named)

    def environment(self) -> str | None:
        """The environment that runs: the one asked for, kinfolk.yml's own, or the only one that sources name."""
        chosen = self.asked or self.kinfolk.settings.environment
        named = self.environments_named()
        return chosen or (named[0] if len(named) == 1 else None)

    def lender(self) -> str | None:
        """The environment whose landing the one that runs reads instead of sources, if it does."""
        known = self.kinfolk.settings.environments.get(self.environment() or "")
        return known.landing if known else None

    def runs(self, source: Parsed[SourceFile]) -> bool:
        """Whether the source is part of the environment that runs, or of the one whose landing that reads."""
        chosen = self.lender() or self.environment()
        return chosen is None or source.settings.environment in (None, chosen)


def source_name(source: Parsed[SourceFile]) -> str:
    """What the source is called: its `name:`, or its file's name."""
    return source.settings.name or source.stem


def parse(document: Document, model: type[T], env: Mapping[str, str] | None) -> tuple[Parsed[T], list[Mistake]]:
    """The document as settings. What is mistaken is told and left out, and the rest is read without it.

    env  where `${NAME}` is looked up; None for files in which it means something else
    """
    resolved, mistakes = (Resolved(document, document), []) if env is None else resolve(document, env)
    remaining = resolved.document
    while True:
        try:
            return Parsed(resolved.document, model.model_validate(remaining.data), remaining, resolved), mistakes
        except ValidationError as error:
            problems = found(error, model, remaining)
        if remaining is resolved.document:  # only mistakes of the whole file are told, not those of leaving parts out
            mistakes += safe(problems, _elsewhere(document, model, env or {}), resolved)
        paths = [path for path, _ in problems if path]
        if not paths:
            return Parsed(resolved.document, model(), Document(document.file), resolved), mistakes
        remaining = remaining.without(paths)


def _elsewhere(document: Document, model: type[BaseModel], env: Mapping[str, str]) -> set[Mistake]:
    other = resolve(document, disguised(env))[0].document
    try:
        model.model_validate(other.data)
    except ValidationError as error:
        return {mistake for _, mistake in found(error, model, other)}
    return set()
