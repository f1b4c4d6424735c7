"""Who asks, as the request says it, and a guard for what not everybody may do."""

from __future__ import annotations

from collections.abc import Callable

import anyio.to_thread
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from kinfolk.commands.access.tokens import principal_of_token
from kinfolk.commands.serving import Served
from kinfolk.model.access import Permission, Principal

Asking = ASGIConnection[BaseRouteHandler, Principal | None, str | None, State]
Guard = Callable[[Asking, BaseRouteHandler], None]


class Authentication(AbstractAuthenticationMiddleware):
    """Puts the principal at `request.user`: None for anybody, so that a route without a guard is open to the world."""

    async def authenticate_request(self, connection: Asking) -> AuthenticationResult:
        """By the token in the `Authorization` header."""
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            return AuthenticationResult(user=None, auth=None)
        served: Served = connection.app.state.served
        principal = await anyio.to_thread.run_sync(principal_of_token, served.store, secret.strip())
        if principal is None:
            raise NotAuthorizedException("The token is not known here, or has expired.")
        return AuthenticationResult(user=principal, auth="token")


def needs(permission: Permission) -> Guard:
    """A guard for routes that take this permission."""

    def guard(connection: Asking, _handler: BaseRouteHandler) -> None:
        principal = connection.user
        if principal is None:
            raise NotAuthorizedException("Who asks? Send a token: `Authorization: Bearer …`.")
        if permission not in principal.may:
            raise PermissionDeniedException(f"{principal.name} may not do this: it takes {permission}.")

    return guard
