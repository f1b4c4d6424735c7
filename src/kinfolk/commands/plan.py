"""`kinfolk plan`: what a run would do, before it does it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from pydantic import BaseModel, ValidationError

from kinfolk import __version__
from kinfolk.commands.open_project import open_project
from kinfolk.connectors import CONNECTORS
from kinfolk.errors import PlanError
from kinfolk.model.plan import Ground, Plan
from kinfolk.model.run import RunOptions
from kinfolk.pipeline.plan import Planned, plan_project
from kinfolk.pipeline.watch import Watcher

__all__ = ["Planned", "check_breaking", "plan", "save", "saved_ground"]

_FORMAT = 1


class SavedPlan(BaseModel):
    """The part of a saved plan that a run needs; the rest is there to be read."""

    format: int
    ground: Ground


def plan(
    folder: Path,
    environment: str | None = None,
    options: RunOptions | None = None,
    watcher: Watcher | None = None,
) -> Planned:
    """What a run of the project would do now: nothing is changed, no other run is kept waiting.

    Errors  what the run would stop at: ProjectError, SourceError, EngineError
    """
    return plan_project(open_project(folder, environment), CONNECTORS, options, watcher)


def save(made: Plan, file: Path) -> None:
    """The plan as a file, for `kinfolk run --plan`; nobody's name is in it."""
    content = {"format": _FORMAT, "kinfolk": __version__, **asdict(made)}
    file.write_text(json.dumps(content, indent=2, default=str) + "\n", encoding="utf-8")


def saved_ground(file: Path) -> Ground:
    """What a saved plan stands on. Errors: PlanError when the file is no plan, or one of another version."""
    try:
        saved = SavedPlan.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise PlanError(
            "This is not a saved plan.", where=str(file), hint="`kinfolk plan --out FILE` makes one."
        ) from error
    if saved.format != _FORMAT:
        what = f"The plan is of format {saved.format}, and only {_FORMAT} is understood."
        raise PlanError(what, where=str(file), hint="Make a new one with `kinfolk plan --out FILE`.")
    return saved.ground


def check_breaking(made: Plan) -> None:
    """Errors: PlanError when the plan holds a breaking change."""
    if made.breaking:
        count = len(made.breaking)
        raise PlanError(
            f"The plan has {count} breaking effect{'' if count == 1 else 's'}.",
            hint="Look at what each leads to, and leave out --fail-on once they are agreed on.",
        )
