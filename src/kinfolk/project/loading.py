"""Reads a folder's files, checks them together, and hands back one Project or every mistake at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from kinfolk.errors import Mistake, ProjectError
from kinfolk.model.access import AccessPolicy
from kinfolk.model.place import Place
from kinfolk.model.project import Project
from kinfolk.project import freeze
from kinfolk.project.access import access_policy
from kinfolk.project.checks import CHECKS
from kinfolk.project.checks.access import mistakes_of
from kinfolk.project.consent import notices
from kinfolk.project.document import Document
from kinfolk.project.files import Files, Parsed, parse
from kinfolk.project.matching_model import named_model
from kinfolk.project.mistakes import masked
from kinfolk.project.model_files import model_docs, read_models
from kinfolk.project.written.access import AccessFile
from kinfolk.project.written.consent import ConsentFile
from kinfolk.project.written.contract import ContractFile
from kinfolk.project.written.identity import IdentityFile
from kinfolk.project.written.kinfolk import KinfolkFile
from kinfolk.project.written.model import ModelFile
from kinfolk.project.written.owners import OwnersFile
from kinfolk.project.written.source import source_model
from kinfolk.project.written.tracking import TrackingFile
from kinfolk.project.yaml_reader import read

_ENDINGS = (".yml", ".yaml")
# What the files of policies are called, and what people nearly call them.
_POLICIES = {"consent": "consent", "consents": "consent", "access": "access"}
_STEMS = ("kinfolk", "identity", "owners")
SIGNATURES = "signatures.yml"
CONSENT = "policies/consent"
ACCESS = "policies/access"
T = TypeVar("T", bound=BaseModel)


def load(
    folder: Path,
    connectors: Mapping[str, type[BaseModel]],
    environment: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Project:
    """The project in `folder`, whole and checked.

    connectors   name of a connector -> the settings it takes
    environment  the one whose sources are wanted; None = kinfolk.yml's own, or the only one sources name
    env          where `${NAME}` is looked up; None = the process's environment
    Errors       ProjectError with every mistake of every file, in the order of files and lines
    """
    folder = folder.absolute()
    reading = _Reading(folder, os.environ if env is None else env)
    files = reading.files(connectors, environment)
    mistakes = reading.mistakes
    for check in CHECKS:
        mistakes += check(files)
    if mistakes:
        values = files.values()
        shown = [masked(mistake, values) for mistake in mistakes]
        told = {(mistake.place, mistake.what): mistake for mistake in reversed(shown)}
        raise ProjectError(list(told.values()))
    return freeze.project(files, folder)


def load_access(folder: Path, env: Mapping[str, str] | None = None) -> AccessPolicy:
    """Who may do what, whatever the project's other files are like.

    Errors  ProjectError with every mistake of policies/access.yml
    """
    reading = _Reading(folder.absolute(), os.environ if env is None else env)
    access = reading.access()
    mistakes = [*reading.mistakes, *(mistakes_of(access) if access else ())]
    if mistakes:
        values = access.resolved.values if access else {}
        raise ProjectError([masked(mistake, values) for mistake in mistakes])
    return access_policy(access)


def environment_values(
    folder: Path,
    connectors: Mapping[str, type[BaseModel]],
    environment: str | None = None,
    env: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """What the environment holds -> the reference, for every variable the project's files use: to hide it."""
    return _Reading(folder.absolute(), os.environ if env is None else env).files(connectors, environment).values()


