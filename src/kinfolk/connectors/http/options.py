"""What a person writes about a source that is an HTTP API."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from kinfolk.connectors.file.options import FormatOptions


def _as_text(value: Any) -> Any:
    """Numbers and booleans as the text that was written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(getattr(value, "text", value)) if isinstance(value, (int, float)) else value


_Text = Annotated[str, BeforeValidator(_as_text)]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Basic(_Settings):
    """A user's name and password."""

    user: str
    password: str = ""


class Bearer(_Settings):
    """A token that never changes, sent as `Authorization: Bearer …`."""

    token: str = Field(min_length=1)


class ApiKey(_Settings):
    """A key sent in a header or in the query."""

    secret: str = Field(min_length=1, description="the key: `${NAME}` of an environment variable")
    header: str | None = Field(None, min_length=1, description="header it is sent in, such as X-Api-Key")
    query: str | None = Field(None, min_length=1, description="query parameter it is sent in")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.header is None) == (self.query is None):
            raise ValueError("Exactly one of `header` and `query` says where the key is sent.")
        return self


class OAuth2(_Settings):
    """A token that is fetched with an id and a secret (client credentials), and again when it expires."""

    token_url: str = Field(min_length=1, description="address that gives tokens")
    client_id: str = Field(min_length=1)
    client_secret: str = Field(min_length=1)
    scope: str | None = Field(None, description="rights asked for, separated by spaces")
    send: Literal["header", "body"] = Field("header", description="where id and secret are sent")

    @model_validator(mode="after")
    def _address(self) -> Self:
        _check_address("token_url", self.token_url)
        return self


class Auth(_Settings):
    """How the API knows who asks: exactly one way."""

    basic: Basic | None = None
    bearer: Bearer | None = None
    api_key: ApiKey | None = None
    oauth2: OAuth2 | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        _one_of(self, "auth")
        return self


class CursorPages(_Settings):
    """Each page is asked for by a value of the page before; a page without one is the last."""

    param: str = Field(min_length=1, description="parameter the value is sent in")
    at: str | None = Field(None, min_length=1, description="where it is in the answer, such as meta.next_cursor")
    of_last: str | None = Field(None, min_length=1, description="or: the field of the page's last record that holds it")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.at is None) == (self.of_last is None):
            raise ValueError("Exactly one of `at` and `of_last` says where the next value is.")
        return self


class NumberPages(_Settings):
    """Pages are counted; the first that is empty is the end."""

    param: str = Field("page", min_length=1, description="parameter that holds the page's number")
    first: int = Field(1, ge=0, description="number of the first page")


class OffsetPages(_Settings):
    """Pages begin after so many records; the first that is empty is the end."""

    param: str = Field("offset", min_length=1, description="parameter that holds the records to pass over")


class Pages(_Settings):
    """How the next page is asked for: exactly one way. How large a page is, `params` says."""

    next_link: str | None = Field(
        None, min_length=1, description="where the next page's address is, such as links.next"
    )
    link_header: Literal[True] | None = Field(None, description="the next page's address is in the header Link")
    cursor: CursorPages | None = None
    number: NumberPages | None = None
    offset: OffsetPages | None = None
    more: str | None = Field(None, min_length=1, description="where the answer says whether there is more: has_more")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        _one_of(self, "pages", besides=("more",))
        return self


class HttpOptions(FormatOptions):
    """Settings of connector `http`. Only `url` must be written; `format` is JSON unless the answer says otherwise."""

    url: str = Field(min_length=1, description="Address of the API: `https://api.example.com/v1/customers`.")
    method: Literal["GET", "POST"] = Field("GET", description="POST for APIs that are asked by a body.")
    params: dict[str, _Text] = Field({}, description="Query parameters of the first request.")
    headers: dict[str, _Text] = Field({}, description="Headers of each request, but for credentials.")
    body: dict[str, Any] | None = Field(None, description="JSON body; parameters of pages and `since_param` join it.")
    auth: Auth | None = Field(None, description="Credentials: `basic`, `bearer`, `api_key` or `oauth2`.")
    pages: Pages | None = Field(None, description="How the next page is asked for; without it there is one page.")
    records: str | None = Field(
        None, min_length=1, description="Where the records are: `data.items`; `.` is the whole."
    )
    since_param: str | None = Field(None, min_length=1, description="Parameter for the cursor of an incremental load.")
    requests_per_second: float | None = Field(None, gt=0, description="At most so many requests are sent.")
    retries: int = Field(5, ge=0, le=20, description="Times a request is repeated that failed for a passing reason.")
    timeout: float = Field(60, gt=0, description="Seconds of silence after which a request has failed.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _check_address("url", self.url)
        if any(name.lower() == "authorization" for name in self.headers):
            raise ValueError("Credentials are written under `auth`, not under `headers`.")
        if self.body is not None and self.method == "GET":
            raise ValueError("`body` goes with `method: POST`.")
        return self


def _check_address(key: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"`{key}` is no address.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"`{key}` begins with https:// (or http:// in a network of your own).")
    if parts.username is not None:
        raise ValueError(f"`{key}` holds a user's name; write it under `auth: {{basic: …}}`.")


def _one_of(model: BaseModel, key: str, besides: tuple[str, ...] = ()) -> None:
    ways = [name for name in type(model).model_fields if name not in besides]
    chosen = [name for name in ways if getattr(model, name) is not None]
    if len(chosen) != 1:
        known = ", ".join(f"`{name}`" for name in ways)
        raise ValueError(f"`{key}` takes exactly one of {known}.")
