"""`kinfolk consent record` and `withdraw`: what somebody said is written down, once and for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from kinfolk.commands.consent.carrying import beside, carried
from kinfolk.commands.consent.people import published, records_of
from kinfolk.commands.consent.saying import Said, policy_of, saying
from kinfolk.commands.consent.subjects import RECORD, subject_named
from kinfolk.commands.open_project import open_project
from kinfolk.commands.records import record_named
from kinfolk.engine.reader import Reader
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.consent import Basis, Choice, Entry, Subject
from kinfolk.model.project import Project
from kinfolk.pipeline.ledger import open_ledger
from kinfolk.store.write.consents import append


def record(folder: Path, who: str, said: Said, environment: str | None = None) -> list[Entry]:
    """Writes down what a person said, and returns the rows: one for an address, number or record; of a customer one
    for each record it has now, so that what was said goes with the records wherever they go.

    A denial is written down once more beside them: for the addresses and numbers of the records, for the records of the
    address. It is so found again when a source is renamed or an address changes.

    Errors  KinfolkError names what policies/consent.yml does not have; NotFoundError for a customer or record
    """
    project = open_project(folder, environment)
    return record_in(project, open_ledger(project), who, [said])


def record_in(project: Project, ledger: Engine, who: str, each: Sequence[Said]) -> list[Entry]:
    """The same in a project that is open, for things said at once: all of them are written down, or none."""
    policy_of(project)
    now = datetime.now(UTC)
    with published(project) as reader:
        subjects = _subjects_of(project, reader, who)
        act = [saying(project, subject, one, now) for one in each for subject in subjects]
        act = carried(act, beside(reader, subjects))
    return append(ledger, [act])


def withdraw(folder: Path, who: str, said: Said, environment: str | None = None) -> list[Entry]:
    """Writes down that a person withdrew: from the purpose named, or, where it is empty, from all that rest on consent.

    Errors  as of `record`
    """
    project = open_project(folder, environment)
    return withdraw_in(project, open_ledger(project), who, said)


def withdraw_in(project: Project, ledger: Engine, who: str, said: Said) -> list[Entry]:
    """The same in a project that is open."""
    policy = policy_of(project)
    names = [said.purpose] if said.purpose else [p.name for p in policy.purposes if p.basis is Basis.CONSENT]
    if not names:
        raise KinfolkError("No purpose rests on consent, so there is none to withdraw.", hint="Name the purpose.")
    if not said.purpose and (said.channel or said.topic):
        raise KinfolkError("A channel or topic is of one purpose.", hint="Name the purpose.")
    return record_in(project, ledger, who, [replace(said, purpose=name, choice=Choice.WITHDRAWN) for name in names])


def held_by_nobody(folder: Path, written: Sequence[Entry], environment: str | None = None) -> list[Subject]:
    """Those of the addresses and numbers that no record has, as published; a slip of the pen looks like that."""
    said = {entry.saying.subject for entry in written if entry.saying.subject.kind != RECORD}
    with published(open_project(folder, environment)) as reader:
        known = beside(reader, said)
    return sorted(subject for subject in said if not known[subject])


def _subjects_of(project: Project, reader: Reader | None, who: str) -> list[Subject]:
    """Whom it is written down about. Errors: NotFoundError for a customer or a record that nobody has ever seen"""
    subject = subject_named(who, project.defaults.country)
    if subject is not None and subject.kind != RECORD:
        return [subject]
    if reader is None:
        raise NotFoundError("Nothing has been published yet.", hint="Run `kinfolk run` first.")
    if subject is None:
        return records_of(reader, who)
    record_named(reader, f"{subject.source}:{subject.value}")
    return [subject]
