"""A length of time that somebody names, for something that is to last."""

from __future__ import annotations

from datetime import timedelta

from kinfolk.errors import KinfolkError
from kinfolk.model.interval import interval


def length_named(text: str) -> timedelta:
    """The length. Errors: KinfolkError where the text says none"""
    length = interval(text)
    if length is None:
        raise KinfolkError(f"`{text}` is no length of time.", hint="Write it as `30 days`.")
    return length
