"""`kinfolk consent record` and `withdraw`: what somebody said is written down, once and for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from kinfolk.commands.consent.people import records_of
from kinfolk.commands.consent.saying import Said, policy_of, saying
from kinfolk.commands.consent.subjects import RECORD, subject_named
from kinfolk.commands.open_project import open_project
from kinfolk.commands.review import record_named
from kinfolk.engine.reader import reading
from kinfolk.errors import KinfolkError
from kinfolk.model.consent import Basis, Choice, Entry, Subject
from kinfolk.model.project import Project
from kinfolk.store.database import open_store
from kinfolk.store.write.consents import append


def record(folder: Path, who: str, said: Said, environment: str | None = None) -> list[Entry]:
    """Writes down what a person said, and returns the rows: one for an address, number or record; of a customer one
    for each record it has now, so that what was said goes with the records wherever they go.

    Errors  KinfolkError names what policies/consent.yml does not have; NotFoundError for a customer or record
    """
    project = open_project(folder, environment)
    return record_in(project, open_store(project.state), who, [said])


def record_in(project: Project, store: Engine, who: str, said: Sequence[Said]) -> list[Entry]:
    """The same in a project that is open, for things said at once: all of them are written down, or none."""
    now = datetime.now(UTC)
    policy_of(project)
    subjects = subjects_of(project, who)
    return append(store, [[saying(project, subject, one, now) for one in said for subject in subjects]], now)


def withdraw(folder: Path, who: str, said: Said, environment: str | None = None) -> list[Entry]:
    """Writes down that a person withdrew: from the purpose named, or, where it is empty, from all that rest on consent.

    Errors  as of `record`
    """
    project = open_project(folder, environment)
    return withdraw_in(project, open_store(project.state), who, said)


def withdraw_in(project: Project, store: Engine, who: str, said: Said) -> list[Entry]:
    """The same in a project that is open."""
    policy = policy_of(project)
    names = [said.purpose] if said.purpose else [p.name for p in policy.purposes if p.basis is Basis.CONSENT]
    if not names:
        raise KinfolkError("No purpose rests on consent, so there is none to withdraw.", hint="Name the purpose.")
    if not said.purpose and (said.channel or said.topic):
        raise KinfolkError("A channel or topic is of one purpose.", hint="Name the purpose.")
    return record_in(project, store, who, [replace(said, purpose=name, choice=Choice.WITHDRAWN) for name in names])


def subjects_of(project: Project, who: str) -> list[Subject]:
    """Whom it is written down about. Errors: NotFoundError for a customer or a record that nobody has ever seen"""
    subject = subject_named(who)
    if subject is not None and subject.kind != RECORD:
        return [subject]
    with reading(project.state) as reader:
        if subject is None:
            return records_of(reader, who)
        record_named(reader, f"{subject.source}:{subject.value}")
        return [subject]
