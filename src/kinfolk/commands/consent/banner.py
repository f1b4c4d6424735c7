"""The banner of a web site: what it asks, and what its visitors said, written down about the visitor.

A visitor is a record of the source that is made of the site's visitors, so what one said goes with the record to the
customer whom the visitor turns out to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from kinfolk.commands.consent.notices import in_force, notice
from kinfolk.commands.consent.saying import Said, policy_of, saying
from kinfolk.commands.consent.subjects import RECORD
from kinfolk.commands.serving import Served
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.consent import Basis, Choice, Entry, Purpose, Saying, Subject
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
    """What a site's banner shows. text: the notice, where it is plain text; None where it is to be linked to"""

    company: str
    version: str | None
    text: str | None
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Chosen:
    """What a visitor said. gpc: whether the browser said no for them; page: where, as the browser tells it"""

    choices: Mapping[str, bool]
    version: str | None
    page: str | None = None
    gpc: bool = False


def banner(project: Project, key: str) -> Banner:
    """What the banner of the site with that write key asks. Errors: NotFoundError where the key is not known"""
    source_of(project, key)
    policy = policy_of(project)
    version = in_force(project, policy)
    questions = (Question(p.name, p.title, p.about, p.gpc, p.months) for p in policy.purposes if _asked(p))
    text = notice(project, version.name).text if version else None
    return Banner(project.name, version.name if version else None, text, tuple(questions))


def source_of(project: Project, key: str) -> Source:
    """The source of the visitors of the site with that key. Errors: NotFoundError where there is none"""
    sources = active_sources(project)
    web = next((s for s in sources if s.takes_in_events and key in revealed(s.options).get("write_keys", ())), None)
    if web is None:
        raise NotFoundError("The write key is not known here.")
    for source in sources:
        if source.visitors_of == web.name:
            return source
    hint = f"Add a source with `collect: {{visitors_of: {web.name}}}`."
    raise NotFoundError(f"Nothing is made of the visitors of {web.name}, so nobody can say anything.", hint=hint)


def choose(served: Served, key: str, ids: tuple[str | None, str | None], chosen: Chosen) -> list[Entry]:
    """Writes down what a visitor said; what the same visitor said last, to the same notice, is not repeated.

    ids     user id and anonymous id, as events have them
    Errors  NotFoundError where the key is not known; KinfolkError for purposes that the banner does not ask for, or for
            a notice that is not in force
    """
    project, now = served.project, datetime.now(UTC)
    source, name = source_of(project, key), visitor(*ids)
    if name is None:
        raise KinfolkError("Neither userId nor anonymousId says who chose.")
    policy = policy_of(project)
    asked = {purpose.name: purpose for purpose in policy.purposes if _asked(purpose)}
    if strange := chosen.choices.keys() - asked.keys():
        raise KinfolkError(f"The banner does not ask for {min(strange)}.")
    version = in_force(project, policy)
    if chosen.version != (version.name if version else None):
        raise KinfolkError("The notice has changed since.", hint="Ask again.")
    subject = Subject(RECORD, name, source.name)
    act = [saying(project, subject, _said(asked[one], yes, chosen), now) for one, yes in chosen.choices.items()]
    last = {entry.saying.purpose: entry.saying for entry in entries_of(served.store, {subject})}
    return append(served.store, [[said for said in act if not _repeats(said, last.get(said.purpose), now)]], now)


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
    """Whether the visitor had said that already, and it still counts."""
    if before is None or (before.choice, before.policy_version) != (said.choice, said.policy_version):
        return False
    return before.expires_at is None or before.expires_at > now


def _asked(purpose: Purpose) -> bool:
    """Whether a banner asks for it: not for what needs an address or an age, neither of which a visitor has."""
    return purpose.basis is Basis.CONSENT and not purpose.channels and purpose.minimum_age is None
