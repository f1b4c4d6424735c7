"""kinfolk.yml: the project's name and what holds for all of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from kinfolk.model.schedule import is_cron
from kinfolk.project.written.base import (
    Country,
    Currency,
    DateOrder,
    DecimalMark,
    Text,
    TimeZone,
    Word,
    Written,
    wrong,
)


def _days(text: str) -> str:
    if not re.fullmatch(r"\d{1,5} days?", text):
        raise wrong(f"`{text}` is no number of days.", "Write it as `30 days`.")
    return text


Days = Annotated[Text, AfterValidator(_days)]


class ConventionsKeys(Written):
    """How sources write their values, unless they say otherwise themselves."""

    country: Country | None = Field(default=None, description="ISO 3166 code for phones and addresses that name none")
    currency: Currency | None = Field(default=None, description="ISO 4217 code for amounts that name none")
    dates: DateOrder | None = Field(default=None, description="order of day, month and year in dates such as 02/03/04")
    decimal: DecimalMark | None = Field(default=None, description="the decimal mark of amounts")


class EnvironmentKeys(Written):
    """One of the worlds kept apart."""

    landing: Word | None = Field(
        default=None, description="another environment, whose landing is read instead of sources: nothing is copied"
    )


def _by_name(value: Any) -> Any:
    """Environments as a mapping: a list of names is short for environments that have nothing of their own."""
    if isinstance(value, Mapping):
        return {name: {} if keys is None else keys for name, keys in value.items()}
    names = value if isinstance(value, list) else [value]
    if any(isinstance(name, (Mapping, list)) for name in names):
        raise wrong("Environments are a list of names, or a mapping.", "Write `{prod: {}, dev: {landing: prod}}`.")
    return {getattr(name, "text", name): {} for name in names}


def _cron(text: str) -> str:
    if not is_cron(text):
        advice = "Write minute, hour, day of month, month, day of week, such as `*/15 * * * *` or `0 6 * * mon-fri`."
        raise wrong(f"`{text}` is no cron expression that ever comes true.", advice)
    return text


class SparkKeys(Written):
    """Where Spark runs."""

    master: Word = Field(default="local[*]", description="Spark's master: local[*], spark://…, yarn, k8s://…")
    folder: Word | None = Field(
        default=None, description="folder every worker sees, for the pairs on their way; inside the state if absent"
    )
    settings: dict[Word, Word] = Field(default={}, description="settings of Spark's own, such as spark.executor.memory")


class ScheduleEntry(Written):
    """When the project runs by itself."""

    cron: Annotated[Word, AfterValidator(_cron)] = Field(description="five fields, in the project's time zone")
    environment: Word | None = Field(default=None, description="one of the environments; the default one if absent")


def _entry(value: Any) -> Any:
    """`*/15 * * * *` as {cron: "*/15 * * * *"}."""
    return value if isinstance(value, (dict, BaseModel)) else {"cron": value}


_Entry = Annotated[ScheduleEntry, BeforeValidator(_entry, json_schema_input_type=str | ScheduleEntry)]


class KinfolkFile(ConventionsKeys):
    """The file that makes a folder a project."""

    name: Word | None = Field(default=None, description="name of the project")
    description: Text = ""
    engine: Literal["duckdb", "spark"] = Field(
        default="duckdb", description="what compares pairs: this machine (duckdb), or Splink on Spark"
    )
    spark: SparkKeys = Field(default=SparkKeys(), description="where `engine: spark` computes")
    time_zone: TimeZone | None = Field(default=None, description="IANA zone of moments that name none; UTC if absent")
    conventions: Annotated[ConventionsKeys, BeforeValidator(lambda value: {} if value is None else value)] = Field(
        default=ConventionsKeys(), description="the same keys as at the top, kept together"
    )
    environments: Annotated[
        dict[Word, EnvironmentKeys],
        BeforeValidator(_by_name, json_schema_input_type=str | list[str] | dict[str, EnvironmentKeys | None]),
    ] = Field(default={}, description="worlds kept apart, such as prod and test")
    environment: Word | None = Field(default=None, description="the environment that runs when none is chosen")
    history: Days = Field(
        default="30 days", description="how long a published state can still be read after the next one, as `30 days`"
    )
    schedule: Annotated[
        list[_Entry],
        BeforeValidator(
            lambda value: value if isinstance(value, list) else [value],
            json_schema_input_type=str | ScheduleEntry | list[str | ScheduleEntry],
        ),
    ] = Field(default=[], description="when `kinfolk run --schedule` runs")
    state: Word | None = Field(
        default=None,
        description="folder for what Kinfolk makes, with one inside for each environment; .kinfolk if absent",
    )
