"""The project as people read it: the diagram of the hub, every definition, and where each column comes from."""

from __future__ import annotations

from mimetypes import guess_type
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from kinfolk.commands.rendered import Rendered
from kinfolk.interfaces.console.pages import seen_by
from kinfolk.interfaces.web.asking import served_by
from kinfolk.interfaces.web.pages import went_on
from kinfolk.model.access import Permission

_READS = seen_by(Permission.OPERATIONS_READ)
_RENDERED = Rendered(home="/")


@get("/project", guards=_READS, sync_to_thread=False)
def project() -> Redirect:
    """To its first page."""
    return went_on("/project/index.html")


@get("/project/{path:path}", guards=_READS, sync_to_thread=True)
def page(request: Request[Any, Any, Any], path: str) -> Response[bytes]:
    """A file of the project's website."""
    name = path.removeprefix("/")
    content = _RENDERED.file(served_by(request).project, name)
    if content is None:
        raise NotFoundException()
    return Response(content, media_type=guess_type(name)[0] or "application/octet-stream")
