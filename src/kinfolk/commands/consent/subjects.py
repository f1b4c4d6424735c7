"""Who is meant by `email:a@example.com`, `+49 30 …`, `shop:17` or `C-1`."""

from __future__ import annotations

import re
import unicodedata

from kinfolk.errors import KinfolkError
from kinfolk.model.consent import Subject

RECORD, EMAIL, PHONE = "record", "email", "phone"
_CUSTOMER = "customer"


def subject_named(asked: str) -> Subject | None:
    """The subject a person names, or None where it is a customer id. Errors: KinfolkError says what cannot be read"""
    kind, colon, value = asked.strip().partition(":")
    if colon and kind == _CUSTOMER:
        return None
    if colon and kind in (EMAIL, PHONE):
        return email(value) if kind == EMAIL else phone(value)
    if colon and kind == RECORD and ":" in value:
        kind, _, value = value.partition(":")
    if colon:
        return Subject(RECORD, value.strip(), kind.strip())
    if "@" in kind:
        return email(kind)
    return phone(kind) if kind.startswith("+") else None


def customer_named(asked: str) -> str:
    """The customer id a person names."""
    return asked.strip().removeprefix(f"{_CUSTOMER}:").upper()


def email(text: str) -> Subject:
    """The address as records have it: in lower case."""
    address = unicodedata.normalize("NFC", text.strip().lower())
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
        raise KinfolkError(f"{text.strip()!r} is no e-mail address.", hint="Write it as name@example.com.")
    return Subject(EMAIL, address)


def phone(text: str) -> Subject:
    """The number as records have it: E.164."""
    number = re.sub(r"[\s()./-]", "", text)
    if not re.fullmatch(r"\+[1-9]\d{5,14}", number):
        hint = "Write it with the country's code, as +49 30 1234567."
        raise KinfolkError(f"{text.strip()!r} is no telephone number in full.", hint=hint)
    return Subject(PHONE, number)
