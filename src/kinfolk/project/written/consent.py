"""policies/consent.yml: what data may be used for, on what grounds, and the notices that explain it."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from kinfolk.model.consent import Basis
from kinfolk.project.data_uses import FIDESLANG, is_data_use
from kinfolk.project.suggest import near
from kinfolk.project.written.base import Text, Word, Words, Written, wrong


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise wrong(f"`{text}` is no day.", "Write it as `2026-05-01`.") from None
    return text


def _months(text: str) -> str:
    found = re.fullmatch(r"(\d{1,3}) (months?|years?)", text)
    if not found or not int(found[1]):
        raise wrong(f"`{text}` is no number of months.", "Write it as `12 months` or `2 years`.")
    return text


def _use(text: str) -> str:
    if not is_data_use(text):
        like = near(text, FIDESLANG)
        advice = (
            f"Did you mean `{like}`?" if like else "Write a data use of fideslang, or a term such as `dpv:Marketing`."
        )
        raise wrong(f"`{text}` is no data use.", advice)
    return text


Day = Annotated[Text, AfterValidator(_day)]
Months = Annotated[Text, AfterValidator(_months)]
DataUse = Annotated[Word, AfterValidator(_use)]


class VersionEntry(Written):
    """One version of the notice that people are shown."""

    since: Day = Field(description="the first day it was shown")
    text: Word | None = Field(default=None, description="what it says")
    file: Word | None = Field(default=None, description="or the project's file that says it")


class EndedHereEntry(Written):
    """What one purpose gave up, so that what people said against it has nothing left to forbid."""

    channels: Words = Field(default=[], description="nobody is reached by them for this purpose any more")
    topics: Words = Field(default=[], description="nothing is said of them for this purpose any more")


class PurposeEntry(Written):
    """Something that data may be used for."""

    title: Word | None = Field(default=None, description="what people are told it is")
    about: Word | None = Field(default=None, description="a sentence or two on it, for people who choose")
    use: DataUse = Field(description="a data use of fideslang, or a term of the Data Privacy Vocabulary (dpv:…)")
    basis: Basis = Field(description="the lawful basis")
    default: Literal["granted", "denied"] | None = Field(
        default=None,
        description="what holds where nothing is recorded; denied where the basis is consent, else granted",
    )
    channels: Words = Field(default=[], description="channels that are told apart, of those listed above")
    topics: Words = Field(default=[], description="topics that are told apart, of those listed above")
    ended: EndedHereEntry = Field(default=EndedHereEntry(), description="what is given up here, though not elsewhere")
    expires: Months | None = Field(default=None, description="how long a grant counts, as 24 months")
    minimum_age: Annotated[int, Field(ge=1, le=99)] | None = Field(
        default=None, description="years; a grant of somebody younger, or of unknown age, does not count"
    )
    gpc: bool | None = Field(
        default=None,
        description="whether `Sec-GPC: 1` of a browser forbids it; true if absent where `use` is advertising of, or "
        "sharing with, third parties",
    )


class TcfSignals(Written):
    """What IAB TCF strings (version 2) mean."""

    vendor: Annotated[int, Field(ge=1, le=65_535)] | None = Field(
        default=None, description="your number in the Global Vendor List, whose consent is needed too"
    )
    purposes: dict[Annotated[int, Field(ge=1, le=24)], Words] = Field(
        description="number of a TCF purpose -> purposes of this file"
    )


class SignalsEntry(Written):
    """What the words of consent banners, as they stand in events, mean for the purposes of this file."""

    categories: dict[Word, Words] = Field(
        default={}, description="category of a banner -> purposes; one called like a purpose means that by itself"
    )
    tcf: TcfSignals | None = Field(default=None, description="what IAB TCF strings mean")


class FormerlyEntry(Written):
    """What had another name once, so that what people said to it goes on counting."""

    purposes: dict[Word, Word] = Field(default={}, description="former name -> what it is called now")
    channels: dict[Word, Word] = Field(default={}, description="former name -> what it is called now")
    topics: dict[Word, Word] = Field(default={}, description="former name -> what it is called now")


class EndedEntry(Written):
    """What is not done any more, so that what people said against it has nothing left to forbid."""

    purposes: Words = Field(default=[], description="data is not used for them any more")
    channels: Words = Field(default=[], description="nobody is reached by them any more")
    topics: Words = Field(default=[], description="nothing is said of them any more")


class ConsentFile(Written):
    """The whole of policies/consent.yml."""

    versions: dict[Word, VersionEntry] = Field(default={}, description="versions of the notice; the latest is in force")
    channels: Words = Field(default=[], description="ways to reach people, such as email and sms")
    topics: Words = Field(default=[], description="what people may want to hear of, such as news and offers")
    purposes: dict[Word, PurposeEntry] = Field(default={}, description="name -> a purpose")
    formerly: FormerlyEntry = Field(default=FormerlyEntry(), description="names that were changed")
    ended: EndedEntry = Field(default=EndedEntry(), description="what is given up")
    signals: SignalsEntry = Field(default=SignalsEntry(), description="how events say what somebody consented to")
