"""`kinfolk consent link`: addresses by which a customer comes to their own choices.

A link names a record, an e-mail address or a telephone number, so that it follows the person through merges; it is
sealed (encrypted, then signed with HMAC-SHA256), so that nothing of that can be read in it, nor changed.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from kinfolk.commands.consent.people import records_of
from kinfolk.commands.consent.saying import policy_of
from kinfolk.commands.consent.show import show_in
from kinfolk.commands.consent.subjects import subject_named
from kinfolk.commands.open_project import open_project
from kinfolk.commands.serving import Served, served
from kinfolk.engine.reader import reading
from kinfolk.errors import KinfolkError, NotFoundError
from kinfolk.model.consent import Subject
from kinfolk.model.project import Project

if TYPE_CHECKING:  # it comes with the extra `serve`
    from cryptography.fernet import Fernet

_KEY = "links.key"
_LONGEST = timedelta(days=3650)


@dataclass(frozen=True)
class Link:
    """An address, and until when it leads to the page."""

    url: str
    expires_at: datetime


@dataclass(frozen=True)
class Visit:
    """Who came by a link. subject: whom it names"""

    subject: Subject
    expires_at: datetime

    @property
    def over(self) -> bool:
        """Whether the link has expired."""
        return self.expires_at <= datetime.now(UTC)


def make_link(folder: Path, who: str, lasts: timedelta, url: str, environment: str | None = None) -> Link:
    """A link for a person. Errors: NotFoundError when nobody fits, KinfolkError when several do"""
    return link_in(served(open_project(folder, environment), url), who, lasts)


def link_in(served: Served, who: str, lasts: timedelta) -> Link:
    """The same for a project that is served, where the world reaches it."""
    if not timedelta() < lasts <= _LONGEST:
        raise KinfolkError("A link lasts for some time, and ten years at most.", hint="Write it as `30 days`.")
    policy_of(served.project)
    subject = subject_named(who, served.project.defaults.country)
    if subject is None:
        with reading(served.project.state) as reader:
            subject = records_of(reader, who)[0]
    show_in(served.project, served.store, str(subject))  # tells of nobody, and of several
    expires_at = datetime.now(UTC).replace(microsecond=0) + lasts
    return Link(f"{served.public_url}/preferences/{_sealed(served.project, subject, expires_at)}", expires_at)


def visit(project: Project, token: str) -> Visit:
    """Who comes by that link. Errors: NotFoundError for one that was not made here"""
    from cryptography.fernet import InvalidToken

    try:
        kind, value, source, expires_at = json.loads(_seal(project).decrypt(token))
    except (InvalidToken, ValueError):
        raise NotFoundError("This link was not made here.") from None
    return Visit(Subject(kind, value, source), datetime.fromtimestamp(expires_at, UTC))


def _sealed(project: Project, subject: Subject, expires_at: datetime) -> str:
    told = [subject.kind, subject.value, subject.source, round(expires_at.timestamp())]
    return str(_seal(project).encrypt(json.dumps(told).encode()).decode())


def _seal(project: Project) -> Fernet:
    try:
        from cryptography.fernet import Fernet
    except ModuleNotFoundError:
        hint = "Install it with `pip install 'kinfolk[serve]'`."
        raise KinfolkError("The package `cryptography` is not installed.", hint=hint) from None
    return Fernet(_key(project.state / _KEY))


def _key(file: Path) -> bytes:
    """The project's key, made when it is first asked for; of two that make one, the first to be there counts."""
    from cryptography.fernet import Fernet

    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        made = file.with_name(f"{_KEY}.{secrets.token_hex(8)}")
        made.touch(0o600)
        made.write_bytes(Fernet.generate_key())
        with suppress(FileExistsError):
            os.link(made, file)
        made.unlink()
    return file.read_bytes()
