"""A matching model as a file: what `kinfolk identity model` exports and imports, and `match: {model: …}` names."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kinfolk.model.matching import LEVELS, MEASURES, MOST_LEVELS, SCHEMA, levels_of
from kinfolk.project.suggest import hint
from kinfolk.project.written.base import Text, Word, Words, Written, wrong

Share = Annotated[float, Field(gt=0, le=1)]
Chance = Annotated[float, Field(gt=0, lt=1)]


class LevelEntry(Written):
    """How often pairs are this far apart."""

    level: Text = Field(description="how far apart two values are, in words")
    m: Share = Field(description="share of pairs of one customer at this level")
    u: Share = Field(description="share of pairs of strangers at this level")
    related: Share | None = Field(default=None, description="share of pairs of two people of one household")


class FieldEntry(Written):
    """One compared column; its levels from the same to different."""

    column: Word
    kind: Word = Field(description="how it is compared: a kind, or steps such as `jaro_winkler>=0.92 levenshtein<=2`")
    term_frequency: bool = Field(default=True, description="whether sharing a rarer value counts for more")
    levels: Annotated[list[LevelEntry], Field(min_length=2, max_length=MOST_LEVELS)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        if levels_of(self.column, {self.column: self.kind}) is None:
            steps = ", ".join(f"`{measure}{sign}…`" for measure, sign in MEASURES.items())
            like = hint(self.kind, list(LEVELS))
            raise wrong(f"`{self.kind}` is no kind of comparison.", like or f"Or write steps: {steps}.")
        return self


class MatchingModelFile(Written):
    """A whole matching model."""

    schema_: Literal["kinfolk-portable-model/1"] | None = Field(default=None, alias="schema")
    prior: Chance = Field(default=0.0001, description="probability that two records at random are one customer")
    related_prior: Chance | None = Field(
        default=None,
        description="probability that they are two people of one household; absent without that hypothesis",
    )
    personal: Words = Field(default=[], description="columns that tell people of one household apart")
    blocking: list[Annotated[Words, Field(min_length=1)]] = Field(
        default=[], description="column lists that pick pairs; chosen from the data if absent"
    )
    fields_: list[FieldEntry] = Field(
        default=[], min_length=1, max_length=20, alias="fields", description="what is compared"
    )


assert SCHEMA == "kinfolk-portable-model/1", "a Literal cannot name a constant"
