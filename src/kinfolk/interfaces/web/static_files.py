"""Files that pages are made with: the stylesheet."""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path

from litestar import Response, get
from litestar.exceptions import NotFoundException


def read_once(folder: Path) -> dict[str, bytes]:
    """Name -> content of every file in the folder: what is not among them is not to be had by any path."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


_FILES = read_once(Path(__file__).parent / "static")


@get("/static/{name:str}", sync_to_thread=False)
def static_file(name: str) -> Response[bytes]:
    """The file of that name."""
    if name not in _FILES:
        raise NotFoundException()
    return Response(_FILES[name], media_type=guess_type(name)[0], headers={"cache-control": "public, max-age=300"})
