"""Contracts in force: what was enforced so far, and whether a new version says so of itself."""

from __future__ import annotations

from datetime import UTC, datetime

from kinfolk.engine.sql import query, rows, table
from kinfolk.engine.step import Publish, Query
from kinfolk.errors import ContractError, ProjectError
from kinfolk.model.contract import Contract
from kinfolk.pipeline.work import Work
from kinfolk.policy.contract_changes import Step, changes, made_step, needed_step, next_version
from kinfolk.project.contracts import read_contract
from kinfolk.project.fingerprint import contract_digest
from kinfolk.tables.contracts import DEPLOYED


def deploy(work: Work) -> None:
    """Writes down the contracts that this run is the first to enforce.

    Writes  contracts.deployed
    Errors  ContractError when one breaks what was agreed and its version does not say so
    """
    found = []
    if work.session.present(DEPLOYED.name):
        tree = query("select source, digest, written from d order by deployed_at", d=table(DEPLOYED.name))
        found = work.session.fetch(tree)
    last = {source: (digest, written) for source, digest, written in found}
    now = datetime.now(UTC).replace(tzinfo=None)
    new = [c for c in work.project.contracts if last.get(c.source, ("", ""))[0] != contract_digest(c)]
    for contract in new:
        if contract.source in last:
            words = check_step(contract, last[contract.source][1])
            if words:
                work.watcher.note(words)
    made = [(c.source, c.version, contract_digest(c), c.written, now) for c in new]
    if made or not work.session.present(DEPLOYED.name):
        work.do([Query(DEPLOYED.name, rows(DEPLOYED.types, made), "Contracts in force", Publish.APPEND)])


def check_step(contract: Contract, before: str) -> str | None:
    """What is to be said where a contract changed more than its version tells since the text that was in force before.

    Errors  ContractError where the change is a breaking one
    """
    try:
        old = read_contract(before, f"{contract.source} as deployed")
    except ProjectError:  # written by an older Kinfolk that knew other keys
        return None
    found = changes(old, contract)
    needed, made = needed_step(found), made_step(old.version, contract.version)
    if made >= needed:
        return None
    wanted = next_version(old.version, needed)
    if needed is Step.MAJOR:
        told = "; ".join(str(change) for change in found if change.breaking)
        raise ContractError(
            f"The contract of {contract.source} breaks what version {old.version} promised, and its version is "
            f"{contract.version}: {told}.",
            where=str(contract.place),
            hint=f"Agree on it with the other side and write `version: {wanted}`.",
        )
    return (
        f"The contract of {contract.source} changed and its version did not: {wanted} would say so ({contract.place})."
    )
