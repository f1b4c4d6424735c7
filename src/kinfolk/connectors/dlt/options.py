"""What a person writes about a source that is a resource of dlt."""

from __future__ import annotations

import re
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class DltOptions(BaseModel):
    """Settings of connector `dlt`. Only `source` must be written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(
        min_length=1,
        description="`module:function` that makes a dlt source or resource; the module is installed, or a file of the "
        "project (`crm:contacts` is the function contacts in crm.py).",
    )
    resource: str | None = Field(None, min_length=1, description="Which of the source's resources, if it has several.")
    arguments: dict[str, Any] = Field({}, description="What the function is called with; secrets as `${NAME}`.")
    since_argument: str | None = Field(
        None, min_length=1, description="Argument for the cursor of an incremental load."
    )

    @model_validator(mode="after")
    def _names_a_function(self) -> Self:
        if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", self.source):
            raise ValueError("`source` names a module and a function in it: `crm:contacts`.")
        return self
