"""owners.yml: people, domains, and the council that settles conflicts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from kinfolk.project.written.base import Text, Word, Words, Written


class PersonEntry(Written):
    """Somebody who answers for data."""

    email: Annotated[Word, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    role: Text | None = None


class DomainEntry(Written):
    """A part of the customer data with one accountable owner."""

    owner: Word | None = Field(default=None, description="the one person who is accountable")
    stewards: Words = Field(default=[], description="people who look after quality, definitions and merges")
    description: Text = ""


def _person_form(value: Any) -> Any:
    """`Anna Berg: anna@example.com` as {email: …}; a name alone as {}."""
    if value is None:
        return {}
    return value if isinstance(value, (dict, BaseModel)) else {"email": value}


def _domain_form(value: Any) -> Any:
    """`sales: Anna Berg` as {owner: Anna Berg}."""
    return value if isinstance(value, (dict, BaseModel)) else {"owner": value}


class OwnersFile(Written):
    """The whole of owners.yml."""

    people: dict[
        Word, Annotated[PersonEntry, BeforeValidator(_person_form, json_schema_input_type=str | PersonEntry | None)]
    ] = Field(default={}, description="name -> e-mail address, or email and role")
    domains: dict[
        Word, Annotated[DomainEntry, BeforeValidator(_domain_form, json_schema_input_type=str | DomainEntry)]
    ] = Field(default={}, description="name -> its owner, or owner, stewards and description")
    council: Words = Field(default=[], description="people who settle conflicts between domains")
