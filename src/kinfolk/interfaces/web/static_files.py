"""Files that pages are made with: the stylesheet."""

from __future__ import annotations

from pathlib import Path

from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router

STATIC = create_static_files_router(
    path="/static",
    directories=[Path(__file__).parent / "static"],
    cache_control=CacheControlHeader(max_age=300, public=True),
)
