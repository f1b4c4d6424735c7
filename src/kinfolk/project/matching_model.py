"""Reads the matching model that identity.yml names, and makes of it what the stages work with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kinfolk.errors import Mistake
from kinfolk.model.matching import SCHEMA, GivenField, GivenModel, levels_of
from kinfolk.project.document import Document
from kinfolk.project.files import Parsed, parse
from kinfolk.project.written.identity import IdentityFile
from kinfolk.project.written.matching_model import FieldEntry, MatchingModelFile
from kinfolk.project.yaml_reader import read, read_text

_EVEN = 0.02  # by which the shares of a field may miss 1


def named_model(folder: Path, identity: Parsed[IdentityFile]) -> tuple[Parsed[MatchingModelFile] | None, list[Mistake]]:
    """The model file that `match: {model: …}` names, and what is wrong with it; None where it names none."""
    match = identity.settings.match
    if match is None or match.model is None:
        return None, []
    path = folder / match.model
    if not path.is_file():
        place = identity.document.place("match", "model")
        return None, [Mistake(place, f"There is no file {match.model}.", "`kinfolk identity model import` makes one.")]
    document, mistakes = read(path, match.model)
    return (None, mistakes) if mistakes else as_model(document)


def model_in(text: str, file: str) -> tuple[GivenModel | None, list[Mistake]]:
    """The model that a text holds, or what is wrong with it."""
    document, mistakes = read_text(text, file)
    if mistakes:
        return None, mistakes
    parsed, mistakes = as_model(document)
    return (None, mistakes) if parsed is None or mistakes else (given(parsed), [])


def as_model(document: Document) -> tuple[Parsed[MatchingModelFile] | None, list[Mistake]]:
    """A file read as a model. A file of another schema is one mistake, not one for each key in it."""
    schema = document.at("schema")
    if schema != SCHEMA:
        named = f"its schema is `{schema}`" if schema else "it names no schema"
        what = f"This is no matching model of Kinfolk: {named}, where `{SCHEMA}` is wanted."
        advice = None
        if document.at("comparisons") is not None:
            advice = "It looks like a model of Splink: `kinfolk identity model import FILE` makes one of it."
        return None, [Mistake(document.place("schema"), what, advice)]
    parsed, mistakes = parse(document, MatchingModelFile, None)
    return parsed, mistakes or list(_whole(parsed))


def _whole(parsed: Parsed[MatchingModelFile]) -> Iterator[Mistake]:
    """What single keys do not show: that the levels are those of their kind, the shares a whole."""
    settings, place = parsed.settings, parsed.document.place
    for key in ("prior", "fields"):
        if parsed.document.at(key) is None:
            yield Mistake(place(), f"`{key}` is missing.")
    kinds = {field.column: field.kind for field in settings.fields_}
    for number, field in enumerate(settings.fields_):
        at = ("fields", number)
        if field.column in [earlier.column for earlier in settings.fields_[:number]]:
            yield Mistake(place(*at, "column"), f"`{field.column}` is compared twice.")
        wanted = levels_of(field.column, kinds)
        if len(field.levels) != wanted:
            what = (
                f"A column of kind `{field.kind}` has {wanted} levels here; `{field.column}` has {len(field.levels)}."
            )
            yield Mistake(place(*at, "levels"), what)
        yield from _shares(parsed, number, field)
    for number, name in enumerate(settings.personal):
        if name not in kinds:
            yield Mistake(place("personal", number), f"`{name}` is personal but not compared.")


def _shares(parsed: Parsed[MatchingModelFile], number: int, field: FieldEntry) -> Iterator[Mistake]:
    place = parsed.document.place("fields", number, "levels")
    for name in ("m", "u", "related"):
        shares = [getattr(level, name) for level in field.levels]
        known = [share for share in shares if share is not None]
        if len(known) not in (0, len(shares)) or (name == "related" and parsed.settings.related_prior and not known):
            yield Mistake(place, f"`{name}` is missing at some levels of `{field.column}`.")
        elif known and abs(sum(known) - 1) > _EVEN:
            what = f"The shares `{name}` of `{field.column}` add up to {sum(known):.4g}, not to 1."
            yield Mistake(place, what)


def given(parsed: Parsed[MatchingModelFile]) -> GivenModel:
    """The model of a file that holds no mistake."""
    settings = parsed.settings
    related = settings.related_prior is not None
    return GivenModel(
        fields=tuple(
            GivenField(
                column=field.column,
                kind=field.kind,
                levels=tuple(level.level for level in field.levels),
                m=tuple(level.m for level in field.levels),
                u=tuple(level.u for level in field.levels),
                related=tuple(level.related or 0.0 for level in field.levels) if related else None,
                term_frequency=field.term_frequency,
            )
            for field in settings.fields_
        ),
        prior=settings.prior,
        place=parsed.document.place(),
        related_prior=settings.related_prior,
        personal=tuple(settings.personal),
        blocking=tuple(tuple(columns) for columns in settings.blocking),
    )
