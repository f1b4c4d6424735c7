"""Checks of models/ against the tables there are, against each other, and of what is said of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kinfolk.errors import Mistake
from kinfolk.model.place import Place
from kinfolk.project.files import Files, Parsed, source_name
from kinfolk.project.model_files import WrittenModel
from kinfolk.project.model_order import cycle
from kinfolk.project.suggest import hint, listed, near
from kinfolk.project.written.model import ModelFile
from kinfolk.tables import consents
from kinfolk.tables.models import READABLE, SCHEMA
from kinfolk.tables.staging import ACTIVITY


def models_named(files: Files) -> Iterator[Mistake]:
    """A model's name is a plain word, its own, and none of ours."""
    ours = {name.partition(".")[2] for name in READABLE}
    seen: dict[str, WrittenModel] = {}
    for model in files.models:
        if not model.name.replace("_", "").isalnum() or model.name != model.name.lower() or not model.name.isascii():
            advice = "Use small letters, digits and `_`."
            yield Mistake(Place(model.file), f"`{model.name}` cannot be the name of a model.", advice)
        elif model.name in ours:
            what = f"`{model.name}` is the name of a table of Kinfolk's own."
            yield Mistake(Place(model.file), what, f"Call the file something else, such as our_{model.name}.")
        elif model.name in seen:
            what = f"There is also {seen[model.name].file}; a model has one file."
            yield Mistake(Place(model.file), what, "Remove or rename one of them.")
        seen.setdefault(model.name, model)


def tables_known(files: Files) -> Iterator[Mistake]:
    """Every table that a model or a test reads is made by this project."""
    if not all(source.written.readable for source in files.sources):
        return
    known = _tables(files)
    for written in (*files.models, *files.model_tests):
        for mention in written.reads:
            if mention.table not in known:
                yield Mistake(Place(written.file, mention.line), *_unknown(mention.table, known))


def no_cycles(files: Files) -> Iterator[Mistake]:
    """No model needs itself, over however many others."""
    reads = {model.name: _models_read(model) for model in files.models}
    found = cycle(reads)
    if found:
        first = next(model for model in files.models if model.name == found[0])
        line = next(m.line for m in first.reads if m.table == f"{SCHEMA}.{found[1 % len(found)]}")
        way = " → ".join([*found, found[0]])
        yield Mistake(Place(first.file, line), f"These models need each other: {way}.", "Take one of the reads out.")


def docs_fit(files: Files) -> Iterator[Mistake]:
    """What is said of a model concerns a model there is, and columns it has."""
    models = {model.name: model for model in files.models}
    for docs in files.model_docs:
        model = models.get(docs.stem)
        if model is None:
            what = f"There is no model `{docs.stem}`."
            yield Mistake(Place(docs.written.file), what, hint(docs.stem, models) or f"Write models/{docs.stem}.sql.")
        elif model.outputs is not None and model.language == "sql":
            yield from _columns_known(docs, model.outputs)


def owners_of_models_known(files: Files) -> Iterator[Mistake]:
    """The owner of a model is a domain or a person of owners.yml."""
    if files.owners is None:
        return
    known = [*files.owners.written.key_names("domains"), *files.owners.written.key_names("people")]
    for docs in files.model_docs:
        owner = docs.settings.owner
        if owner is not None and owner not in known:
            what = f"`{owner}` is neither a domain nor a person of owners.yml."
            yield Mistake(docs.document.place("owner"), what, hint(owner, known))


def references_known(files: Files) -> Iterator[Mistake]:
    """A relationship leads to a table of this project and a column it has."""
    known = _tables(files)
    outputs = {f"{SCHEMA}.{model.name}": model.outputs for model in files.models}
    for docs in files.model_docs:
        for name, entry in docs.settings.columns.items():
            for number, test in enumerate(entry.tests):
                if test.relationships is None:
                    continue
                place = docs.document.place("columns", name, "tests", number)
                table, _, column = test.relationships.to.rpartition(".")
                columns = outputs.get(table) or _promised(table)
                if table not in known:
                    yield Mistake(place, *_unknown(table, known))
                elif columns and table != "profiles.customers" and column not in columns:
                    yield Mistake(place, f"{table} has no column `{column}`.", hint(column, columns))


def _columns_known(docs: Parsed[ModelFile], outputs: tuple[str, ...]) -> Iterator[Mistake]:
    settings, document = docs.settings, docs.document
    named: list[tuple[tuple[str | int, ...], str]] = [(("keys", n), name) for n, name in enumerate(settings.keys)]
    named += [(("columns", name), name) for name in settings.columns]
    for number, test in enumerate(settings.tests):
        named += [(("tests", number, "unique", at), name) for at, name in enumerate(test.unique or ())]
    for path, name in named:
        if name not in outputs:
            yield Mistake(document.place(*path), f"The model makes no column `{name}`.", hint(name, outputs))


def _promised(table: str) -> tuple[str, ...]:
    return tuple(column.name for column in READABLE[table].columns) if table in READABLE else ()


def _models_read(model: WrittenModel) -> tuple[str, ...]:
    return tuple(m.table.partition(".")[2] for m in model.reads if m.table.startswith(f"{SCHEMA}."))


def _tables(files: Files) -> list[str]:
    """Every table a run of this project makes."""
    running = [source for source in files.sources if files.runs(source)]
    fed = {key for source in running for key in source.written.key_names() if key in ACTIVITY}
    unfed = {f"{schema}.{name}" for name in ACTIVITY if name not in fed for schema in ("staging", "profiles")}
    unfed |= set() if files.consent else {described.name for described in consents.TABLES}
    ours = [name for name in READABLE if name not in unfed]
    landed = [f"landing.{source_name(source)}" for source in running]
    return [*ours, *landed, *(f"{SCHEMA}.{model.name}" for model in files.models)]


def _unknown(table: str, known: Iterable[str]) -> tuple[str, str | None]:
    """What is wrong with a table that is not known, and what may have been meant."""
    schema, _, name = table.partition(".")
    if table in {described.name for described in consents.TABLES}:
        return f"There is no {table} without policies/consent.yml.", "Write its purposes and versions there."
    if table in READABLE:
        return f"No source feeds {table}.", f"Map `{name}:` in a source."
    names = list(known)
    same_name = [other for other in names if other.partition(".")[2] == name]
    like = same_name[0] if same_name else near(table, names)
    if like:
        return f"There is no table {table}.", f"Did you mean `{like}`?"
    in_schema = [other for other in names if other.startswith(f"{schema}.")]
    if in_schema:
        return f"There is no table {table}.", f"In {schema} there are {listed(in_schema)}."
    return f"There is no table {table}.", f"Schemas are {listed(dict.fromkeys(t.partition('.')[0] for t in names))}."
