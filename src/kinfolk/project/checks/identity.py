"""Checks of identity.yml against the canonical columns and what sources map."""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp

from kinfolk.errors import Mistake
from kinfolk.model.identity import EMAIL_DOMAIN, VERIFIABLE
from kinfolk.model.place import Place
from kinfolk.project.document import Path
from kinfolk.project.files import Files
from kinfolk.project.suggest import hint, listed, near
from kinfolk.project.written.identity import PreferenceEntry
from kinfolk.tables.staging import RECORDS, canonical

_PARTS_OF_NAME = ("first_name", "middle_name", "last_name")


def fields_known(files: Files) -> Iterator[Mistake]:
    """Every field named is a canonical column of people or an attribute of some source."""
    known = [*canonical("people"), *_attributes(files)]
    complete = all(source.written.readable for source in files.sources)
    for place, name in [*_places(files), *_compared_by_model(files)]:
        like = near(name, known)
        if name not in known and (complete or like):  # an attribute may be mapped in a file that cannot be read
            what = f"`{name}` is neither a canonical column of people nor an attribute of a source."
            yield Mistake(place, what, f"Did you mean `{like}`?" if like else None)


def keys_mapped(files: Files) -> Iterator[Mistake]:
    """The tenant and every column of a key comes from at least one source."""
    if not files.sources or not all(source.written.readable for source in files.sources):
        return
    mapped, known = _mapped(files), canonical("people")
    for path, name in _key_columns(files):
        if name in known and name not in mapped:
            what = f"No source maps `{name}`, so it can decide nothing."
            yield Mistake(
                files.identity.document.place(*path), what, "Map it under `people:` in a source, or remove it here."
            )


def personal_compared(files: Files) -> Iterator[Mistake]:
    """Personal fields are among those compared."""
    match = files.identity.settings.match
    if match is None:
        return
    written = files.identity.written.key_names("match", "compare")
    for number, name in enumerate(match.personal):
        if name not in written:
            what = f"`{name}` is personal but not compared."
            place = files.identity.document.place("match", "personal", number)
            yield Mistake(place, what, hint(name, written) or "Add it to `compare`.")


def households_learned(files: Files) -> Iterator[Mistake]:
    """Households are told by the matching model, which learns of them from what is shared though people differ."""
    settings, document = files.identity.settings, files.identity.document
    if settings.households is None:
        return
    personal, compared = _people_told_apart(files)
    if len(personal) < 2 or len(compared) <= len(personal):
        yield Mistake(
            document.place("households"),
            "Households are learned from customers who share what is not personal; "
            "`match` must name two personal columns or more, and compare others beside them.",
            "For example: match: {compare: {first_name: name, birth_date: date, last_name: name, street: address}, "
            "personal: [first_name, birth_date]}.",
        )


def _people_told_apart(files: Files) -> tuple[list[str], list[str]]:
    """The personal columns, and all that are compared."""
    match, model = files.identity.settings.match, files.matching_model
    if model is not None:
        return model.settings.personal, [field.column for field in model.settings.fields_]
    return (match.personal, list(match.compare)) if match else ([], [])


def accounts_found(files: Files) -> Iterator[Mistake]:
    """What leads to an account is named once, and comes from a source."""
    accounts = files.identity.settings.accounts
    if accounts is None or not all(source.written.readable for source in files.sources):
        return
    mapped = {**dict.fromkeys(_mapped(files)), **_attributes(files)}
    for number, name in enumerate(accounts.by):
        place, needed = files.identity.document.place("accounts", "by", number), name
        if name == EMAIL_DOMAIN:
            needed = "email"
        if name in accounts.by[:number]:
            yield Mistake(place, f"`{name}` is listed twice.")
        elif name not in (EMAIL_DOMAIN, *canonical("people"), *_attributes(files)):
            like = hint(name, (EMAIL_DOMAIN, *canonical("people"), *_attributes(files)))
            yield Mistake(place, f"`{name}` is neither a column of people, an attribute, nor `{EMAIL_DOMAIN}`.", like)
        elif files.sources and needed not in mapped:
            yield Mistake(
                place,
                f"No source maps `{needed}`, so it can lead to no account.",
                "Map it under `people:` in a source, or remove it here.",
            )


def trusted_sources_known(files: Files) -> Iterator[Mistake]:
    """The order of trust names sources, each once."""
    survivorship = files.identity.settings.survivorship
    names = files.source_names()
    for number, name in enumerate(survivorship.trust if survivorship else ()):
        place = files.identity.document.place("survivorship", "trust", number)
        if name not in names:
            yield Mistake(place, f"There is no source `{name}`.", hint(name, names))
        elif survivorship and name in survivorship.trust[:number]:
            yield Mistake(place, f"`{name}` is listed twice.")


