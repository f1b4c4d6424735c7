"""`kinfolk contract`: what is remarkable about contracts, how versions differ, who signed, what changed when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path

from kinfolk.commands.open_project import open_project
from kinfolk.engine.reader import reading
from kinfolk.engine.sql import query, table
from kinfolk.errors import KinfolkError, NotFoundError, ProjectError
from kinfolk.model.contract import Contract
from kinfolk.model.project import Project
from kinfolk.model.signature import Party, Signature
from kinfolk.pipeline.deployed import check_step
from kinfolk.policy.contract_changes import Change, changes, made_step, needed_step, next_version
from kinfolk.project.contracts import read_contract
from kinfolk.project.fingerprint import contract_digest
from kinfolk.project.history import revisions, text_at
from kinfolk.project.signatures import add_signature, read_signatures
from kinfolk.tables.contracts import DEPLOYED


@dataclass(frozen=True)
class Deployed:
    """A version that was in force. at: its day."""

    version: str
    written: str
    at: date


@dataclass(frozen=True)
class Remark:
    """Something to know about a contract that is no mistake."""

    source: str
    where: str
    what: str


@dataclass(frozen=True)
class Difference:
    """Two versions compared. step: what the changes need; made: what the versions say; version: what would be right."""

    old: str
    new: str
    changes: tuple[Change, ...]
    step: str
    made: str
    version: str

    @property
    def understated(self) -> bool:
        """Whether the new version claims less than changed."""
        return made_step(self.old, self.new) < needed_step(self.changes)


@dataclass(frozen=True)
class Entry:
    """One version in a change log. commit: None where git does not know it; changes: None where it cannot be read."""

    version: str | None
    at: str
    by: str | None
    about: str | None
    commit: str | None
    changes: tuple[Change, ...] | None


def lint(folder: Path, environment: str | None = None) -> list[Remark]:
    """What is remarkable about the project's contracts.

    Errors  ProjectError lists every mistake; ContractError for a breaking change whose version does not say so
    """
    project = open_project(folder, environment)
    signatures, deployed = read_signatures(project.folder), deployed_versions(project)
    remarks: list[Remark] = []
    for contract in project.contracts:
        place = str(contract.place)
        remarks += [Remark(contract.source, str(p), f"{what} is not enforced.") for what, p in contract.others]
        remarks += _expiring(contract)
        last = deployed.get(contract.source, [])
        words = check_step(contract, last[-1].written) if last else None
        remarks += [Remark(contract.source, place, words)] if words else []
        given = [s for s in signatures if s.source == contract.source]
        for party in Party:
            if not any(s.party is party and s.digest == contract_digest(contract) for s in given):
                stale = any(s.party is party for s in given)
                what = "has not signed this version" if stale else "has not signed"
                remarks.append(Remark(contract.source, place, f"The {party} {what}."))
    without = [s.name for s in project.sources if project.contract(s.name) is None]
    remarks += [Remark(name, str(project.source(name).place), "The source has no contract.") for name in without]
    return remarks


def _expiring(contract: Contract) -> list[Remark]:
    today = datetime.now(UTC).date()
    return [
        Remark(
            contract.source, str(p.place), f"`{p.name}` was to be relied on until {p.deprecated_until}: take it out."
        )
        for p in contract.properties
        if p.deprecated_until and p.deprecated_until < today
    ]


def version_remarks(project: Project) -> list[str]:
    """Contracts that changed and whose version does not say how much. Errors: ContractError for breaking changes."""
    deployed = deployed_versions(project) if project.contracts else {}
    known = [(c, deployed[c.source][-1].written) for c in project.contracts if c.source in deployed]
    return [words for contract, before in known if (words := check_step(contract, before))]


def deployed_versions(project: Project) -> dict[str, list[Deployed]]:
    """Source -> the versions of its contract that were in force, oldest first."""
    try:
        with reading(project.state) as reader:
            if not reader.present(DEPLOYED.name):
                return {}
            tree = query(
                "select source, version, written, deployed_at from d order by deployed_at", d=table(DEPLOYED.name)
            )
            rows = reader.read(tree).rows
    except NotFoundError:
        return {}
    found: dict[str, list[Deployed]] = {}
    for source, version, written, at in rows:
        found.setdefault(source, []).append(Deployed(version, written, at.date()))
    return found


def diff(old: str, new: str, folder: Path = Path()) -> Difference:
    """Two versions compared; each a file, or REVISION:path in git.

    Errors  KinfolkError where there is no such version; ProjectError lists what is wrong with one
    """
    before, after = (read_contract(_text(name, folder), name) for name in (old, new))
    found = changes(before, after)
    step, made = needed_step(found), made_step(before.version, after.version)
    wanted = next_version(before.version, step)
    return Difference(before.version, after.version, found, step.name.lower(), made.name.lower(), wanted)


def _text(name: str, folder: Path) -> str:
    for path in (Path(name), folder / name):
        if path.is_file():
            return path.read_text(encoding="utf-8-sig")
    text = text_at(folder, name) if ":" in name else None
    if text is None:
        hint = "Name a file, or a version in git such as HEAD:contracts/crm.odcs.yaml."
        raise KinfolkError(f"There is no contract {name}.", hint=hint)
    return text


def sign(folder: Path, source: str, party: Party, by: str, environment: str | None = None) -> Signature:
    """Keeps that one side agrees to the contract as it is now; signing twice changes nothing.

    Errors  NotFoundError for a source without contract, or a name that owners.yml does not know
    """
    project = open_project(folder, environment)
    contract = _contract(project, source)
    people = project.ownership.people
    if people and by not in people:
        near = get_close_matches(by, people, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"It knows: {', '.join(people)}."
        raise NotFoundError(f"owners.yml knows nobody called {by}.", hint=hint)
    today = datetime.now(UTC).date().isoformat()
    signature = Signature(source, contract.version, contract_digest(contract), party, by, today)
    for known in read_signatures(project.folder):
        if (known.source, known.digest, known.party, known.by) == (source, signature.digest, party, by):
            return known
    add_signature(project.folder, signature)
    return signature


def _contract(project: Project, source: str) -> Contract:
    contract = project.contract(source)
    if contract is None:
        known = ", ".join(c.source for c in project.contracts) or "none"
        raise NotFoundError(
            f"There is no contract for {source!r}.",
            hint=f"Contracts there are: {known}. `kinfolk contract draft {source}` drafts one.",
        )
    return contract


def log(folder: Path, source: str, environment: str | None = None) -> list[Entry]:
    """The versions of a contract with what changed in each, newest first: from git, or else from what was in force."""
    project = open_project(folder, environment)
    contract = _contract(project, source)
    file = contract.place.file
    known = revisions(project.folder, file)
    if known:
        texts = [text_at(project.folder, f"{r.commit}:{file}") for r in known]
        entries = [
            Entry(version, r.at, r.by, r.about, r.commit[:10], found)
            for r, (version, found) in zip(known, _changes_of(texts), strict=True)
            if found is None or found or version
        ]
    else:
        last = deployed_versions(project).get(source, [])
        entries = [
            Entry(version, d.at.isoformat(), None, None, None, found)
            for d, (version, found) in zip(last, _changes_of([d.written for d in last]), strict=True)
        ]
    return entries[::-1]


def _changes_of(texts: list[str | None]) -> list[tuple[str | None, tuple[Change, ...] | None]]:
    """Of each text its version, and what it changed since the one before; None for what cannot be read."""
    found: list[tuple[str | None, tuple[Change, ...] | None]] = []
    before: Contract | None = None
    for text in texts:
        try:
            now = read_contract(text or "", "contract")
        except ProjectError:
            found.append((None, None))
            continue
        found.append((now.version, changes(before, now) if before else ()))
        before = now
    return found
