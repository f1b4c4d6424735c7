"""Consent: what data may be used for, what people said to that, and what follows for one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from hashlib import sha256

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

# The states of one person from the most restrictive on: of two things said at one moment, the first of these holds.
RESTRICTIVE = (Choice.WITHDRAWN, Choice.DENIED, UNDER_AGE, Choice.EXPIRED, Choice.GRANTED)


FORBIDDING = (Choice.WITHDRAWN, Choice.DENIED)  # what holds however much later another of a person's subjects says yes
ERASED = "erased"  # the kind of a subject that is not known any more


@dataclass(frozen=True)
class Ended:
    """Purposes, channels and topics that are given up: what people said against them has nothing left to forbid."""

    purposes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Purpose:
    """What data may be used for.

    use      a data use of fideslang, or an IRI of the Data Privacy Vocabulary
    default  whether the data may be used where nobody said anything
    months   after which a grant ends; None = never
    zone     whose days and months are counted
    gpc      whether Global Privacy Control, the browser's wish that nothing be sold or shared, forbids it
    about    what people are told of it
    ended    channels and topics that it has given up, be they in use elsewhere
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
    zone: str = "UTC"
    gpc: bool = False
    about: str | None = None
    ended: Ended = field(default_factory=Ended)

    def scopes(self) -> Iterator[tuple[str | None, str | None]]:
        """Every channel with every topic; None where the purpose tells none apart."""
        for channel in self.channels or (None,):
            for topic in self.topics or (None,):
                yield channel, topic


@dataclass(frozen=True)
class PolicyVersion:
    """A version of the notice that explains the purposes.

    content  its text, or the document, as it was when the project was read
    file     where that lies, from the project's folder; None where the policy itself holds the text
    """

    name: str
    place: Place
    since: date
    content: bytes = field(repr=False)
    file: str | None = None

    @cached_property
    def digest(self) -> str:
        """The sha256 (hex) of its content, by which the ledger tells what a person was shown."""
        return sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Formerly:
    """Former names of purposes, of channels and of topics, each -> what it is called now."""

    purposes: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Signals:
    """What the words of a consent banner, as they stand in events, mean for our purposes.

    categories    category of the banner -> names of purposes
    tcf_purposes  number of a purpose of IAB TCF -> names of purposes
    tcf_vendor    our number in the Global Vendor List, without whose consent none of these counts; None = we have none
    """

    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tcf_purposes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    tcf_vendor: int | None = None


@dataclass(frozen=True)
class ConsentPolicy:
    """policies/consent.yml.

    versions  the oldest first
    formerly  former name -> what it is called now
    """

    purposes: tuple[Purpose, ...]
    versions: tuple[PolicyVersion, ...]
    formerly: Formerly = field(default_factory=Formerly)
    ended: Ended = field(default_factory=Ended)
    place: Place = field(default_factory=lambda: Place("policies/consent.yml"))
    signals: Signals = field(default_factory=Signals)

    def purpose(self, name: str) -> Purpose | None:
        """The purpose of that name, or of that former name."""
        called = self.formerly.purposes.get(name, name)
        return next((purpose for purpose in self.purposes if purpose.name == called), None)

    def version(self, name: str | None) -> PolicyVersion | None:
        """The version of that name."""
        return next((version for version in self.versions if version.name == name), None)

    def called_now(self, purpose: str, channel: str | None, topic: str | None) -> tuple[str, str | None, str | None]:
        """A purpose, channel and topic by the names they have now."""
        now = self.formerly
        return (
            now.purposes.get(purpose, purpose),
            now.channels.get(channel, channel) if channel else channel,
            now.topics.get(topic, topic) if topic else topic,
        )

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

    @classmethod
    def erased(cls, commitment: str) -> Subject:
        """Somebody who was erased: the commitment is all that is left."""
        return cls(ERASED, commitment)

    def __str__(self) -> str:
        if self.kind == ERASED:
            return "somebody erased"
        return f"{self.kind}:{self.source}:{self.value}" if self.source else f"{self.kind}:{self.value}"


@dataclass(frozen=True)
class Saying:
    """What one subject said to one purpose, to be written down.

    channel, topic      None = all of them
    collection_method   how it was collected (ISO/IEC TS 27560), such as `web form`
    collected_at        where: a page, a shop, an app
    notice              sha256 (hex) of the notice that was shown
    ranks_at            where the saying names a day only: the moment that decides whether it is the later one
    carried             written down beside those who said it: it counts for a customer who has none of them
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
    notice: str | None = None
    ranks_at: datetime | None = None
    carried: bool = False


@dataclass(frozen=True)
class Entry:
    """One row of the ledger.

    saying      without whom it is about, how it was collected and its proof, where these were erased
    part_of     the first `seq` of the act it was part of, such as the withdrawal of a customer of three records
    commitment  sha256 of salt, subject, collection and proof
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
class Erasure:
    """A row of the ledger that says of which rows it was erased whom they are about; no words in it may name them."""

    seq: int
    erased_at: datetime
    rows: tuple[int, ...]
    erased_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Verified:
    """What was found of a ledger.

    entries   rows of what people said
    opened    those whose commitment could be opened; erased: those that name nobody now
    last      number of the last row, an erasure's row counted; chain: its link
    """

    entries: int
    opened: int
    erased: int
    last: int
    chain: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """What counts when a state is worked out. seq, part_of: of the ledger; row: or of a file, as source:id

    ranks_at, carried  as of `Saying`
    """

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
    ranks_at: datetime | None = None
    carried: bool = False

    @property
    def order(self) -> tuple[datetime, int, int, str]:
        """Which of two facts is the later one; of two at one moment it is the more restrictive."""
        return self.ranks_at or self.effective_at, -RESTRICTIVE.index(self.choice), self.seq or 0, self.row or ""

    def concerns(self, purpose: str, channel: str | None, topic: str | None) -> bool:
        """Whether it speaks of that part of a purpose."""
        return self.purpose == purpose and self.channel in (None, channel) and self.topic in (None, topic)


@dataclass(frozen=True)
class Standing:
    """What holds for a person and a part of a purpose. fact: what it follows from; None where nothing is recorded"""

    state: str
    allowed: bool
    fact: Fact | None = None