def never_about_known_sources(files: Files) -> Iterator[Mistake]:
    """A source said to have no duplicates is one."""
    names = files.source_names()
    for number, never in enumerate(files.identity.settings.never):
        for name in never.same_source:
            if name not in names:
                place = files.identity.document.place("never", number, "same_source")
                yield Mistake(place, f"There is no source `{name}`.", hint(name, names))


def verified_where_known(files: Files) -> Iterator[Mistake]:
    """Only an e-mail address or a phone can be preferred for being verified."""
    survivorship = files.identity.settings.survivorship
    for name, rules in (survivorship.fields_ if survivorship else {}).items():
        if name not in VERIFIABLE and any(entry.rule == "verified" for entry in rules):
            what = f"Sources say of {listed(VERIFIABLE)} whether they are verified, not of `{name}`."
            yield Mistake(files.identity.document.place("survivorship", "fields", name), what, "Leave `verified` out.")


def ranked_by_known_columns(files: Files) -> Iterator[Mistake]:
    """SQL that ranks values names columns of a record only: canonical ones, attributes, and what it is a record of."""
    if not all(source.written.readable for source in files.sources):
        return
    known = (*(column.name for column in RECORDS.columns), *_attributes(files), "customer_id")
    lower = {name.lower() for name in known}
    for place, expression in _ranking_sql(files):
        for column in sqlglot.parse_one(expression, dialect="duckdb").find_all(exp.Column):
            if column.name.lower() not in lower or column.table.lower() not in ("", "records"):
                name = f"{column.table}.{column.name}" if column.table else column.name
                what = f"`{name}` is neither a column of the records of people nor an attribute of a source."
                yield Mistake(place, what, hint(column.name, known))


def _ranking_sql(files: Files) -> Iterator[tuple[Place, str]]:
    survivorship, document = files.identity.settings.survivorship, files.identity.document
    if survivorship is None:
        return
    ranked: list[tuple[Path, list[PreferenceEntry]]] = [(("default",), survivorship.default or [])]
    ranked += [(("fields", name), entries) for name, entries in survivorship.fields_.items()]
    for path, entries in ranked:
        for number, entry in enumerate(entries):
            if entry.sql is not None:
                yield document.place("survivorship", *path, number, "sql"), entry.sql


def _attributes(files: Files) -> dict[str, None]:
    running = [source for source in files.sources if files.runs(source)]
    return dict.fromkeys(name for s in running for name in s.written.key_names("people", "attributes"))


def _key_columns(files: Files) -> Iterator[tuple[Path, str]]:
    settings, document = files.identity.settings, files.identity.document
    if settings.tenant is not None:
        yield ("tenant",), settings.tenant
    for number, entry in enumerate(settings.keys):
        long = ("keys", number, "key") if "key" in document.key_names("keys", number) else ("keys", number)
        for position, column in enumerate(entry.key):
            yield (*long, position), column


def _places(files: Files) -> Iterator[tuple[Place, str]]:
    return ((files.identity.document.place(*path), name) for path, name in _named(files))


def _compared_by_model(files: Files) -> Iterator[tuple[Place, str]]:
    model = files.matching_model
    if model is None:
        return
    for number, field in enumerate(model.settings.fields_):
        yield model.document.place("fields", number, "column"), field.column
    for number, columns in enumerate(model.settings.blocking):
        yield from ((model.document.place("blocking", number, n), name) for n, name in enumerate(columns))


def _named(files: Files) -> Iterator[tuple[Path, str]]:
    settings = files.identity.settings
    yield from _key_columns(files)
    yield from ((("ignore", name), name) for name in settings.ignore)
    for n, never in enumerate(settings.never):
        yield from ((("never", n, "different"), name) for name in never.different)
    yield from ((("core_fields", n), name) for n, name in enumerate(settings.core_fields))
    if settings.survivorship is not None:
        yield from ((("survivorship", "fields", name), name) for name in settings.survivorship.fields_)
    if settings.match is not None:
        yield from ((("match", "compare", name), name) for name in settings.match.compare)
        for number, columns in enumerate(settings.match.block_on or ()):
            yield from ((("match", "block_on", number, n), name) for n, name in enumerate(columns))


def _mapped(files: Files) -> set[str]:
    """Canonical columns some source maps; a misspelt one counts as the one it is like, for that is said already."""
    names: set[str] = set()
    known = canonical("people")
    for source in files.sources:
        for key in source.written.key_names("people"):
            names.add(key if key in known else near(key, known) or key)
    if "full_name" in names:
        names.update(_PARTS_OF_NAME)
    return names
