"""Every route of SCIM: the library answers, for the directory of the company."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
import msgspec
from litestar import HttpMethod, Request, Response, Router, route
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

from kinfolk.interfaces.web.asking import Asking, needs, served_by
from kinfolk.model.access import Permission

_ROOT = "/scim/v2"
_FOR_ANYBODY = "/ServiceProviderConfig"  # how one is to ask, which one must know before asking
_METHODS = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE]
_MEDIA_TYPE = "application/scim+json"
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def _may_provision(connection: Asking, handler: BaseRouteHandler) -> None:
    if connection.path_params.get("path") != _FOR_ANYBODY:
        needs(Permission.PEOPLE_PROVISION)(connection, handler)


@route(["/", "/{path:path}"], http_method=_METHODS, guards=[_may_provision])
async def answered(request: Request[Any, Any, Any], path: str = "/") -> Response[bytes]:
    """What the library answers. In a thread of our own: Litestar's is made once for each path, one around the other."""
    served = served_by(request)
    root = (served.public_url or str(request.base_url).rstrip("/")) + _ROOT
    said = dict(request.query_params.items()), request.headers.items(), await request.body()

    def answering() -> Response[bytes]:
        from kinfolk.interfaces.scim.answers import answer  # seconds, which a server's start is not to take

        return answer(served.store, request.method, root, path, said)

    return await anyio.to_thread.run_sync(answering)


def refused(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """The answer, in SCIM's words, to a request that never came to the library."""
    body = msgspec.json.encode({"schemas": [_ERROR], "detail": error.detail, "status": str(error.status_code)})
    challenge = {"WWW-Authenticate": "Bearer"} if error.status_code == 401 else {}
    return Response(body, status_code=error.status_code, headers={"Content-Type": _MEDIA_TYPE, **challenge})


SCIM = Router(_ROOT, route_handlers=[answered], exception_handlers={HTTPException: refused})
