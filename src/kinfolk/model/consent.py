"""Consent: what data may be used for, what people said to that, and what follows for one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kinfolk.model.place import Place


class Basis(StrEnum):
    """Why data may be used for a purpose (GDPR, article 6)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTERESTS = "vital_interests"
    PUBLIC_INTEREST = "public_interest"
    LEGITIMATE_INTEREST = "legitimate_interest"


class Choice(StrEnum):
    """What somebody said, or what became of it."""

    GRANTED = "granted"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


UNDER_AGE, UNASKED = "under age", "unasked"  # further states: granted too young to count; nothing is recorded

# The states of one person from the most restrictive on: of several that are recorded, the first of these holds.
RESTRICTIVE = (Choice.WITHDRAWN, Choice.DENIED, UNDER_AGE, Choice.EXPIRED, Choice.GRANTED)


@dataclass(frozen=True)
class Purpose:
    """What data may be used for.

    use      a data use of fideslang, or an IRI of the Data Privacy Vocabulary
    default  whether the data may be used where nobody said anything
    months   after which a grant ends; None = never
    about    what people are told of it
    """

    name: str
    place: Place
    title: str
    use: str
    basis: Basis
    default: bool
    channels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    months: int | None = None
    minimum_age: int | None = None
    about: str | None = None

    def scopes(self) -> Iterator[tuple[str | None, str | None]]:
        """Every channel with every topic; None where the purpose tells none apart."""
        for channel in self.channels or (None,):
            for topic in self.topics or (None,):
                yield channel, topic


@dataclass(frozen=True)
class PolicyVersion:
    """A version of the notice that explains the purposes. digest: sha256 (hex) of its text, which may lie in a file"""

    name: str
    place: Place
    since: date
    digest: str
    file: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class ConsentPolicy:
    """policies/consent.yml. versions: the oldest first"""

    purposes: tuple[Purpose, ...]
    versions: tuple[PolicyVersion, ...]

    def purpose(self, name: str) -> Purpose | None:
        """The purpose of that name."""
        return next((purpose for purpose in self.purposes if purpose.name == name), None)

    def in_force(self, day: date) -> PolicyVersion | None:
        """The version that was shown on that day; None before the first."""
        return next((version for version in reversed(self.versions) if version.since <= day), None)


@dataclass(frozen=True, order=True)
class Subject:
    """Whom a fact is about: a record of a source, or a value that records have.

    kind    record, email, phone, or another column by which rows of a source are matched
    source  of the record; None for a value
    """

    kind: str
    value: str
    source: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.source}:{self.value}" if self.source else f"{self.kind}:{self.value}"


@dataclass(frozen=True)
class Saying:
    """What one subject said to one purpose, to be written down.

    channel, topic      None = all of them
    collection_method   how it was collected (ISO/IEC TS 27560), such as `web form`
    collected_at        where: a page, a shop, an app
    """

    subject: Subject
    purpose: str
    choice: Choice
    effective_at: datetime
    expires_at: datetime | None = None
    policy_version: str | None = None
    channel: str | None = None
    topic: str | None = None
    collection_method: str | None = None
    collected_at: str | None = None
    recorded_by: str | None = None
    proof: str | None = None


@dataclass(frozen=True)
class Entry:
    """One row of the ledger. saying: without its subject and proof where these were erased

    part_of     the first `seq` of the act it was part of, such as the withdrawal of a customer of three records
    commitment  sha256 of salt, subject and proof
    chain       sha256 of the row before, this row, and its commitment
    """

    seq: int
    part_of: int
    recorded_at: datetime
    saying: Saying
    commitment: str
    chain: str
    erased: bool = False


@dataclass(frozen=True)
class Verified:
    """What was found of a ledger. opened: rows whose commitment could be opened; erased: those that name nobody now"""

    entries: int
    opened: int
    erased: int
    chain: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """What counts when a state is worked out. seq, part_of: of the ledger; row: or of a file, as source:id"""

    subject: Subject
    purpose: str
    choice: Choice
    effective_at: datetime
    expires_at: datetime | None = None
    policy_version: str | None = None
    channel: str | None = None
    topic: str | None = None
    seq: int | None = None
    part_of: int | None = None
    row: str | None = None

    @property
    def order(self) -> tuple[datetime, int, int, str]:
        """Which of two facts is the later one; of two from files at one moment it is the more restrictive."""
        return self.effective_at, self.seq or 0, -RESTRICTIVE.index(self.choice), self.row or ""

    def concerns(self, purpose: str, channel: str | None, topic: str | None) -> bool:
        """Whether it speaks of that part of a purpose."""
        return self.purpose == purpose and self.channel in (None, channel) and self.topic in (None, topic)


@dataclass(frozen=True)
class Standing:
    """What holds for a person and a part of a purpose. fact: what it follows from; None where nothing is recorded"""

    state: str
    allowed: bool
    fact: Fact | None = None
