"""Every error Kinfolk raises on purpose.

    KinfolkError               something a person can mend; ends a command with `exit_code`
    ├── ProjectError        3  mistakes in the project's files, all of them, each with file:line
    ├── SourceError         4  a source cannot be read: what, where in it, what to do
    │   └── NothingToLoadError   where it should be, there is nothing
    ├── BusyError           5  another run holds the project
    ├── NotFoundError       6  no such customer, record or table
    ├── QueryError          7  SQL a person wrote cannot be run
    ├── EngineError         8  the engine could not do its work (disk, memory, a damaged lake)
    │   └── DamagedError         a database is damaged, or is none
    ├── ExistsError        10  what would be overwritten is there
    ├── ContractError      11  data, or a contract itself, breaks what a contract promises
    ├── PlanError          12  a plan that cannot be made, read or accepted
    │   └── StalePlanError       the plan no longer fits what is there
    ├── ModelError         13  a model of the company's own failed, or its data failed a test
    └── NotAllowedError    14  who asks may not do that

Exit code 0 is success, 1 an unforeseen failure, 2 wrong command-line usage, 9 findings of `kinfolk doctor` or
`kinfolk consent verify`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kinfolk.model.place import Place


class KinfolkError(Exception):
    """Something a person can mend: `what` happened, `where`, and `hint`, what to do about it."""

    exit_code = 1
    source: str | None = None  # the source it is about; see `about`

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}" + (f" {self.hint}" if self.hint else "")


@contextmanager
def about(source: str) -> Iterator[None]:
    """Errors that leave the block are about that source."""
    try:
        yield
    except KinfolkError as error:
        error.source = source
        raise


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing wrong in the project, at one place in one file."""

    place: Place
    what: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.place}: {self.what}" + (f" {self.hint}" if self.hint else "")


class ProjectError(KinfolkError):
    """Every mistake found in the project's files, at once, in the order of files and lines."""

    exit_code = 3

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        count = len(self.mistakes)
        super().__init__(f"The project has {count} mistake{'' if count == 1 else 's'}.")

    def __str__(self) -> str:
        return "\n".join([self.what, *(f"  {mistake}" for mistake in self.mistakes)])


class SourceError(KinfolkError):
    """A source cannot be read, or what it holds cannot be landed without losing something."""

    exit_code = 4


class NothingToLoadError(SourceError):
    """Nothing is where a source's data should be."""


class BusyError(KinfolkError):
    """Another process is writing to this project; the message says which, and since when."""

    exit_code = 5


class NotFoundError(KinfolkError):
    """What was asked for does not exist here."""

    exit_code = 6


class QueryError(KinfolkError):
    """SQL that a person wrote is not one SELECT, or names what does not exist."""

    exit_code = 7


class EngineError(KinfolkError):
    """The engine could not finish a step; nothing of the run was published."""

    exit_code = 8


class DamagedError(EngineError):
    """What is in a file is no database, or not any more a whole one; only a backup helps."""


class ExistsError(KinfolkError):
    """Something is there that would be overwritten, and nobody said that it may be."""

    exit_code = 10


class ContractError(KinfolkError):
    """Data breaks a rule whose contract says `fail`, or a contract changed more than its version says."""

    exit_code = 11


class PlanError(KinfolkError):
    """A plan cannot be read, or changes something that was not to be changed."""

    exit_code = 12


class StalePlanError(PlanError):
    """A plan no longer fits: the project, what is published or what has arrived is not what it was."""


class ModelError(KinfolkError):
    """A model of the company's own could not be made, or what it made failed a test; nothing was published."""

    exit_code = 13


class NotAllowedError(KinfolkError):
    """Who asks may not do that."""

    exit_code = 14
