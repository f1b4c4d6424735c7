"""The index that one record is matched by: made once for each published state, kept beside it, given up with it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from kinfolk.engine import mapped
from kinfolk.engine.reader import Reader, reading
from kinfolk.engine.sql import query, table
from kinfolk.errors import KinfolkError
from kinfolk.model.history import State
from kinfolk.model.identity import IdentityRules
from kinfolk.model.project import Project
from kinfolk.pipeline.match_upkeep import INDEXES, index_name, kept_indexes
from kinfolk.stages.identity.explain import as_learned
from kinfolk.stages.identity.index import LAYOUT, Index, index_arrays
from kinfolk.stages.identity.kept import settings
from kinfolk.stages.identity.model import from_json, learned_by
from kinfolk.stages.identity.stage import needed
from kinfolk.tables import identity


def open_index(project: Project) -> tuple[Index, State]:
    """The index of the last published state, made if there is none yet, and that state.

    Errors  NotFoundError when nothing was published; KinfolkError when there is nothing to match by, or the project
            matches in another way than the run that published
    """
    if not project.identity.keys and project.identity.matching is None:
        raise KinfolkError(
            "There is nothing to match by: the project declares no keys and no matching.",
            where="identity.yml",
            hint="Add `keys` or `match`, and run again.",
        )
    with reading(project.state) as reader:
        state = reader.states()[-1]
        model = _model(reader)
        rules = _as_published(project.identity, model)
        folder = index_folder(project.state, state, rules)
        if not folder.is_dir():
            for other in kept_indexes(project.state):
                shutil.rmtree(other, ignore_errors=True)
            mapped.keep(folder, _made(reader, model, rules))
    return Index(mapped.arrays(folder), rules, from_json(model)), state


def index_folder(state_folder: Path, state: State, rules: IdentityRules) -> Path:
    """Where the index of a state lies: named after the state and the rules it was made by."""
    how = hashlib.sha256(f"{LAYOUT} {rules!r}".encode()).hexdigest()[:12]
    return state_folder / INDEXES / f"{index_name(state)}-{how}"


def _model(reader: Reader) -> str:
    [(text,)] = reader.read(query("select model from kept", kept=table(identity.MODEL.name))).rows
    return str(text)


def _as_published(rules: IdentityRules, model_json: str) -> IdentityRules:
    """The rules in the order of the model. Errors: KinfolkError where the model was learned by others."""
    try:
        from_json(model_json)
    except ValueError as error:
        raise KinfolkError(str(error), hint="Run `kinfolk run --full` with this version.") from None
    if learned_by(model_json) != (settings(rules) if rules.matching is not None else ""):
        what = "identity.yml has changed since the last run, and what it says now has not been learned."
        raise KinfolkError(what, hint="Run `kinfolk run` first.")
    return as_learned(rules, model_json)


def _made(reader: Reader, model: str, rules: IdentityRules) -> dict[str, object]:
    records = reader.arrow(needed(rules))
    members = reader.arrow(
        query("select source, record_id, record_no, customer_id from members", members=table(identity.MEMBERS.name))
    )
    frequencies = reader.arrow(query("select * from kept", kept=table(identity.FREQUENCIES.name)))
    return index_arrays(records, members, (model, frequencies), rules)
