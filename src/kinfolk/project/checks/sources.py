"""Checks of sources against each other and against the other files."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic_core import PydanticCustomError

from kinfolk.errors import Mistake
from kinfolk.model.place import Place
from kinfolk.model.source import COLLECT
from kinfolk.project.files import Files, Parsed, source_name
from kinfolk.project.suggest import hint, listed, near
from kinfolk.project.written.source import SourceFile, legal_name
from kinfolk.tables.staging import MAPPABLE

_WITHOUT_CURSOR = ("file", "s3")
_WITHOUT_PERSON = ("people", "accounts")


def names_differ(files: Files) -> Iterator[Mistake]:
    """Each source has a legal name of its own; upper and lower case are one, as they are for table names."""
    first: dict[str, Parsed[SourceFile]] = {}
    for source in files.sources:
        name = source_name(source)
        if source.settings.name is None and source.written.at("name") is None:
            try:
                legal_name(name)
            except PydanticCustomError as error:
                context = error.context or {}
                yield Mistake(source.written.place(), context["what"], context["hint"])
        other = first.setdefault(name.lower(), source)
        if other is not source:
            what = f"Two sources are called `{name}`: this one and {other.document.place('name')}."
            yield Mistake(source.document.place("name"), what, "Give one of them another `name:`.")


def one_connector(files: Files) -> Iterator[Mistake]:
    """A source is read through exactly one connector."""
    for source in _readable(files):
        document = source.written
        used = [key for key in document.key_names() if key in files.connectors]
        empty = [key for key in used if document.at(key) is None]
        for key in empty:
            yield Mistake(document.place(key), f"`{key}` is empty.", "Write where the data is.")
        if not used:
            unknown = [key for key in document.key_names() if key not in _known(source)]
            if any(near(key, files.connectors) for key in unknown):
                continue  # a connector's name is misspelt, and that is said already
            what = "Nothing says where the data is."
            yield Mistake(document.place(), what, f"Write one of the connectors: {listed(files.connectors)}.")
        for key in used[1:]:
            yield Mistake(
                document.place(key), f"`{key}` and `{used[0]}` exclude each other: a source has one connector."
            )


def cursor_goes_with_incremental(files: Files) -> Iterator[Mistake]:
    """A source that loads what is new has a cursor and record ids, and is read from what can be asked for it."""
    for source in _readable(files):
        document, written = source.document, source.written.key_names()
        if source.written.at("load") != "incremental":
            for key in ("cursor", "late", "deleted"):
                if key in written:
                    yield Mistake(document.place(key), f"`{key}` goes with `load: incremental` only.")
            continue
        place = document.place("load")
        if "cursor" not in written:
            advice = "Write `cursor:` with the column that grows with every change, such as `updated_at`."
            yield Mistake(place, "`load: incremental` needs a cursor to tell what is new.", advice)
        if "record_id" not in written:
            yield Mistake(place, "`load: incremental` needs a `record_id`, so that a row replaces its older version.")
        for key in _WITHOUT_CURSOR:
            if key in written:
                what = f"`{key}` cannot be asked for what is new: incremental loads are for databases and services."
                yield Mistake(place, what, "Write `load: append` if each file adds to those before.")


def something_mapped(files: Files) -> Iterator[Mistake]:
    """A source feeds at least one canonical table, and each of its mappings maps a column."""
    for source in _readable(files):
        document = source.written
        tables = [key for key in document.key_names() if key in MAPPABLE]
        if not tables:
            if any(near(key, MAPPABLE) for key in document.key_names() if key not in _known(source)):
                continue  # a table's name is misspelt, and that is said already
            yield Mistake(
                document.place(), "The source feeds nothing.", f"Map columns under one of {listed(MAPPABLE)}."
            )
        for table in tables:
            value = document.at(table)
            if value is None or value == {}:
                yield Mistake(
                    document.place(table),
                    f"`{table}` maps no column.",
                    "Write one `canonical: column` a line below it.",
                )


def attributes_differ(files: Files) -> Iterator[Mistake]:
    """Of one table no two attributes, of whatever sources, differ by upper and lower case only."""
    for table in MAPPABLE:
        first: dict[str, tuple[str, Place]] = {}
        for source in _readable(files):
            for name in source.written.key_names(table, "attributes"):
                place = source.written.place(table, "attributes", name)
                other, where = first.setdefault(name.lower(), (name, place))
                if other != name:
                    what = f"The attributes `{other}` ({where}) and `{name}` differ by upper and lower case only."
                    yield Mistake(place, what, "Write both alike.")


def environments_known(files: Files) -> Iterator[Mistake]:
    """A source's environment is one of the project's."""
    if not files.kinfolk.written.readable:
        return
    known = files.kinfolk.settings.environments
    for source in files.sources:
        name = source.settings.environment
        if name is not None and name not in known:
            advice = hint(name, known) or f"List it in {files.kinfolk.written.file} under `environments`."
            yield Mistake(source.document.place("environment"), f"There is no environment `{name}`.", advice)


def owners_known(files: Files) -> Iterator[Mistake]:
    """A source's owner is a domain or a person of owners.yml, where there is one."""
    if files.owners is None or not files.owners.written.readable:
        return
    known = (*files.owners.written.key_names("domains"), *files.owners.written.key_names("people"))
    for source in files.sources:
        name = source.settings.owner
        if name is not None and name not in known:
            what = f"`{name}` is neither a domain nor a person in {files.owners.written.file}."
            yield Mistake(source.document.place("owner"), what, hint(name, known))


