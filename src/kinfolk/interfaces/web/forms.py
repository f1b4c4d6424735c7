"""Forms as browsers send them. The framework's own reader remembers whole forms, passwords included, for good."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import parse_qs

import msgspec
from litestar.exceptions import HTTPException

LARGEST = 8 << 10  # bytes
_MOST_FIELDS = 20
_NONE_OF_OURS = "This is none of our forms. Load the page anew, and try again."

Form = TypeVar("Form")


def filled(body: bytes, form: type[Form]) -> Form:
    """The form with what was filled in. Errors: HTTPException (400) for a body that is none such"""
    try:
        return msgspec.convert(fields(body), form)
    except msgspec.ValidationError:
        raise _refused() from None


def fields(body: bytes, most: int = _MOST_FIELDS, largest: int = LARGEST) -> dict[str, str | list[str]]:
    """What is filled in, by field; several where a field is there more than once.

    most, largest  fields and bytes, where a form may have more than ours usually do
    Errors         HTTPException (400) for more than that
    """
    if len(body) > largest:
        raise _refused()
    return {name: said[0] if len(said) == 1 else said for name, said in values(body, most).items()}


def values(body: bytes, most: int) -> dict[str, list[str]]:
    """Everything that is filled in, by field. Errors: HTTPException (400) for more fields than that"""
    try:
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=most)
    except ValueError:
        raise _refused() from None


def _refused() -> HTTPException:
    return HTTPException(_NONE_OF_OURS, status_code=400)
