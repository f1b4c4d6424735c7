"""Who asks, as the request says it, and a guard for what not everybody may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from kinfolk.commands.access.signing_in import forgery_token, principal_of_session
from kinfolk.commands.access.tokens import principal_of_token
from kinfolk.commands.serving import Served
from kinfolk.interfaces.web.cookies import session_in
from kinfolk.model.access import Permission, Principal

NOBODY = "Who asks? Sign in, or send a token: `Authorization: Bearer …`."


@dataclass(frozen=True)
class BySession:
    """That a browser asks, for somebody who signed in. secret: what its cookie says; csrf: what its forms carry"""

    secret: str = field(repr=False)
    csrf: str = field(repr=False)


Asking = ASGIConnection[BaseRouteHandler, Principal | None, BySession | None, State]
Guard = Callable[[Asking, BaseRouteHandler], None]


def served_by(connection: ASGIConnection[Any, Any, Any, Any]) -> Served:
    """What the server answers for that was asked."""
    served: Served = connection.app.state.served
    return served


class Authentication(AbstractAuthenticationMiddleware):
    """Puts the principal at `request.user`: None for anybody, so that a route without a guard is open to the world.

    `request.auth` is a BySession where a browser asks for them, and None for a program with a token.
    """

    async def authenticate_request(self, connection: Asking) -> AuthenticationResult:
        """By the token in the `Authorization` header, or else by the cookie of a session."""
        served = served_by(connection)
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            principal = await anyio.to_thread.run_sync(principal_of_token, served.store, token.strip())
            if principal is None:
                raise NotAuthorizedException("The token is not known here, or has expired.")
            return AuthenticationResult(user=principal, auth=None)
        if secret := session_in(connection, served.secure):
            principal = await anyio.to_thread.run_sync(principal_of_session, served, secret)
            if principal is not None:
                return AuthenticationResult(user=principal, auth=BySession(secret, forgery_token(secret)))
        return AuthenticationResult(user=None, auth=None)


def needs(permission: Permission) -> Guard:
    """A guard for routes that take this permission."""

    def guard(connection: Asking, _handler: BaseRouteHandler) -> None:
        principal = connection.user
        if principal is None:
            raise NotAuthorizedException(NOBODY)
        if permission not in principal.may:
            raise PermissionDeniedException(f"{principal.name} may not do this: it takes {permission}.")

    return guard


def signed_in(connection: Asking, _handler: BaseRouteHandler) -> None:
    """A guard for routes that are about whoever signed in."""
    if connection.user is None or connection.auth is None:
        raise NotAuthorizedException(NOBODY)