class _Reading:
    """One pass over the folder; mistakes gather while the files are read."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.env = env
        self.mistakes: list[Mistake] = []

    def files(self, connectors: Mapping[str, type[BaseModel]], asked: str | None) -> Files:
        self.mistakes += self._misnamed()
        found = self._one("kinfolk")
        if found is None:
            raise ProjectError([self._no_project()])
        identity = self._one("identity")
        owners = self._one("owners")
        model = source_model(tuple(connectors.items()))
        models, tests, mistakes = read_models(self.folder)
        self.mistakes += mistakes
        parsed = self._parsed(identity, IdentityFile) if identity else self._absent("identity.yml")
        matching_model, mistakes = named_model(self.folder, parsed)
        self.mistakes += mistakes
        written = self._one(CONSENT)
        consent = self._parsed(written, ConsentFile, references=False) if written else None
        texts, mistakes = notices(self.folder, consent) if consent else ({}, [])
        self.mistakes += mistakes
        return Files(
            kinfolk=self._parsed(found, KinfolkFile),
            sources=tuple(self._parsed(path, model) for path in self._in("sources")),
            identity=parsed,
            owners=self._parsed(owners, OwnersFile) if owners else None,
            connectors=tuple(connectors),
            asked=asked,
            contracts=tuple(self._parsed(path, ContractFile, references=False) for path in self._contracts()),
            models=models,
            model_tests=tests,
            model_docs=tuple(self._parsed(path, ModelFile) for path in model_docs(self.folder)),
            matching_model=matching_model,
            consent=consent,
            notices=texts,
            access=self.access(),
            tracking=tuple(self._parsed(path, TrackingFile, references=False) for path in self._in("tracking")),
        )

    def access(self) -> Parsed[AccessFile] | None:
        found = self._one(ACCESS)
        return self._parsed(found, AccessFile) if found else None

    def _parsed(self, path: Path, model: type[T], *, references: bool = True) -> Parsed[T]:
        document, mistakes = read(path, path.relative_to(self.folder).as_posix())
        parsed, more = parse(document, model, self.env if references else None)
        self.mistakes += mistakes + more
        return parsed

    def _absent(self, file: str) -> Parsed[IdentityFile]:
        return parse(Document(file), IdentityFile, self.env)[0]

    def _one(self, stem: str) -> Path | None:
        found = [path for ending in _ENDINGS if (path := self.folder / (stem + ending)).is_file()]
        if len(found) > 1:
            what = f"There is also {found[1].name}; only {found[0].name} is read."
            place = Place(found[0].relative_to(self.folder).as_posix())
            self.mistakes.append(Mistake(place, what, "Remove one of them."))
        return found[0] if found else None

    def _misnamed(self) -> Iterator[Mistake]:
        """What would be passed over in silence: a project file called nearly right, a folder where a file belongs."""
        for path in sorted(self.folder.glob("*")):
            nearly = path.suffix.lower() in _ENDINGS and path.stem.lower() in _STEMS
            if nearly and not (path.is_file() and path.stem in _STEMS and path.suffix in _ENDINGS):
                what = "This is a folder, not a file." if path.is_dir() else "A file of this name is not read."
                yield Mistake(Place(path.name), what, f"Call the file {path.stem.lower()}.yml.")
            for folder, single in (
                ("sources", "source"),
                ("models", "model"),
                ("policies", "policy"),
                ("tracking", "track"),
            ):
                if path.is_dir() and path.name != folder and path.name.lower() in (folder, single):
                    yield Mistake(Place(path.name), "A folder of this name is not read.", f"Call it {folder}.")
        for path in sorted([*self.folder.glob("sources/*"), *self.folder.glob("tracking/*")]):
            if path.is_dir() and path.suffix in _ENDINGS:
                where = Place(path.relative_to(self.folder).as_posix())
                yield Mistake(where, "This is a folder, not a file.", "Put the file here.")
        for path in sorted(self.folder.glob("policies/*")):
            stem = _POLICIES.get(path.stem.lower()) if path.suffix.lower() in _ENDINGS else None
            if stem and not (path.is_file() and path.stem == stem and path.suffix in _ENDINGS):
                what = "A file of this name is not read."
                yield Mistake(Place(f"policies/{path.name}"), what, f"Call the file {stem}.yml.")
        for path in sorted(self.folder.glob("contracts/*")):
            unread = path.suffix in _ENDINGS and not path.stem.endswith(".odcs") and path.name != SIGNATURES
            if unread and not path.name.startswith("."):
                advice = f"Call a contract {path.stem}.odcs.yaml."
                yield Mistake(Place(f"contracts/{path.name}"), "A file of this name is not read.", advice)

    def _in(self, name: str) -> list[Path]:
        """The project's files in one of its folders."""
        folder = self.folder / name
        if not folder.is_dir():
            return []
        files = (path for path in folder.iterdir() if path.suffix in _ENDINGS and not path.name.startswith("."))
        return sorted(path for path in files if path.is_file())

    def _contracts(self) -> list[Path]:
        found = [p for ending in _ENDINGS for p in self.folder.glob(f"contracts/*.odcs{ending}") if p.is_file()]
        return sorted(path for path in found if not path.name.startswith("."))

    def _no_project(self) -> Mistake:
        if not self.folder.is_dir():
            return Mistake(
                Place("kinfolk.yml"), f"There is no folder {self.folder}.", "`kinfolk init` makes a project."
            )
        what = f"There is no kinfolk.yml in {self.folder}."
        return Mistake(Place("kinfolk.yml"), what, "Go to a project's folder, or make a project with `kinfolk init`.")
