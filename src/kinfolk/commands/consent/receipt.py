"""`kinfolk consent receipt`: what a person may be handed as proof, in the fields of ISO/IEC TS 27560."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from kinfolk.commands.consent.saying import policy_of
from kinfolk.commands.open_project import open_project
from kinfolk.errors import NotFoundError
from kinfolk.model.consent import Choice, ConsentPolicy, Entry, PolicyVersion
from kinfolk.model.project import Project
from kinfolk.pipeline.ledger import open_ledger
from kinfolk.store.read import consents

SCHEMA = "ISO/IEC TS 27560:2023"
# The standard's words for the state of a consent, as the Data Privacy Vocabulary has them.
_EVENT_STATES = {
    Choice.GRANTED: "dpv:ConsentGiven",
    Choice.DENIED: "dpv:ConsentRefused",
    Choice.WITHDRAWN: "dpv:ConsentWithdrawn",
    Choice.EXPIRED: "dpv:ConsentExpired",
}


@dataclass(frozen=True)
class Receipt:
    """A receipt and the record it is of; the names of fields are the standard's.

    proof  how to find the record in the ledger, and to show that it was not altered since
    """

    receipt_metadata: dict[str, Any]
    header: dict[str, Any]
    pii_processing: dict[str, Any]
    party_identification: dict[str, Any]
    event: dict[str, Any]
    proof: dict[str, Any]


def receipt(folder: Path, seq: int, environment: str | None = None) -> Receipt:
    """The receipt of one row of the ledger. Errors: NotFoundError when there is no such row"""
    project = open_project(folder, environment)
    return receipt_in(project, open_ledger(project), seq)


def receipt_in(project: Project, ledger: Engine, seq: int) -> Receipt:
    """The same in a project that is open."""
    policy = policy_of(project)
    found = consents.entry(ledger, seq)
    if found is None:
        raise NotFoundError(f"The ledger has no row {seq}.", hint="`kinfolk consent history` lists a person's rows.")
    said, number = found.saying, f"{project.name}{f'/{project.environment}' if project.environment else ''}/{seq}"
    return Receipt(
        {"receipt_id": f"{number}/{found.chain[:16]}", "schema_version": SCHEMA, "issued_at": datetime.now(UTC)},
        {
            "record_id": number,
            "schema_version": SCHEMA,
            "pii_principal_id": None if found.erased else str(said.subject),
        },
        _processing(policy, found),
        {"pii_controller": project.name},
        {
            "event_time": said.effective_at,
            "event_state": _EVENT_STATES[said.choice],
            "validity_end": said.expires_at,
            "entity_id": said.recorded_by,
            "recorded_at": found.recorded_at,
        },
        {"evidence": said.proof, "commitment": found.commitment, "chain": found.chain},
    )


def _changed_since(shown: str | None, version: PolicyVersion | None) -> str | None:
    """What a person must know before the notice of today is handed over as the one that was shown."""
    if shown is None or (version and version.digest == shown):
        return None
    if version is None:
        return "The policy does not have this version any more; the text that was shown is the one with this sha256."
    return f"The text was changed since: it now has {version.digest}. What was shown is the text with this sha256."


def _processing(policy: ConsentPolicy, entry: Entry) -> dict[str, Any]:
    said, purpose = entry.saying, policy.purpose(entry.saying.purpose)
    version = policy.version(said.policy_version)
    return {
        "privacy_notice": {
            "version": said.policy_version,
            "since": version.since if version else None,
            "file": version.file if version else None,
            "sha256": said.notice,
            "changed_since": _changed_since(said.notice, version),
        },
        "purposes": [
            {
                "purpose": said.purpose,
                "purpose_title": purpose.title if purpose else None,
                "purpose_type": purpose.use if purpose else None,
                "lawful_basis": purpose.basis if purpose else None,
                "channel": said.channel,
                "topic": said.topic,
            }
        ],
        "collection_method": said.collection_method,
        "collected_at": said.collected_at,
    }
