"""Answers of the API: the very JSON that the command line gives with `--json`."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.serialization import default_serializer
from litestar.types import Serializer

from kinfolk.model.plain import plain


class Answer(Response[Any]):
    """What a handler returns, as JSON."""

    def render(self, content: Any, media_type: str, enc_hook: Serializer = default_serializer) -> bytes:
        """The bytes that are sent."""
        return super().render(plain(content), media_type, enc_hook)
