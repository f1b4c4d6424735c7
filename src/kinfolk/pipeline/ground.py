"""What a plan stands on, and whether a run still stands on the same."""

from __future__ import annotations

from collections.abc import Iterator

from kinfolk.errors import StalePlanError
from kinfolk.model.plan import Ground
from kinfolk.pipeline.work import Work


def ground(work: Work) -> Ground:
    """What this work stands on: the project, what is published, and what has arrived."""
    parts = [(d.source.name, part.name, part.fingerprint) for d in work.arrived for part in d.parts]
    return Ground(
        project=work.project.name,
        environment=work.project.environment,
        fingerprint=work.project.fingerprint,
        snapshot=work.session.state_of(),
        parts=tuple(sorted(parts)),
        landing=work.session.landing_snapshot(),
        allow_deletes=tuple(sorted(work.options.allow_deletes)),
        full=work.options.full,
    )


def check_ground(work: Work) -> None:
    """Errors: StalePlanError says everything that is no longer as it was when the plan was made."""
    planned = work.options.ground
    if planned is None:
        return
    differences = list(_differences(planned, ground(work)))
    if differences:
        raise StalePlanError(
            f"This is no longer what was planned: {'; '.join(differences)}. Nothing was changed.",
            hint="Make a new plan, look at it, and run that one.",
        )


def _differences(planned: Ground, now: Ground) -> Iterator[str]:
    if (planned.project, planned.environment) != (now.project, now.environment):
        yield f"the plan is of {_called(planned)}, not of {_called(now)}"
        return
    if planned.fingerprint != now.fingerprint:
        yield "the project was edited since"
    if planned.snapshot != now.snapshot:
        yield "something was published since"
    if planned.landing != now.landing:
        yield "the landing that is read has moved on since"
    then, found = ({(source, part): content for source, part, content in g.parts} for g in (planned, now))
    for key in sorted({*then, *found}):
        source, part = key
        if key not in then:
            yield f"{part} of {source} arrived since"
        elif key not in found:
            yield f"{part} of {source} is gone, or was taken in since"
        elif then[key] != found[key]:
            yield f"{part} of {source} has other content now"


def _called(ground: Ground) -> str:
    return f"{ground.project} ({ground.environment})" if ground.environment else ground.project
