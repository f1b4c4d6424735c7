"""How the pipeline is doing, read from real runs of a real project."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kinfolk.commands.health import health
from kinfolk.commands.open_project import open_project
from kinfolk.commands.status import status
from kinfolk.engine.reader import reading
from kinfolk.errors import KinfolkError
from kinfolk.model.monitoring import Health
from kinfolk.store.database import open_store
from tests.company import Company

NOW = datetime.now(UTC)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.source("crm", "record_id: id\nload: append\nfile: data/crm*.csv\nrefresh: 1 hour\npeople: {email: mail}\n")
    made.csv("crm1", [{"id": n, "mail": f"m{n}@example.com"} for n in range(20)])
    return made


def look(company: Company, now: datetime) -> Health:
    project = open_project(company.folder)
    with reading(project.state) as reader:
        return health(project, open_store(project.state), reader, now)


def test_a_source_is_late_when_its_last_load_is_older_than_its_refresh(company: Company) -> None:
    company.run()
    [fresh] = look(company, datetime.now(UTC)).sources
    assert (fresh.rows, fresh.rejected, fresh.behind) == (20, 0, None)
    assert fresh.last_load is not None and fresh.last_success is not None
    [old] = look(company, fresh.last_load + timedelta(hours=3)).sources
    assert (old.lag, old.behind) == (timedelta(hours=3), timedelta(hours=2))


def test_a_load_far_from_the_usual_is_told(company: Company) -> None:
    for load in range(2, 7):
        company.run()
        rows = 500 if load == 6 else 20
        company.csv(f"crm{load}", [{"id": load * 1000 + n, "mail": f"{load}.{n}@example.com"} for n in range(rows)])
    company.run()
    found = look(company, datetime.now(UTC))
    [crm] = found.sources
    assert crm.usual_rows is not None and crm.usual_rows.median == 20
    assert (crm.rows, crm.unusual) == (500, "more")
    steps = {step.name: step for step in found.steps}
    assert steps["profiles.customers"].usual_seconds is not None
    assert (steps["read.crm"].source, steps["read.crm"].rows) == ("crm", 500)
    assert steps["read.crm"].usual_seconds is not None  # the files are called otherwise each time


def test_a_failure_is_told_with_its_step_source_and_cause_until_a_run_succeeds(company: Company) -> None:
    company.run()
    data = company.folder / "data" / "crm2.csv"
    data.write_bytes(b"id;other\n1;2\n")
    with pytest.raises(KinfolkError):
        company.run()
    [record, _] = status(company.folder).runs
    assert record.failed_step is not None and record.failed_step.source == "crm"
    failure = status(company.folder).health.last_failure  # type: ignore[union-attr]
    assert failure is not None
    assert (failure.source, failure.over) == ("crm", False)
    assert failure.cause
    data.unlink()
    company.run()
    mended = status(company.folder).health.last_failure  # type: ignore[union-attr]
    assert mended is not None and mended.over


def test_a_file_that_is_not_there_is_a_failure_of_its_source(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.source("crm", "record_id: id\npeople: {email: mail}\n")
    with pytest.raises(KinfolkError):
        company.run()
    found = status(tmp_path).health
    assert found is not None and found.last_failure is not None
    assert (found.last_failure.step, found.last_failure.source) == ("prepare", "crm")
    [crm] = found.sources
    assert (crm.last_load, crm.lag, crm.behind, crm.rows) == (None, None, None, None)
