"""Who is meant by `email:a@example.com`, `+49 30 …`, `shop:17` or `C-1`."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from kinfolk.engine.sql import column
from kinfolk.engine.values import worked_out
from kinfolk.errors import KinfolkError
from kinfolk.expressions.standard import STANDARDS
from kinfolk.model.consent import Subject
from kinfolk.model.source import Conventions

RECORD, EMAIL, PHONE = "record", "email", "phone"
_CUSTOMER = "customer"
_NAMES = re.compile(r"[^\x00\ud800-\udfff]*")  # what no database takes for text is in none


def subject_named(asked: str, country: str | None = None) -> Subject | None:
    """The subject a person names, or None where it is a customer id.

    country  where numbers without country code are dialled
    Errors   KinfolkError says what cannot be read
    """
    if not _NAMES.fullmatch(asked):
        raise KinfolkError(f"{asked!r} has a character that no name has.", hint="Leave it out.")
    kind, colon, value = asked.strip().partition(":")
    if colon and kind == _CUSTOMER:
        return None
    if colon and kind in (EMAIL, PHONE):
        return valued(kind, value, country)
    if colon and kind == RECORD and ":" in value:
        kind, _, value = value.partition(":")
    if colon:
        return Subject(RECORD, value.strip(), kind.strip())
    if "@" in kind:
        return valued(EMAIL, kind, country)
    return valued(PHONE, kind, country) if kind.startswith("+") else None


def customer_named(asked: str) -> str:
    """The customer id a person names."""
    return asked.strip().removeprefix(f"{_CUSTOMER}:").upper()


@lru_cache(maxsize=1024)
def valued(kind: str, text: str, country: str | None = None) -> Subject:
    """The address or number as staging has it. Errors: KinfolkError when it is none"""
    return told(kind, text, standard(kind, {text}, country)[text])


def standard(kind: str, texts: Collection[str], country: str | None) -> dict[str, str | None]:
    """Each text -> the address or number as staging has it; None where it is none."""
    return worked_out(STANDARDS[kind].value(column("it"), Conventions(country=country)), texts)


def told(kind: str, text: str, value: str | None) -> Subject:
    """The subject that a text was read as. Errors: KinfolkError when it was read as nothing"""
    if value is not None:
        return Subject(kind, value)
    if kind == EMAIL:
        raise KinfolkError(f"{text.strip()!r} is no e-mail address.", hint="Write it as name@example.com.")
    hint = "Write it with the country's code, as +49 30 1234567."
    raise KinfolkError(f"{text.strip()!r} is no telephone number in full.", hint=hint)
