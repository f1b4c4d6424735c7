"""identity.yml: who is who, and whose value wins."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from kinfolk.model.identity import KEY_ROOM, PREFERENCE_BITS
from kinfolk.project.written.base import Word, Words, Written, wrong
from kinfolk.project.written.scalar import ScalarSql

Kind = Literal["name", "company", "date", "email", "phone", "address", "exact", "text"]
Preference = Literal["most_trusted", "most_recent", "most_frequent", "longest", "verified", "sql"]
Probability = Annotated[float, Field(ge=0.5, lt=1)]  # pairs below even odds are not kept


class KeyEntry(Written):
    """Columns whose equal values mean the same customer."""

    key: Annotated[Words, Field(min_length=1)]
    at_most: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="more records than this on one value: not an identity"
    )
    people: Annotated[
        Annotated[int, Field(ge=1, le=1_000_000)] | None,
        BeforeValidator(
            lambda value: None if value == "any" else 2 if value is None else value,
            json_schema_input_type=Annotated[int, Field(ge=1, le=1_000_000)] | Literal["any"],
        ),
    ] = Field(
        default=2,
        description="more people than this behind one value, by their names and birth dates: no identity either",
    )


def _key_form(value: Any) -> Any:
    return value if isinstance(value, (dict, BaseModel)) else {"key": value}


class MatchKeys(Written):
    """The probabilistic fallback."""

    compare: Annotated[
        dict[Word, Kind],
        # How far two records are apart is kept as three bits a column in one number.
        Field(min_length=1, max_length=20, description="columns that count as evidence, and how; at most 20"),
    ] = {}
    model: Word | None = Field(
        default=None, description="file with a matching model to score by, in place of compare, personal and learning"
    )
    block_on: Annotated[
        list[Annotated[Words, Field(min_length=1)]] | None,
        BeforeValidator(
            lambda value: None if value == "auto" else value,
            json_schema_input_type=Literal["auto"] | list[str | list[str]],
        ),
    ] = Field(default=None, description="auto, or the column lists that pick pairs worth comparing")
    personal: Words = Field(default=[], description="columns that tell people of one household apart")
    merge_at: Probability | None = Field(
        default=None, description="probability from which two records are one customer; chosen from the data if absent"
    )
    review_at: Probability | None = Field(
        default=None, description="probability from which a steward is asked; chosen from the data if absent"
    )
    largest: Annotated[int, Field(ge=2, le=1_000_000)] = Field(
        default=100, description="different records of a customer that likeness puts together, at most"
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.model is None and not self.compare:
            raise wrong(
                "`compare` is missing under `match`.", "Write the columns to compare, or a `model` that names them."
            )
        if self.model is not None and (self.compare or self.personal):
            given = "compare" if self.compare else "personal"
            raise wrong(f"`{given}` stands in the model's file.", f"Leave out `{given}`, or `model`.")
        return self

    @model_validator(mode="after")
    def _thresholds_in_order(self) -> Self:
        if self.merge_at is not None and self.review_at is not None and self.review_at > self.merge_at:
            raise wrong(
                f"`review_at` ({self.review_at}) is above `merge_at` ({self.merge_at}), so nothing would be reviewed."
            )
        return self


class NeverEntry(Written):
    """Two records that differ here, or are of one source without duplicates, cannot be one customer."""

    different: Words = Field(default=[], description="a column, or several: to differ in one of them is enough")
    same_source: Words = Field(default=[], description="sources that have no duplicates")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.different) == bool(self.same_source):
            raise wrong("Write `different` with columns, or `same_source` with sources: one of them, not both.")
        return self


class PreferenceEntry(Written):
    """One preference among the values of a field, in its long form."""

    rule: Preference
    sql: ScalarSql | None = None

    @model_validator(mode="after")
    def _sql_where_needed(self) -> Self:
        if (self.rule == "sql") != (self.sql is not None):
            raise wrong('Write `{sql: "…"}` for an expression, or one word alone.')
        return self


class HouseholdKeys(Written):
    """Customers who live together."""

    largest: Annotated[int, Field(ge=2, le=1000)] = Field(
        default=12, description="customers beyond which what they share is no household"
    )


def _household_form(value: Any) -> Any:
    """`households: true` as one with nothing said; `false` as none."""
    return ({} if value else None) if isinstance(value, bool) else value


class AccountKeys(Written):
    """Companies that customers belong to."""

    by: Annotated[Words, Field(min_length=1)] = Field(
        description="columns whose value leads to an account, strongest first; email_domain is the domain of email"
    )
    providers: Words = Field(
        default=[], description="domains, with *, where anybody can have a mailbox, beside the usual ones"
    )


def _preference_form(value: Any) -> Any:
    """`longest` as {rule: longest}; {sql: …} as {rule: sql, sql: …}."""
    if isinstance(value, dict):
        return {"rule": "sql", **value}
    return value if isinstance(value, BaseModel) else {"rule": value}


class SqlPreference(Written):
    """A preference as SQL, a whole number for each record: the smallest wins (for the schema only)."""

    sql: str


def _fitting(entries: list[PreferenceEntry]) -> list[PreferenceEntry]:
    if sum(PREFERENCE_BITS[entry.rule] for entry in entries) <= KEY_ROOM:
        return entries
    raise wrong("These are too many preferences to rank by.", "Leave one out, or write two of them as one `sql`.")


_Word = Literal["most_trusted", "most_recent", "most_frequent", "longest", "verified"]
OnePreference = Annotated[
    PreferenceEntry, BeforeValidator(_preference_form, json_schema_input_type=_Word | SqlPreference)
]
Preferences = Annotated[
    list[OnePreference],
    Field(min_length=1),
    BeforeValidator(
        lambda value: value if isinstance(value, list) else [value],
        json_schema_input_type=_Word | SqlPreference | list[_Word | SqlPreference],
    ),
    AfterValidator(_fitting),
]


class SurvivorshipKeys(Written):
    """Which value of a field becomes golden."""

    default: Preferences | None = Field(default=None, description="preferences, first to last, for every field")
    trust: Words = Field(default=[], description="sources, most trusted first; those not named come after, all alike")
    fields_: dict[Word, Preferences] = Field(default={}, alias="fields", description="field -> its own preferences")


class IdentityFile(Written):
    """The whole of identity.yml."""

    tenant: Word | None = Field(default=None, description="column that separates worlds: never match across tenants")
    keys: list[Annotated[KeyEntry, BeforeValidator(_key_form, json_schema_input_type=str | list[str] | KeyEntry)]] = (
        Field(default=[], description="the same value means the same customer")
    )
    ignore: dict[Word, Words] = Field(
        default={}, description="column -> values, with *, that say nothing about identity"
    )
    match: MatchKeys | None = None
    never: list[NeverEntry] = Field(default=[], description="records that cannot be one customer")
    households: Annotated[
        HouseholdKeys | None,
        BeforeValidator(_household_form, json_schema_input_type=bool | HouseholdKeys | None),
    ] = Field(default=None, description="find customers who live together")
    accounts: AccountKeys | None = Field(default=None, description="find the companies customers belong to")
    survivorship: SurvivorshipKeys | None = None
    core_fields: Words = Field(default=[], description="fields that make a profile complete")
