"""The choices of one person, as a page shows them, and what follows when the page comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from kinfolk.commands.consent.notices import Notice, in_force, notice, shown
from kinfolk.commands.consent.record import record_in, withdraw_in
from kinfolk.commands.consent.saying import Said, policy_of
from kinfolk.commands.consent.show import Shown, State, show_in
from kinfolk.commands.consent.subjects import RECORD
from kinfolk.commands.serving import Served
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.consent import Basis, Choice, ConsentPolicy, Entry, Purpose, Subject

# Bases under which a person has a word to say: yes or no, or that they object (GDPR, articles 7(3) and 21(1)).
_TO_OBJECT = (Basis.LEGITIMATE_INTEREST, Basis.PUBLIC_INTEREST)
_NO = (Choice.WITHDRAWN, Choice.DENIED)
_BY = "the person"


@dataclass(frozen=True)
class Box:
    """One thing to tick: a yes to a channel and topic of a purpose, or an objection.

    ticked  as things stand
    fixed   a tick would change nothing: the no came another way, such as by telephone, and holds until it is taken back
    """

    name: str
    state: State
    ticked: bool
    fixed: bool


@dataclass(frozen=True)
class Part:
    """A purpose, and its boxes; none where the person has no say."""

    purpose: Purpose
    boxes: tuple[Box, ...]

    @property
    def objects(self) -> bool:
        """Whether its boxes are objections."""
        return self.purpose.basis in _TO_OBJECT


@dataclass(frozen=True)
class Choices:
    """All of a person's choices, beside the notice that is in force. customer_id: None for an address of nobody"""

    customer_id: str | None
    parts: tuple[Part, ...]
    notice: Notice | None

    @property
    def boxes(self) -> dict[str, tuple[Part, Box]]:
        """Name of a box -> its part, and itself."""
        return {box.name: (part, box) for part in self.parts for box in part.boxes}


@dataclass(frozen=True)
class Filled:
    """The page as it came back. shown, ticked: names of boxes that were ticked when it was made, and that are now.

    version, notice  which notice it showed: its version, and the sha256 of its text
    page             its address, without what opens it
    """

    shown: Collection[str]
    ticked: Collection[str]
    version: str | None
    page: str
    notice: str | None = None


@dataclass(frozen=True)
class Saved:
    """What was written down.

    outdated  not all of it was: a yes was to a notice that is not in force now, or something is not asked any more
    """

    entries: list[Entry]
    outdated: bool


def choices(served: Served, subject: Subject) -> Choices:
    """What the person can choose. Errors: NotFoundError when nobody is that any more, KinfolkError when several are"""
    policy = policy_of(served.project)
    shown, version = show_in(served.project, served.store, str(subject)), in_force(served.project, policy)
    parts = (Part(purpose, tuple(_boxes(purpose, shown, subject))) for purpose in policy.purposes)
    return Choices(shown.customer_id, tuple(parts), notice(served.project, version.name) if version else None)


def save(served: Served, subject: Subject, filled: Filled) -> Saved:
    """Writes down what was changed since the page was made. A no counts whatever the notice says by now.

    It counts whatever things are called by now, too; of two boxes that have become one, the no does.
    """
    now, policy = choices(served, subject), policy_of(served.project)
    changed = dict[str, set[bool]]()
    for name in set(filled.shown) ^ set(filled.ticked):
        changed.setdefault(_called_now(policy, name), set()).add(name in filled.ticked)
    filled = replace(filled, version=shown(policy, filled.version, filled.notice))
    outdated = (now.notice.version.name if now.notice else None) != filled.version
    said, kept_back = list[Said](), False
    for part, box in (now.boxes[name] for name in now.boxes if name in changed):
        ticked = any(changed[box.name]) if part.objects else all(changed[box.name])
        word = _word(part, box, ticked, filled)
        if outdated and word.choice == Choice.GRANTED:
            kept_back = True
        else:
            said.append(word)
    entries = record_in(served.project, served.store, _who(subject, now.customer_id), said) if said else []
    return Saved(entries, kept_back)


def withdraw_all(
    served: Served, subject: Subject, page: str, purpose: str | None = None, channel: str | None = None
) -> list[Entry]:
    """Writes down a no to all that rests on consent, or to one purpose; to one channel of it, or of each.

    purpose, channel  as they are called, or were when the message was written that asks
    """
    policy = policy_of(served.project)
    called, channel, _ = policy.called_now(purpose or "", channel, None)
    purpose = called or None
    method = "preference page" if purpose is None and channel is None else "unsubscribe"
    said = Said(purpose or "", Choice.WITHDRAWN, collection_method=method, collected_at=page, recorded_by=_BY)
    shown = show_in(served.project, served.store, str(subject)) if subject.kind == RECORD else None
    who = _who(subject, shown.customer_id if shown else None)
    if channel is None:
        return withdraw_in(served.project, served.store, who, said)
    asked = [p for p in policy.purposes if p.name == purpose or (purpose is None and p.basis is Basis.CONSENT)]
    each = [replace(said, purpose=p.name, channel=channel) for p in asked if channel in p.channels]
    if not each:
        raise NotFoundError(f"There is nothing to withdraw from by {channel}.")
    return record_in(served.project, served.store, who, each)


def _boxes(purpose: Purpose, shown: Shown, subject: Subject) -> Iterator[Box]:
    if purpose.basis is not Basis.CONSENT and purpose.basis not in _TO_OBJECT:
        return
    for state in shown.states:
        if state.purpose == purpose.name:
            ticked = state.allowed if purpose.basis is Basis.CONSENT else not state.allowed
            yield Box(
                _name(purpose.name, state.channel, state.topic),
                state,
                ticked,
                state.state in _NO and not _spoke(state, subject),
            )


def _spoke(state: State, subject: Subject) -> bool:
    """Whether a state follows from somebody for whom the page speaks: the address, or each record of the customer."""
    if subject.kind != RECORD:
        return state.said_by == str(subject)
    return (state.said_by or "").startswith(f"{RECORD}:")


def _who(subject: Subject, customer_id: str | None) -> str:
    """Whom it is written down about: all records of the customer that the record belongs to now, or the address."""
    if subject.kind != RECORD:
        return str(subject)
    if customer_id is None:
        raise KinfolkError("The record belongs to nobody.")
    return customer_id


def _called_now(policy: ConsentPolicy, name: str) -> str:
    """The name that a box has now."""
    purpose, _, scope = name.partition("/")
    channel, _, topic = scope.partition("/")
    return _name(*policy.called_now(purpose, channel, topic))


def _name(purpose: str, channel: str | None, topic: str | None) -> str:
    return "/".join((purpose, channel or "", topic or ""))


def _word(part: Part, box: Box, ticked: bool, filled: Filled) -> Said:
    if part.objects:
        choice = Choice.DENIED if ticked else Choice.GRANTED
    else:
        choice = Choice.GRANTED if ticked else Choice.WITHDRAWN
    title = part.purpose.title
    return Said(
        part.purpose.name,
        choice,
        policy_version=filled.version,
        channel=box.state.channel,
        topic=box.state.topic,
        collection_method="preference page",
        collected_at=filled.page,
        recorded_by=_BY,
        proof=" ".join(filter(None, (f"{title}:", part.purpose.about, "ticked" if ticked else "not ticked"))),
    )
