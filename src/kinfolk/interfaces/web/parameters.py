"""What several pages and addresses of the API ask for in the same way."""

from __future__ import annotations

from typing import Annotated

from litestar.params import Parameter

WAIT = 15.0  # seconds for a run that goes on, before what was said is refused
_LARGEST = (1 << 63) - 1  # that a database can be asked for

Number = Annotated[int, Parameter(ge=0, le=_LARGEST)]
Before = Annotated[int | None, Parameter(ge=1, le=_LARGEST)]
