"""What a person writes about a source that is made of events sent to `kinfolk serve`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_SHORTEST = 8


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_as_list, json_schema_input_type=str | list[str])]


class CollectOptions(BaseModel):
    """Settings of connector `collect`: events as they came, or the visitors who sent the events of another source."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    write_keys: list[str] = Field(
        [], description="Keys with which programs send to this source alone: `${NAME}` of environment variables."
    )
    visitors_of: str | None = Field(
        None, min_length=1, description="The source of events whose visitors these are: one row for each pair of ids."
    )
    purposes: Names = Field(
        [], description="What events are taken in for, in names of policies/consent.yml; each is asked for consent."
    )
    events: dict[str, Annotated[Names, Field(min_length=1)]] = Field(
        {},
        description="Name of an event, or a type such as `identify` -> what it is for, in place of `purposes`.",
    )
    without_consent: Literal["refuse", "anonymise"] = Field(
        "refuse",
        description="What becomes of an event for none of whose purposes data may be used: `refuse`, which is counted, "
        "or `anonymise`, which keeps its type, name and day.",
    )
    keep: Names = Field([], description="Properties that `anonymise` keeps too, where they are plain values.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.write_keys) == (self.visitors_of is not None):
            raise ValueError("Exactly one of `write_keys` and `visitors_of` says what this source is made of.")
        if any(len(key) < _SHORTEST or not key.isprintable() or ":" in key or " " in key for key in self.write_keys):
            raise ValueError(f"A write key has at least {_SHORTEST} characters, and neither spaces nor colons.")
        if len(set(self.write_keys)) < len(self.write_keys):
            raise ValueError("A write key is listed twice.")
        return self

    @model_validator(mode="after")
    def _consent_of_events(self) -> Self:
        about = {"purposes", "events", "without_consent", "keep"} & self.model_fields_set
        if self.visitors_of is not None and about:
            raise ValueError("Consent is asked for where events come in: write it beside their `write_keys`.")
        if about and not (self.purposes or self.events):
            raise ValueError("Nothing says what events are taken in for: write `purposes`.")
        if self.keep and self.without_consent != "anonymise":
            raise ValueError("`keep` goes with `without_consent: anonymise`.")
        return self
