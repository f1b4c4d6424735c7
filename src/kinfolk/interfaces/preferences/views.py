"""The page of choices as HTML, and what is shown in its place where there is none."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response
from litestar.exceptions import HTTPException

from kinfolk.commands.consent.choices import Box, Choices
from kinfolk.commands.serving import Served
from kinfolk.errors import KinfolkError
from kinfolk.interfaces.web.asking import served_by
from kinfolk.interfaces.web.pages import templates
from kinfolk.interfaces.web.problems import status_of
from kinfolk.model.consent import UNDER_AGE, Basis, Choice

_HEADERS = {
    "x-robots-tag": "noindex, nofollow",
    "referrer-policy": "same-origin",  # so that a form says where it comes from; other sites learn nothing of the link
}
_BASES = {
    Basis.CONSENT: "We do this only if you say yes. You can change your mind at any time.",
    Basis.CONTRACT: "We need this to do what we have agreed with you.",
    Basis.LEGAL_OBLIGATION: "The law obliges us to do this.",
    Basis.VITAL_INTERESTS: "This is done to protect somebody's life.",
    Basis.PUBLIC_INTEREST: "This is done in the public interest. You may object.",
    Basis.LEGITIMATE_INTEREST: "We do this because it is in our legitimate interest. You may object.",
}
_WORDS = {"email": "E-mail", "sms": "SMS", "phone": "Telephone", "post": "Letter", "push": "Notifications in the app"}
_MEANS = {"email": "an e-mail address", "phone": "a telephone number", "record": "your account"}
_DONE = {
    "saved": "Your choices are saved.",
    "same": "Nothing was changed.",
    "nothing": "Saved: we use your data for nothing that needs your yes.",
    "outdated": "Our notice has changed since you opened this page. What you said no to is saved. "
    "Please read the notice, and tick again what you agree to.",
}
_GONE = "This link does not work any more", "Links end after a while. Please use the one in our latest message to you."
_UNKNOWN = "This link leads nowhere", "Please open it again from our message, and look that it is whole."
_REFUSED = "That did not work", "Please open the link from our message again."
_LATER = "That did not work", "Your choices cannot be shown or saved at the moment. Please come again later."


def page(served: Served, token: str, found: Choices, done: str) -> Response[str]:
    """The choices as they stand."""
    consents = [part for part in found.parts if part.purpose.basis is Basis.CONSENT]
    others = [part for part in found.parts if part.purpose.basis is not Basis.CONSENT]
    told = {"token": token, "consents": consents, "others": others, "notice": found.notice, "done": _DONE.get(done)}
    return _response(served, "choices.html", told | {"warns": done == "outdated"})


def only_no(served: Served, token: str, done: str) -> Response[str]:
    """A no to everything is all that can be said here."""
    return _response(served, "only_no.html", {"token": token, "done": _DONE.get(done)})


def unsubscribed(served: Served) -> Response[str]:
    """The answer to one click."""
    title, words = "You are unsubscribed", "Saved: we do not write to you about this any more."
    return _response(served, "problem.html", {"title": title, "words": words})


def expired(served: Served) -> Response[str]:
    """In place of a page whose link is over."""
    return _problem(served, _GONE, 410)


def problem(served: Served, status: int) -> Response[str]:
    """In place of a page, where something went wrong; nothing is told of what nobody but the company should know."""
    found = {404: _UNKNOWN, 410: _GONE}.get(status, _LATER if status >= 500 else _REFUSED)
    return _problem(served, found, status)


def told(request: Request[Any, Any, Any], error: KinfolkError) -> Response[str]:
    """For an error."""
    return problem(served_by(request), status_of(error))


def refused(request: Request[Any, Any, Any], error: HTTPException) -> Response[str]:
    """For a request that cannot be answered."""
    return problem(served_by(request), error.status_code)


def _problem(served: Served, said: tuple[str, str], status: int) -> Response[str]:
    return _response(served, "problem.html", {"title": said[0], "words": said[1]}, status)


def _response(served: Served, template: str, told: dict[str, Any], status: int = 200) -> Response[str]:
    zone = ZoneInfo(served.project.time_zone)
    made = _TEMPLATES.get_template(template).render(company=served.project.name, zone=zone, **told)
    return Response(made, media_type="text/html", status_code=status, headers=_HEADERS)


def label(box: Box, objects: bool) -> str:
    """What stands beside a box."""
    words = [_WORDS.get(one, one.replace("_", " ").capitalize()) for one in (box.state.channel, box.state.topic) if one]
    if objects:
        return f"I object: {', '.join(words)}" if words else "I object to this"
    return ", ".join(words) or "Yes, I agree"


def standing(box: Box, zone: ZoneInfo) -> str:
    """How things stand with a box, in words."""
    state = box.state
    if box.fixed and state.since:
        means = _MEANS.get((state.said_by or "").partition(":")[0], "another way")
        return f"No since {_day(state.since, zone)}, said by {means}. It can be changed the same way only."
    if state.state == UNDER_AGE:
        return "Your yes does not count, because you were too young, or we do not know your age."
    if state.since is None:
        return ""
    day = _day(state.since, zone)
    if state.state == Choice.GRANTED:
        return f"Yes since {day}" + (f", until {_day(state.expires_at, zone)}" if state.expires_at else "")
    if state.state == Choice.EXPIRED:
        return f"Your yes of {day} has ended"
    return f"Withdrawn on {day}" if state.state == Choice.WITHDRAWN else f"No since {day}"


def _day(moment: datetime, zone: ZoneInfo) -> str:
    there = moment.astimezone(zone)
    return f"{there.day} {there:%B %Y}"


_TEMPLATES = templates(Path(__file__).parent / "templates")
_TEMPLATES.filters.update(basis=_BASES.__getitem__, label=label, standing=standing)