def people_found(files: Files) -> Iterator[Mistake]:
    """A source without people says whose its rows are, and what it says exists."""
    for source in _readable(files):
        document, belongs = source.document, source.settings.belongs_to
        tables = [table for table in MAPPABLE if table in source.written.key_names()]
        if belongs is None:
            if source.written.at("belongs_to") is None:
                yield from _orphans(source, tables)
            continue
        if "people" in tables:
            what = "The source holds people itself, so its rows cannot belong to those of another."
            yield Mistake(document.place("belongs_to"), what, "Remove `belongs_to` or `people`.")
        if belongs.source is not None:
            yield from _source_of(source, belongs.source, files)
        if belongs.key is not None and files.identity.written.readable:
            columns = [c for entry in files.identity.settings.keys for c in entry.key]
            if belongs.key not in columns and not _mistaken(files):
                what = f"`{belongs.key}` is no identity key."
                advice = hint(belongs.key, columns) or f"Add it to `keys` in {files.identity.written.file}."
                yield Mistake(document.place("belongs_to", "key"), what, advice)


def _orphans(source: Parsed[SourceFile], tables: list[str]) -> Iterator[Mistake]:
    if "people" in tables:
        return
    for table in tables:
        if table not in _WITHOUT_PERSON and "account_id" not in source.written.key_names(table):
            what = f"Nothing says whose {table} these are."
            advice = "Write `belongs_to: {source: …, column: …}` or `belongs_to: {key: email, column: …}`."
            yield Mistake(source.written.place(table), what, advice)


def _source_of(source: Parsed[SourceFile], name: str, files: Files) -> Iterator[Mistake]:
    where = source.document.place("belongs_to", "source")
    names = files.source_names()
    other = names.get(name)
    if other is None:
        yield Mistake(where, f"There is no source `{name}`.", hint(name, set(names) - {source_name(source)}))
        return
    if not other.written.readable:
        return
    if other.written.at("people") is None:
        yield Mistake(where, f"The source `{name}` holds no people.", "Name one that maps `people`.")
    elif other.written.at("record_id") is None and COLLECT not in other.written.key_names():
        yield Mistake(where, f"The source `{name}` has no `record_id`, so nothing can refer to its records.")
    if files.runs(source) and not files.runs(other):
        theirs = other.settings.environment
        what = f"The source `{name}` is of the environment `{theirs}`, which does not run now, but this one does."
        yield Mistake(where, what, f"Write `environment: {theirs}` here too.")


def _readable(files: Files) -> Iterator[Parsed[SourceFile]]:
    return (source for source in files.sources if source.written.readable)


def _known(source: Parsed[SourceFile]) -> set[str]:
    return {field.alias or name for name, field in type(source.settings).model_fields.items()}


def _mistaken(files: Files) -> bool:
    """Whether the keys of identity.yml were read only in part."""
    written = files.identity.written.at("keys")
    return written is not None and (not isinstance(written, list) or len(written) != len(files.identity.settings.keys))
