"""What a person writes about a source that is made of events sent to `kinfolk serve`."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_SHORTEST = 8


class CollectOptions(BaseModel):
    """Settings of connector `collect`: events as they came, or the visitors who sent the events of another source."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    write_keys: list[str] = Field(
        [], description="Keys with which programs send to this source alone: `${NAME}` of environment variables."
    )
    visitors_of: str | None = Field(
        None, min_length=1, description="The source of events whose visitors these are: one row for each pair of ids."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.write_keys) == (self.visitors_of is not None):
            raise ValueError("Exactly one of `write_keys` and `visitors_of` says what this source is made of.")
        if any(len(key) < _SHORTEST or not key.isprintable() or ":" in key or " " in key for key in self.write_keys):
            raise ValueError(f"A write key has at least {_SHORTEST} characters, and neither spaces nor colons.")
        if len(set(self.write_keys)) < len(self.write_keys):
            raise ValueError("A write key is listed twice.")
        return self
