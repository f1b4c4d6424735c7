"""The library's service, for the users and groups here. Loading it takes seconds: only who is asked by SCIM does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from litestar import Response
from scim2_models import PatchOp, ResourceType, SCIMException
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.service import ScimService
from sqlalchemy import Engine

from kinfolk.interfaces.scim.accounts import Accounts
from kinfolk.interfaces.scim.resources import PROVIDER


class _Service(ScimService):
    def read_patch(self, resource_type: ResourceType, body: bytes, content_type: str | None) -> PatchOp[Any]:
        """Entra ID names members to remove as `{"$ref": null, "value": …}`, and means any reference, not none."""
        patch = super().read_patch(resource_type, body, content_type)
        for one in patch.operations or ():
            if one.op == "remove" and isinstance(one.value, list):
                one.value = [{k: v for k, v in entry.items() if v is not None} for entry in one.value]
        return patch


_SERVICE = _Service(PROVIDER)

Said = tuple[dict[str, str], Iterable[tuple[str, str]], bytes]  # query, headers, body


def answer(store: Engine, method: str, root: str, path: str, said: Said) -> Response[bytes]:
    """What the library answers. root: where the world reaches SCIM here"""
    try:
        made = ScimHandler(_SERVICE, Accounts(store)).handle(ScimRequest(method, root, path, *said))
    except SCIMException as error:
        made = _SERVICE.error_response(error)
    content = b"" if made.body is None else json.dumps(made.body).encode()
    return Response(content, status_code=made.status, headers=made.headers)
