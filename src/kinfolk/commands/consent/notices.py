"""The notices that explain what data is used for, as people are shown them."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from kinfolk.commands.consent.saying import GONE
from kinfolk.errors import NotFoundError
from kinfolk.model.consent import ConsentPolicy, PolicyVersion
from kinfolk.model.project import Project

_PLAIN = ("text/plain", "text/markdown")


@dataclass(frozen=True)
class Notice:
    """The content of one version. media_type: as browsers name it"""

    version: PolicyVersion
    content: bytes
    media_type: str

    @property
    def text(self) -> str | None:
        """The content where it is text that can stand in a page; None for a document of its own."""
        return self.content.decode("utf-8", "replace") if self.media_type in _PLAIN else None


def in_force(project: Project, policy: ConsentPolicy) -> PolicyVersion | None:
    """The version that people are shown today; None before the first."""
    return policy.in_force(datetime.now(ZoneInfo(project.time_zone)).date())


def shown(policy: ConsentPolicy, name: str | None, digest: str | None) -> str | None:
    """The version that somebody was shown; GONE where the policy does not have it, or has another text under its name.

    digest  of the text, where whoever was shown it tells
    """
    if name is None:
        return None
    found = policy.version(name)
    return name if found and digest in (None, found.digest) else GONE


def notice(project: Project, version: str) -> Notice:
    """The notice of that version. Errors: NotFoundError"""
    found = project.consent.version(version) if project.consent else None
    if found is None:
        raise NotFoundError(f"There is no version {version} of the notice.")
    return Notice(found, found.content, _media_type(found.file))


def _media_type(file: str | None) -> str:
    if file is None:
        return "text/plain"
    if file.endswith(".md"):
        return "text/markdown"
    return mimetypes.guess_type(file)[0] or "text/plain"
