"""Answers of the API: the very JSON that the command line gives with `--json`."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response
from litestar.types import Serializer

from kinfolk.model.plain import plain


class Answer(Response[Any]):
    """What a handler returns, as JSON."""

    def render(self, content: Any, media_type: str, enc_hook: Serializer | None = None) -> bytes:
        """The bytes that are sent."""
        if media_type == "application/json":
            return msgspec.json.encode(plain(content))
        return super().render(content, media_type, enc_hook) if enc_hook else super().render(content, media_type)
