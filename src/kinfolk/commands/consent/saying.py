"""Something a person says, checked against policies/consent.yml before it is written down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.consent import FORBIDDING, Choice, ConsentPolicy, Purpose, Saying, Subject
from kinfolk.model.project import Project
from kinfolk.policy.consent import day_end, ends
from kinfolk.project.suggest import hint

GONE = ""  # the version of a notice that was shown, and that the policy does not have any more as it was

_SKEW = timedelta(minutes=5)  # what two clocks may differ by


@dataclass(frozen=True)
class Said:
    """What is to be recorded, in the words it was given in; None where nothing was said.

    policy_version  None for the one that was in force; GONE for one that nobody knows any more
    """

    purpose: str
    choice: str
    effective_at: str | None = None
    policy_version: str | None = None
    channel: str | None = None
    topic: str | None = None
    collection_method: str | None = None
    collected_at: str | None = None
    recorded_by: str | None = None
    proof: str | None = None


def policy_of(project: Project) -> ConsentPolicy:
    """The project's policy. Errors: NotFoundError when it has none"""
    if project.consent is None:
        hint = "Write its purposes and versions; `kinfolk schema` has the form."
        raise NotFoundError("The project has no policies/consent.yml.", hint=hint)
    return project.consent


def purpose_named(policy: ConsentPolicy, name: str) -> Purpose:
    """The purpose of that name. Errors: KinfolkError"""
    found = policy.purpose(name)
    if found is None:
        raise _unknown("purpose", name, (purpose.name for purpose in policy.purposes))
    return found


def saying(project: Project, subject: Subject, said: Said, now: datetime, *, ended_too: bool = False) -> Saying:
    """The same, checked and complete: the moment in UTC, the version that was in force, the end of a grant.

    A denial that names a day is the last word of that day.

    ended_too  whether it may be about what the policy has given up, as a row of a ledger may
    Errors  KinfolkError names what policies/consent.yml does not have, or a moment that is still to come
    """
    policy = policy_of(project)
    given_up = ended_too and said.purpose in policy.ended.purposes
    purpose = None if given_up else purpose_named(policy, said.purpose)
    if said.choice not in list(Choice):
        raise _unknown("decision", said.choice, Choice)
    choice, zone = Choice(said.choice), ZoneInfo(project.time_zone)
    effective_at = moment(said.effective_at, zone) if said.effective_at else now
    if effective_at > now + _SKEW:
        raise KinfolkError(f"{said.effective_at} is still to come.", hint="Record what was said, not what will be.")
    effective_at = min(effective_at, now)
    days_end = day_end(effective_at, project.time_zone) if choice in FORBIDDING and _is_day(said.effective_at) else None
    _, channel, topic = policy.called_now(said.purpose, said.channel, said.topic)
    if purpose is not None:
        ended = (policy.ended, purpose.ended) if ended_too else ()
        _check_known("channel", channel, (*purpose.channels, *(c for one in ended for c in one.channels)), purpose)
        _check_known("topic", topic, (*purpose.topics, *(t for one in ended for t in one.topics)), purpose)
    if said.policy_version is None:
        version = policy.in_force(effective_at.astimezone(zone).date())
    else:
        version = policy.version(said.policy_version)
        if version is None and said.policy_version != GONE:
            raise _unknown("version", said.policy_version, (known.name for known in policy.versions))
    return Saying(
        subject=subject,
        purpose=purpose.name if purpose else said.purpose,
        choice=choice,
        effective_at=effective_at,
        expires_at=ends(effective_at, purpose.months, purpose.zone) if purpose and choice is Choice.GRANTED else None,
        policy_version=version.name if version else None,
        channel=channel,
        topic=topic,
        collection_method=said.collection_method,
        collected_at=said.collected_at,
        recorded_by=said.recorded_by,
        proof=said.proof,
        notice=version.digest if version else None,
        ranks_at=min(days_end, now) if days_end else None,
    )


def _check_known(kind: str, given: str | None, known: Sequence[str], purpose: Purpose) -> None:
    if given is not None and given not in known:
        raise _unknown(kind, given, known, f" of {purpose.name}")


def _is_day(text: str | None) -> bool:
    try:
        return bool(text and date.fromisoformat(text.strip()))
    except ValueError:
        return False


def moment(text: str, zone: ZoneInfo) -> datetime:
    """The moment in UTC, of that zone where it names none. Errors: KinfolkError"""
    try:
        found = datetime.fromisoformat(text.strip())
        found = found if found.tzinfo else found.replace(tzinfo=zone)
        return found.astimezone(zone).astimezone(UTC)  # one that one of them cannot tell is none
    except (ValueError, OverflowError):
        advice = "Write a day such as 2026-03-01, or a moment such as 2026-03-01T14:30."
        raise KinfolkError(f"{text!r} is no moment.", hint=advice) from None


def _unknown(kind: str, given: str, known: Iterable[str], of: str = "") -> KinfolkError:
    names = list(known)
    advice = hint(given, names) or (None if names else f"policies/consent.yml tells no {kind}s apart here.")
    return KinfolkError(f"There is no {kind} {given}{of}.", hint=advice)
