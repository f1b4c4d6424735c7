"""What a person writes about a source that is a resource of dlt."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class DltOptions(BaseModel):
    """Settings of connector `dlt`. Only `source` must be written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(
        pattern=r"^[\w.]+:\w+$",
        description="`module:function` that makes a dlt source or resource; the module is installed, or a file of the "
        "project (`crm:contacts` is the function contacts in crm.py).",
    )
    resource: str | None = Field(None, min_length=1, description="Which of the source's resources, if it has several.")
    arguments: dict[str, Any] = Field({}, description="What the function is called with; secrets as `${NAME}`.")
    since_argument: str | None = Field(
        None, min_length=1, description="Argument for the cursor of an incremental load."
    )
