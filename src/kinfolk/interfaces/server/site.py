"""What answers to which address: events to the door, everything else to the API and the pages."""

from __future__ import annotations

from importlib.metadata import version

from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from kinfolk.commands.serving import Served
from kinfolk.errors import KinfolkError
from kinfolk.interfaces.api.routes import API
from kinfolk.interfaces.collect.app import App, Receive, Scope, Send
from kinfolk.interfaces.console.routes import CONSOLE
from kinfolk.interfaces.preferences.banner import consent
from kinfolk.interfaces.preferences.page import PAGE
from kinfolk.interfaces.scim.routes import SCIM
from kinfolk.interfaces.web.asking import Authentication
from kinfolk.interfaces.web.forgery import refuse_forged
from kinfolk.interfaces.web.headers import protected
from kinfolk.interfaces.web.hosts import only_at
from kinfolk.interfaces.web.problems import shown, shown_refused, too_deep, unforeseen
from kinfolk.interfaces.web.static_files import static_file

_OF_EVENTS = ("/v1/", "/api/s/", "/health")


class Site:
    """An ASGI application of two: the door for events, which has no framework around it, and the rest, which has."""

    def __init__(self, served: Served, door: App) -> None:
        self.door = door
        self._rest = protected(only_at(served.public_url, rest_of(served)), served.secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        if scope["path"].startswith(_OF_EVENTS):
            await self.door(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # what of the answer is too much for it, the server leaves out
            scope = {**scope, "method": "GET"}
        await self._rest(scope, receive, send)  # type: ignore[arg-type]


def _described() -> OpenAPIConfig:
    """The description of the API, at /api/v1/openapi.json."""
    render = [JsonRenderPlugin(path="/openapi.json")]
    return OpenAPIConfig("Kinfolk", version("kinfolk"), path="/api/v1", render_plugins=render)


def rest_of(served: Served) -> Litestar:
    """The API and the pages, as one application."""
    return Litestar.from_config(_config(served))


def _config(served: Served) -> AppConfig:
    return AppConfig(
        route_handlers=[API, CONSOLE, SCIM, PAGE, consent(), static_file],
        middleware=[DefineMiddleware(Authentication, exclude_http_methods=())],
        before_request=refuse_forged,
        exception_handlers={
            KinfolkError: shown,
            HTTPException: shown_refused,
            RecursionError: too_deep,
            Exception: unforeseen,
        },
        state=State({"served": served}),
        openapi_config=_described(),
        request_max_body_size=1 << 20,
        debug=False,
    )
