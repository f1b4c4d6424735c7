"""The ledger of consents where a project keeps it, and whether what it holds can have its force."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from kinfolk.errors import ExistsError, ProjectError
from kinfolk.model.project import Project
from kinfolk.policy.consent import stranded
from kinfolk.store.database import exists, file_of, open_store
from kinfolk.store.read.consents import head, objections

_EVENTS = "collect"


def open_ledger(project: Project) -> Engine:
    """The project's ledger. Errors: ExistsError when there is one that no environment of the project reads"""
    check_left_behind(project)
    return open_store(project.state)


def check_ledger(project: Project) -> None:
    """Everything people said has the force it had.

    Errors  ExistsError when a ledger lies where nothing reads it; ProjectError for each purpose, channel and topic
            that people objected to and the policy does not know any more
    """
    check_left_behind(project)
    if project.consent is None or not exists(project.state):
        return
    store = open_store(project.state)
    try:
        mistakes = list(stranded(project.consent, objections(store)))
    finally:
        store.dispose()
    if mistakes:
        raise ProjectError(mistakes)


def check_left_behind(project: Project) -> None:
    """Errors: ExistsError when consents or events lie where the project kept them before its environments changed"""
    for folder in _left_behind(project):
        free = not project.state.exists() or not any(project.state.iterdir())
        move = f"Move everything in it to {project.state}, if that environment goes on where it ended. " if free else ""
        raise ExistsError(
            "Consents or events that people gave this project lie where nothing reads them since its environments "
            "changed.",
            where=str(folder),
            hint=f"{move}Or name the environments as before, take them along with `kinfolk consent export` and "
            "`import`, and move the folder elsewhere.",
        )


def _left_behind(project: Project) -> Iterator[Path]:
    root = project.state.parent if project.environment else project.state
    read = {project.state, *(root / name for name in project.environments)}
    # Without a list of environments, those that sources alone name may have a folder each.
    beneath = sorted(root.iterdir()) if root.is_dir() and (project.environments or not project.environment) else []
    for folder in (root, *beneath):
        if folder not in read and folder.is_dir() and _holds_something(folder):
            yield folder


def _holds_something(folder: Path) -> bool:
    if any((folder / _EVENTS).rglob("*.jsonl")):
        return True
    if not exists(folder) or not file_of(folder).stat().st_size:
        return False
    store = open_store(folder)
    try:
        return head(store).entries > 0
    finally:
        store.dispose()
