"""`kinfolk identity model`: the matching model taken to another project or to Splink, and brought from there."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kinfolk.commands.open_project import open_project
from kinfolk.engine.reader import Reader, reading
from kinfolk.engine.sql import query, table
from kinfolk.errors import ExistsError, Mistake, NotFoundError, ProjectError
from kinfolk.model.identity import IdentityRules
from kinfolk.model.matching import SCHEMA, GivenModel
from kinfolk.project.matching_model import model_in
from kinfolk.project.suggest import hint, listed
from kinfolk.project.yaml_reader import read
from kinfolk.stages.identity import as_learned
from kinfolk.stages.identity.guards import Guards
from kinfolk.stages.identity.kept import Kept
from kinfolk.stages.identity.model import Model, from_json
from kinfolk.stages.identity.portable import portable
from kinfolk.stages.identity.prepared import prepare
from kinfolk.stages.identity.splink import UNIQUE_ID, column_names, lookups, settings
from kinfolk.stages.identity.splink_import import imported
from kinfolk.stages.identity.splink_sql import blocking_rule, conditions
from kinfolk.stages.identity.stage import needed
from kinfolk.tables.identity import FREQUENCIES, MODEL
from kinfolk.tables.staging import canonical

IMPORTED = "matching-model.json"


@dataclass(frozen=True)
class Export:
    """The file wanted.

    splink   as Splink's settings
    records  folder for the compared values of every record and the frequencies of values, as Splink takes them
    replace  write over a file that is there
    """

    file: Path
    splink: bool = False
    records: Path | None = None
    replace: bool = False


@dataclass(frozen=True)
class Exported:
    """Files written. left_out: what Splink cannot be told of the model, in sentences"""

    files: tuple[str, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Imported:
    """The file written, and the compared columns it names."""

    file: str
    columns: tuple[str, ...]


def export_model(folder: Path, wanted: Export, environment: str | None = None) -> Exported:
    """Writes the published model to a file: as a project reads it, or as Splink does.

    Errors  NotFoundError where nothing is matched; KinfolkError where the rules compare other columns than the model;
            ExistsError where the file is there
    """
    file = wanted.file
    _check_free(file, replace=wanted.replace)
    project = open_project(folder, environment)
    with reading(project.state) as reader:
        [(text,)] = reader.read(query("select model from kept", kept=table(MODEL.name))).rows
        rules, model = as_learned(project.identity, text), from_json(text)
        if model is None:
            raise NotFoundError(
                "There is no model: no records were matched by evidence.",
                hint="`match` in identity.yml says which columns are compared; then run `kinfolk run`.",
            )
        whole = _for_splink(model) if wanted.splink else portable(model)
        file.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        written = [str(file), *(_records(reader, rules, model, wanted.records) if wanted.records else ())]
    return Exported(tuple(written), tuple(_left_out(model)) if wanted.splink else ())


def import_model(
    folder: Path, file: Path, name: str = IMPORTED, *, columns: Mapping[str, str] | None = None, replace: bool = False
) -> Imported:
    """Writes the model in `file`, one of Kinfolk's or Splink's, into the project as `name`.

    columns  names in Splink's model -> names of ours, where they differ
    Errors   ProjectError names what the file holds that cannot be taken over; ExistsError where `name` is there;
             NotFoundError for a renamed column that the model or the project has not
    """
    document, mistakes = read(file, str(file))
    if mistakes:
        raise ProjectError(mistakes)
    target = folder / name
    _check_free(target, replace=replace)
    if document.at("schema") is None and document.at("comparisons") is not None:
        # The reader keeps lines; numbers and texts are taken from JSON itself.
        whole, refused = imported(json.loads(file.read_text(encoding="utf-8-sig")), columns or {})
        if refused:
            raise ProjectError([Mistake(document.place(*one.path), one.what, one.hint) for one in refused])
        text = json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
    elif document.at("schema") == SCHEMA:
        text = file.read_text(encoding="utf-8-sig")
    else:
        schema = document.at("schema")
        named = f"its schema is `{schema}`" if schema else "it names no `schema` and has no `comparisons`"
        what = f"This is a model neither of Kinfolk nor of Splink: {named}."
        raise ProjectError([Mistake(document.place("schema"), what, f"Kinfolk's own is `{SCHEMA}`.")])
    model, mistakes = model_in(text, str(file))
    if model is None:
        if document.at("schema") != SCHEMA:  # lines of what was made of Splink's file are not its own
            place = document.place("comparisons")
            mistakes = [Mistake(place, one.what, one.hint) for one in mistakes]
        raise ProjectError(mistakes)
    _check_renamed(columns or {}, model, _columns_of(folder))
    target.write_text(text, encoding="utf-8")
    return Imported(str(target), tuple(field.column for field in model.fields))


def _check_renamed(columns: Mapping[str, str], model: GivenModel, ours: Collection[str]) -> None:
    used = {field.column for field in model.fields}.union(*model.blocking)
    for theirs, named in columns.items():
        if named not in used:
            raise NotFoundError(
                f"The model has no column `{theirs}` to be called `{named}`.",
                hint=f"After the renaming it has: {listed(sorted(used))}.",
            )
        if ours and named not in ours:
            what = f"`{named}` is neither a canonical column of people nor an attribute of a source."
            raise NotFoundError(what, hint=hint(named, ours))


def _columns_of(folder: Path) -> set[str]:
    """The columns a model may compare; none where the project cannot be read yet, as when it names this very model."""
    try:
        project = open_project(folder)
    except ProjectError:
        return set()
    return {
        *canonical("people"),
        *(name for s in project.sources if (m := s.mapping("people")) for name in m.attributes),
    }


def _check_free(file: Path, *, replace: bool) -> None:
    if file.exists() and not replace:
        raise ExistsError(f"{file} is there already.", hint="Add --replace to write over it.")


def _for_splink(model: Model) -> dict[str, Any]:
    kinds = {field.column: field.kind for field in model.fields}
    names = column_names([*kinds, *_only_blocked(model)])
    rules = [blocking_rule(rule["columns"], names) for rule in model.blocking]
    return settings(model, "duckdb", conditions(kinds), rules)


def _only_blocked(model: Model) -> list[str]:
    compared = [field.column for field in model.fields]
    return [
        name for name in dict.fromkeys(n for rule in model.blocking for n in rule["columns"]) if name not in compared
    ]


def _left_out(model: Model) -> list[str]:
    words = []
    if model.related_prior is not None:
        words.append(
            "The hypothesis that two records are of one household has no place in Splink's model: "
            "it scores people of one household higher."
        )
    if any(field.kind == "name" for field in model.fields):
        words.append("Nicknames (bill for william) are not told by SQL: such names count as alike or different.")
    return words


def _records(reader: Reader, rules: IdentityRules, model: Model, folder: Path) -> list[str]:
    """Files with the compared values of each record, and with how frequent each value counts as."""
    known = prepare(reader.arrow(needed(rules)), rules, Guards())
    frequencies = reader.arrow(query("select * from found", found=table(FREQUENCIES.name)))
    counted = Kept(model, frequencies).counting(known).compared
    names = column_names([*(field.column for field in model.fields), *_only_blocked(model)])
    columns = {UNIQUE_ID: pa.array(known.record_no)}
    for name, called in names.items():
        columns[called] = known.compared[name].texts(known.compared[name].codes)
    folder.mkdir(parents=True, exist_ok=True)
    made = {"records": pa.table(columns)}
    values = ((counted[f.column].values, counted[f.column].counts().astype(np.float64)) for f in model.fields)
    made |= {f"tf_{name}": frequency for name, frequency in lookups(model, values).items()}
    for name, content in made.items():
        pq.write_table(content, folder / f"{name}.parquet")
    return [str(folder / f"{name}.parquet") for name in made]
