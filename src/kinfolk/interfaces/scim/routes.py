"""Every route of SCIM: the library answers, for the directory of the company."""

from __future__ import annotations

import json
from typing import Any

import anyio.to_thread
from litestar import HttpMethod, Request, Response, Router, route
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from scim2_models import Error, PatchOp, ResourceType, SCIMException
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import SCIM_MEDIA_TYPE
from scim2_server.service import ScimService

from kinfolk.commands.serving import Served
from kinfolk.interfaces.scim.accounts import Accounts
from kinfolk.interfaces.scim.resources import PROVIDER
from kinfolk.interfaces.web.asking import Asking, needs
from kinfolk.model.access import Permission

_ROOT = "/scim/v2"
_FOR_ANYBODY = "/ServiceProviderConfig"  # how one is to ask, which one must know before asking
_METHODS = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE]


class _Service(ScimService):
    def read_patch(self, resource_type: ResourceType, body: bytes, content_type: str | None) -> PatchOp[Any]:
        """Entra ID names members to remove as `{"$ref": null, "value": …}`, and means any reference, not none."""
        patch = super().read_patch(resource_type, body, content_type)
        for one in patch.operations or ():
            if one.op == "remove" and isinstance(one.value, list):
                one.value = [{k: v for k, v in entry.items() if v is not None} for entry in one.value]
        return patch


_SERVICE = _Service(PROVIDER)


def _may_provision(connection: Asking, handler: BaseRouteHandler) -> None:
    if connection.path_params.get("path") != _FOR_ANYBODY:
        needs(Permission.PEOPLE_PROVISION)(connection, handler)


@route(["/", "/{path:path}"], http_method=_METHODS, guards=[_may_provision])
async def answered(request: Request[Any, Any, Any], path: str = "/") -> Response[bytes]:
    """What the library answers. In a thread of our own: Litestar's is made once for each path, one around the other."""
    served: Served = request.app.state.served
    root = (served.public_url or str(request.base_url).rstrip("/")) + _ROOT
    query = dict(request.query_params.items())
    asked = ScimRequest(request.method, root, path, query, request.headers.items(), await request.body())
    return await anyio.to_thread.run_sync(_answer, served, asked)


def _answer(served: Served, asked: ScimRequest) -> Response[bytes]:
    try:
        answer = ScimHandler(_SERVICE, Accounts(served.store)).handle(asked)
    except SCIMException as error:
        answer = _SERVICE.error_response(error)
    content = b"" if answer.body is None else json.dumps(answer.body).encode()
    return Response(content, status_code=answer.status, headers=answer.headers)


def refused(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """The answer, in SCIM's words, to a request that never came to the library."""
    body = Error(status=error.status_code, detail=error.detail).model_dump_json().encode()
    challenge = {"WWW-Authenticate": "Bearer"} if error.status_code == 401 else {}
    return Response(body, status_code=error.status_code, headers={"Content-Type": SCIM_MEDIA_TYPE, **challenge})


SCIM = Router(_ROOT, route_handlers=[answered], exception_handlers={HTTPException: refused})
