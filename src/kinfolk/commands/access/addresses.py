"""E-mail addresses of people who sign in."""

from __future__ import annotations

import re

from kinfolk.errors import KinfolkError

_LONGEST = 254
_FORM = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")


def address_in(text: str) -> str:
    """The address, in lower case. Errors: KinfolkError where it is none"""
    found = text.strip().lower()
    if len(found) > _LONGEST or not _FORM.fullmatch(found):
        raise KinfolkError("That is no e-mail address.", hint="Write it as name@example.com.")
    return found
