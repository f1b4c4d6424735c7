"""The banner of a web site: what it asks, and what its visitors said, written down about the visitor.

A visitor is a record of the source that is made of the site's visitors, so what one said goes with the record to the
customer whom the visitor turns out to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from kinfolk.commands.consent.choices import Saved
from kinfolk.commands.consent.notices import in_force, notice, shown
from kinfolk.commands.consent.people import fact_of
from kinfolk.commands.consent.saying import Said, policy_of, saying
from kinfolk.commands.consent.subjects import RECORD
from kinfolk.commands.serving import Served
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.consent import Basis, Choice, ConsentPolicy, Purpose, Saying, Subject
from kinfolk.model.project import Project
from kinfolk.model.secret import revealed
from kinfolk.model.source import Source
from kinfolk.model.visitor import visitor
from kinfolk.pipeline.arrivals import active_sources
from kinfolk.store.read.consents import entries_of
from kinfolk.store.write.consents import append


@dataclass(frozen=True)
class Question:
    """A purpose, as the banner asks for it. gpc: Global Privacy Control forbids it; months: after which a yes ends"""

    name: str
    title: str
    about: str | None
    gpc: bool
    months: int | None


@dataclass(frozen=True)
class Banner:
    """What a site's banner shows.

    notice  sha256 (hex) of the notice of that version
    text    the notice, where it is plain text; None where it is to be linked to
    """

    company: str
    version: str | None
    notice: str | None
    text: str | None
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Chosen:
    """What a visitor said.

    version, notice  which notice they were shown: its version, and the sha256 of its text, where the banner tells
    page             where, as the browser tells it
    gpc              whether the browser said no for them
    """

    choices: Mapping[str, bool]
    version: str | None
    notice: str | None = None
    page: str | None = None
    gpc: bool = False


def banner(project: Project, key: str) -> Banner:
    """What the banner of the site with that write key asks. Errors: NotFoundError where the key is not known"""
    source_of(project, key)
    policy = policy_of(project)
    version = in_force(project, policy)
    questions = (Question(p.name, p.title, p.about, p.gpc, p.months) for p in policy.purposes if _asked(p))
    if version is None:
        return Banner(project.name, None, None, None, tuple(questions))
    text = notice(project, version.name).text
    return Banner(project.name, version.name, version.digest, text, tuple(questions))


def source_of(project: Project, key: str) -> Source:
    """The source of the visitors of the site with that key, be it paused: the door asks what they said all the same.

    Errors  NotFoundError where there is none
    """
    active = active_sources(project)
    web = next((s for s in active if s.takes_in_events and key in revealed(s.options).get("write_keys", ())), None)
    if web is None:
        raise NotFoundError("The write key is not known here.")
    found = [source for source in project.sources if source.visitors_of == web.name]
    if not found:
        hint = f"Add a source with `collect: {{visitors_of: {web.name}}}`."
        raise NotFoundError(f"Nothing is made of the visitors of {web.name}, so nobody can say anything.", hint=hint)
    return next((source for source in found if source in active), found[0])


def choose(served: Served, key: str, ids: tuple[str | None, str | None], chosen: Chosen) -> Saved:
    """Writes down what a visitor said; what the same visitor said last, to the same notice, is not repeated.

    A no counts whatever the notice says by now, and whatever else the banner asked for when it was shown.

    ids     user id and anonymous id, as events have them
    Errors  NotFoundError where the key is not known; KinfolkError where the banner asks for none of the purposes, or
            where nothing but yeses were said, to a notice that is not in force
    """
    project, now = served.project, datetime.now(UTC)
    source, name = source_of(project, key), visitor(*ids)
    if name is None:
        raise KinfolkError("Neither userId nor anonymousId says who chose.")
    policy = policy_of(project)
    version, seen = in_force(project, policy), shown(policy, chosen.version, chosen.notice)
    said = _words(policy, replace(chosen, version=seen))
    outdated = seen != (version.name if version else None)
    counting = [word for word in said if not (outdated and word.choice == Choice.GRANTED)]
    if outdated and not counting:
        raise KinfolkError("The notice has changed since.", hint="Ask again.")
    subject = Subject(RECORD, name, source.name)
    last = _last(served, subject)
    act = [saying(project, subject, word, now) for word in counting]
    entries = append(served.store, [[one for one in act if not _repeats(one, last.get(one.purpose), now)]], now)
    return Saved(entries, len(counting) < len(chosen.choices))


def _words(policy: ConsentPolicy, chosen: Chosen) -> list[Said]:
    """What was said to what the banner asks for. Errors: KinfolkError where it asks for nothing of it"""
    asked = {purpose.name: purpose for purpose in policy.purposes if _asked(purpose)}
    called = {name: policy.called_now(name, None, None)[0] for name in chosen.choices}
    strange = [name for name in chosen.choices if called[name] not in asked]
    if strange and len(strange) == len(called):
        raise KinfolkError(f"The banner does not ask for {min(strange)}.")
    words = dict[str, bool]()  # of two purposes that have become one, the no counts
    for name, yes in chosen.choices.items():
        words[called[name]] = words.get(called[name], True) and yes
    return [_said(asked[name], yes, chosen) for name, yes in words.items() if name in asked]


def _last(served: Served, subject: Subject) -> dict[str, Saying]:
    """Purpose -> what the visitor said of it last, be it of a topic alone; not what was carried to them."""
    policy = policy_of(served.project)
    said = [entry for entry in entries_of(served.store, {subject}) if not entry.saying.carried]
    said.sort(key=lambda entry: fact_of(entry).order)
    return {policy.called_now(one.saying.purpose, None, None)[0]: one.saying for one in said}


def _said(purpose: Purpose, yes: bool, chosen: Chosen) -> Said:
    by_browser = chosen.gpc and purpose.gpc
    return Said(
        purpose.name,
        Choice.GRANTED if yes and not by_browser else Choice.DENIED,
        policy_version=chosen.version,
        collection_method="Global Privacy Control" if by_browser else "banner",
        collected_at=chosen.page,
        recorded_by="the visitor",
        proof=f"{purpose.title}: {'yes' if yes else 'no'}",
    )


def _repeats(said: Saying, before: Saying | None, now: datetime) -> bool:
    """Whether the visitor had said that already, of all of the purpose, and it still counts."""
    if before is None or _of(before) != _of(said):
        return False
    return before.expires_at is None or before.expires_at > now


def _of(said: Saying) -> tuple[str | None, ...]:
    return said.choice, said.policy_version, said.channel, said.topic


def _asked(purpose: Purpose) -> bool:
    """Whether a banner asks for it: not for what needs an address or an age, neither of which a visitor has."""
    return purpose.basis is Basis.CONSENT and not purpose.channels and purpose.minimum_age is None
