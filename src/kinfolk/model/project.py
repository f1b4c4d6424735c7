"""A company's customer data, described: the project's files as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from kinfolk.model.access import AccessPolicy
from kinfolk.model.company_model import CompanyModel, ModelTest
from kinfolk.model.consent import ConsentPolicy
from kinfolk.model.contract import Contract
from kinfolk.model.identity import IdentityRules, Survivorship
from kinfolk.model.place import Place
from kinfolk.model.schedule import Schedule
from kinfolk.model.source import COLLECT, Conventions, Source
from kinfolk.model.tracking import TrackingPlan


@dataclass(frozen=True)
class Person:
    """Somebody named in owners.yml."""

    name: str
    place: Place
    email: str | None = None
    role: str | None = None


@dataclass(frozen=True)
class Domain:
    """A part of the customer data with one accountable owner (owner, stewards: names of people)."""

    name: str
    place: Place
    owner: str | None = None
    stewards: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True)
class Ownership:
    """owners.yml: people, domains, and the council that settles conflicts (names of people)."""

    people: Mapping[str, Person] = field(default_factory=dict)
    domains: Mapping[str, Domain] = field(default_factory=dict)
    council: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spark:
    """Where `engine: spark` computes, which no result depends on.

    folder    what Spark reads and writes is put there; None = inside `state`
    settings  Spark's own settings
    """

    master: str = "local[*]"
    folder: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Project:
    """Everything the project's files say. Made by `kinfolk.project.load`, never changed afterwards.

    folder       where the project's files are
    state        where Kinfolk keeps what it makes: .kinfolk inside the folder, unless the project says otherwise, and
                 in that a folder for the environment, where there are environments
    history      how long a published state stays readable after the next one
    landing_of   the environment whose landing is read instead of sources, where it is not this one's own
    defaults     how values are written where no source says otherwise
    fingerprint  changes whenever any setting that can change a result changes
    models       the company's own tables, each after those it reads
    model_tests  their tests that are SQL of their own
    """

    name: str
    folder: Path
    state: Path
    sources: tuple[Source, ...]
    identity: IdentityRules
    survivorship: Survivorship
    ownership: Ownership
    fingerprint: str
    engine: str = "duckdb"
    spark: Spark = field(default_factory=Spark)
    time_zone: str = "UTC"
    environment: str | None = None
    environments: tuple[str, ...] = ()
    models: tuple[CompanyModel, ...] = ()
    model_tests: tuple[ModelTest, ...] = ()
    history: timedelta = timedelta(days=30)
    landing_of: str | None = None
    schedule: tuple[Schedule, ...] = ()
    contracts: tuple[Contract, ...] = ()
    defaults: Conventions = field(default_factory=Conventions)
    consent: ConsentPolicy | None = None
    access: AccessPolicy = field(default_factory=AccessPolicy)
    tracking: tuple[TrackingPlan, ...] = ()

    @property
    def landing(self) -> Path | None:
        """Where the environment whose landing is read keeps what it makes; None where landing is this one's own."""
        return self.state.parent / self.landing_of if self.landing_of else None

    @property
    def collected(self) -> Path:
        """Where events that were sent to Kinfolk lie."""
        return self.state / "collect"

    def base(self, source: Source) -> Path:
        """The folder to which the paths of the source refer."""
        return self.collected if source.connector == COLLECT else self.folder

    def contract(self, source: str) -> Contract | None:
        """What the source of that name promises, or None where it has no contract."""
        return next((c for c in self.contracts if c.source == source), None)

    def tracking_plan(self, source: Source) -> TrackingPlan | None:
        """What is asked of the events of a source, with or without a file; None of a source of anything else."""
        if not source.takes_in_events:
            return None
        written = next((plan for plan in self.tracking if source.name in plan.sources), None)
        return written or TrackingPlan(source.name, source.place, (source.name,))

    def source(self, name: str) -> Source:
        """The source of that name (KeyError if there is none)."""
        return next(s for s in self.sources if s.name == name)
