"""What every written setting shares: strict keys, text as it was written, one or several."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import pytz  # type: ignore[import-untyped]  # ships no types
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from kinfolk.project.suggest import hint

OWN_ERROR = "kinfolk"


class Written(BaseModel):
    """A mapping in one of the project's files. Keys it does not know are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_by_name=False)


def wrong(what: str, advice: str | None = None) -> PydanticCustomError:
    """A mistake in our own words, for validators to raise."""
    return PydanticCustomError(OWN_ERROR, "{what}", {"what": what, "hint": advice})


def _as_text(value: Any) -> Any:
    """Numbers and booleans as the text that was written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return getattr(value, "text", value)


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _zone(name: str) -> str:
    if name == "UTC":
        return name
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # an unknown zone is a KeyError, below; these two are names that are no path
        raise _unknown("time zone", name, pytz.all_timezones) from None
    except KeyError:
        if name not in pytz.all_timezones_set:
            raise _unknown("time zone", name, pytz.all_timezones) from None
    return name


def _country(code: str) -> str:
    if code not in pytz.country_names:
        mended = {"UK": "GB", "EN": "GB", "EL": "GR"}.get(code.upper(), code.upper())
        advice = (
            f"Did you mean `{mended}`?"
            if mended in pytz.country_names
            else "Write the two capital letters of ISO 3166."
        )
        raise wrong(f"`{code}` is no country code.", advice)
    return code


def _unknown(kind: str, name: str, names: list[str]) -> PydanticCustomError:
    return wrong(f"`{name}` is no {kind}.", hint(name, names) or "Write an IANA name such as `Europe/Berlin`.")


Text = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str)]
Word = Annotated[Text, StringConstraints(min_length=1)]
Words = Annotated[list[Word], BeforeValidator(_as_list, json_schema_input_type=str | list[str])]
Country = Annotated[Text, AfterValidator(_country)]
Currency = Annotated[Text, StringConstraints(pattern=r"^[A-Z]{3}$")]
DateOrder = Literal["DMY", "MDY", "YMD"]
DecimalMark = Literal[".", ","]
TimeZone = Annotated[Text, AfterValidator(_zone)]
