"""`kinfolk metrics`: how the pipeline is doing, as Prometheus reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from kinfolk.commands.open_project import open_project
from kinfolk.commands.status import Numbers, Status, status
from kinfolk.model.exposition import Family, exposition
from kinfolk.model.monitoring import Health, SourceHealth
from kinfolk.model.run import RunStatus
from kinfolk.store.database import open_store
from kinfolk.store.read.runs import counts


def metrics(folder: Path, environment: str | None = None) -> str:
    """The project's measurements as Prometheus text, each sample with the project and its environment."""
    project = open_project(folder, environment)
    ended = counts(open_store(project.state)) if project.state.exists() else {}
    found = status(folder, environment, limit=1)
    common = {"project": project.name, "environment": project.environment}
    return exposition(families(found, ended), common)


def families(found: Status, ended: Mapping[RunStatus, int]) -> list[Family]:
    """Every measurement. ended: how many runs ended so."""
    runs: list[Family] = [
        Family(
            "kinfolk_runs",
            "counter",
            "Runs by how they ended.",
            [({"status": s.value}, ended.get(s, 0)) for s in RunStatus if s is not RunStatus.RUNNING],
        )
    ]
    if found.health:
        runs += [*_run(found.health), *_sources(found.health.sources)]
    return runs + (_numbers(found.numbers) if found.numbers else [])


def _run(health: Health) -> list[Family]:
    failure = health.last_failure
    success = max((s.last_success for s in health.sources if s.last_success), default=None)
    return [
        _one("kinfolk_last_success_timestamp_seconds", "End of the last run that did not fail.", _seconds(success)),
        _one("kinfolk_failing", "1 while the last run failed.", int(failure is not None and not failure.over)),
        Family(
            "kinfolk_step_seconds",
            "gauge",
            "Seconds that each step of the last published run took.",
            [({"step": step.name, "source": step.source}, step.seconds) for step in health.steps],
        ),
    ]


def _sources(sources: tuple[SourceHealth, ...]) -> list[Family]:
    def each(name: str, about: str, values: list[float | None]) -> Family:
        samples = [({"source": s.name}, value) for s, value in zip(sources, values, strict=True)]
        return Family(f"kinfolk_source_{name}", "gauge", about, samples)

    return [
        each(
            "last_success_timestamp_seconds",
            "End of the last run that took in all the source offered.",
            [_seconds(s.last_success) for s in sources],
        ),
        each("last_load_timestamp_seconds", "When new data last came in.", [_seconds(s.last_load) for s in sources]),
        each("lag_seconds", "Time since new data last came in.", [_seconds(s.lag) for s in sources]),
        each(
            "late_seconds",
            "How far the lag is beyond the source's refresh; 0 while it is not.",
            [None if s.lag is None or s.refresh is None else _seconds(s.behind) or 0 for s in sources],
        ),
        each("rows", "Rows of the last load.", [s.rows for s in sources]),
        each("rejected_rows", "Rows of the last load that could not be taken in.", [s.rejected for s in sources]),
        each(
            "rows_unusual",
            "1 when the rows of the last load are far from the usual.",
            [None if s.usual_rows is None else int(s.unusual is not None) for s in sources],
        ),
    ]


def _numbers(numbers: Numbers) -> list[Family]:
    kept: Counter[str] = Counter()
    for row in numbers.quarantined:
        kept[row["source"]] += row["rows"]
    names = [row["source"] for row in numbers.sources]
    return [
        _one("kinfolk_customers", "Golden profiles.", numbers.customers),
        _one("kinfolk_records", "Records of people behind them.", numbers.records),
        _one("kinfolk_review_pairs", "Pairs of records that wait for a steward.", numbers.in_review),
        Family(
            "kinfolk_quarantined_rows",
            "gauge",
            "Rows of each source's last load that are kept in quarantine.",
            [({"source": name}, kept[name]) for name in sorted({*names, *kept})],
        ),
    ]


def _one(name: str, about: str, value: float | None) -> Family:
    return Family(name, "gauge", about, [({}, value)])


def _seconds(moment: datetime | timedelta | None) -> float | None:
    if moment is None:
        return None
    return moment.timestamp() if isinstance(moment, datetime) else moment.total_seconds()
