"""policies/access.yml: who may do what, and how people sign in."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from kinfolk.model.access import Permission
from kinfolk.model.interval import interval
from kinfolk.project.suggest import hint
from kinfolk.project.written.base import Text, Word, Words, Written, wrong


def _length(text: str) -> str:
    if interval(text) is None:
        raise wrong(f"`{text}` is no length of time.", "Write it as `12 hours` or `15 minutes`.")
    return text


def _permission(text: str) -> str:
    names = [permission.value for permission in Permission]
    if text not in names:
        raise wrong(f"`{text}` is nothing that one may do.", hint(text, names) or f"There are {', '.join(names)}.")
    return text


def _address(text: str) -> str:
    if text.count("@") != 1 or text != text.strip():
        raise wrong(f"`{text}` is no e-mail address.", "Write it as name@example.com.")
    return text.lower()


def _issuer(text: str) -> str:
    parts = urlsplit(text)
    local = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if not parts.hostname or parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise wrong(f"`{text}` is no address of an identity provider.", "Write it as https://login.example.com.")
    return text


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


Length = Annotated[Text, AfterValidator(_length)]
Address = Annotated[Text, AfterValidator(_address)]
Issuer = Annotated[Word, AfterValidator(_issuer)]
Permissions = Annotated[list[Annotated[Text, AfterValidator(_permission)]], BeforeValidator(_listed)]


class RoleEntry(Written):
    """A role."""

    may: Permissions = Field(default=[], description="what those who have it may do")


class OidcKeys(Written):
    """The identity provider that people sign in with."""

    issuer: Issuer = Field(description="its address, under which there is /.well-known/openid-configuration")
    client_id: Word = Field(description="what it knows this installation as")
    client_secret: Word = Field(description="the secret it gave, as ${NAME}")
    groups: Word = Field(default="groups", description="the claim that names a person's groups")
    trust_email: bool = Field(
        default=False, description="whether an address counts of which it does not say whether it is verified"
    )


class SignInKeys(Written):
    """How people sign in."""

    session: Length = Field(default="12 hours", description="the longest that one stays signed in")
    idle: Length = Field(
        default="1 hour", description="the longest that one stays signed in without asking for anything"
    )
    attempts: Annotated[int, Field(ge=1, le=100)] = Field(
        default=5, description="wrong passwords after which an account is locked"
    )
    locked: Length = Field(default="15 minutes", description="how long it stays so")
    passwords: bool = Field(default=True, description="whether people may sign in with a password")
    oidc: OidcKeys | None = Field(default=None, description="the identity provider that people sign in with")


class AccessFile(Written):
    """The whole of policies/access.yml."""

    roles: dict[Word, RoleEntry] = Field(default={}, description="name -> a role, beside or instead of those there are")
    people: dict[Address, Words] = Field(default={}, description="e-mail address -> names of roles")
    groups: dict[Word, Words] = Field(default={}, description="group at the identity provider -> names of roles")
    sign_in: SignInKeys = Field(default=SignInKeys(), description="how people sign in, and for how long")
