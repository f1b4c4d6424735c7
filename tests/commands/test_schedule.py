"""Runs by schedule: what is read anew, what ends them, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from kinfolk.commands import schedule
from kinfolk.commands.check import check
from kinfolk.commands.schedule import Happened, Times, run_on_schedule
from kinfolk.commands.status import status
from kinfolk.errors import KinfolkError, ProjectError
from kinfolk.model.run import RunRecord
from kinfolk.model.schedule import Due
from tests.company import Company

KINFOLK = "name: Test company\ntime_zone: UTC\n"


class Clock:
    """Takes the place of the wall clock, and of waiting for it."""

    moment = datetime(2026, 1, 1, 11, 59, tzinfo=UTC)

    @classmethod
    def now(cls, zone: object) -> datetime:
        return cls.moment


class Waiting(Event):
    """Waits by moving the clock."""

    def wait(self, timeout: float | None = None) -> bool:
        Clock.moment += timedelta(seconds=timeout or 0)
        return self.is_set()


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr(schedule, "datetime", Clock)
    monkeypatch.setattr(Clock, "moment", datetime(2026, 1, 1, 11, 59, tzinfo=UTC))
    made = Company(tmp_path)
    made.write("kinfolk.yml", f'{KINFOLK}schedule: "*/15 * * * *"\n')
    made.source("crm", "record_id: id\npeople: {email: mail}\n")
    made.csv("crm", [{"id": 1, "mail": "ada@example.com"}])
    return made


def stay(company: Company, hours: float, told: list[Happened], each: float = 0, stop: Event | None = None) -> None:
    """Runs by schedule for some hours of the test's clock; every run takes `each` minutes of it."""

    def run(environment: str | None) -> RunRecord:
        Clock.moment += timedelta(minutes=each)
        return company.run(environment=environment)

    until = Clock.moment + timedelta(hours=hours)
    run_on_schedule(Times(company.folder, until=until), run, told.append, stop or Waiting())


def test_it_runs_at_each_time_and_ends_at_its_bound(company: Company) -> None:
    told: list[Happened] = []
    stay(company, 0.5, told)
    assert [f"{h.due.at:%H:%M}" for h in told] == ["12:00", "12:15"]
    assert [h.run and h.run.status for h in told] == ["published", "unchanged"]
    assert told[1].next == Due(datetime(2026, 1, 1, 12, 30, tzinfo=UTC))
    assert Clock.moment == datetime(2026, 1, 1, 12, 29, tzinfo=UTC)


def test_a_run_that_outlasts_its_next_times_is_not_made_up_for(company: Company) -> None:
    told: list[Happened] = []
    stay(company, 1.5, told, each=40)
    assert [f"{h.due.at:%H:%M}" for h in told] == ["12:00", "12:45"]


def test_a_failing_run_and_a_mistake_in_a_file_end_nothing(company: Company) -> None:
    told: list[Happened] = []
    data, source = company.folder / "data" / "crm.csv", company.folder / "sources" / "crm.yml"
    whole, sound = data.read_bytes(), source.read_text()

    class Mending(Waiting):
        def wait(self, timeout: float | None = None) -> bool:
            data.unlink(missing_ok=True) if len(told) == 0 else data.write_bytes(whole)
            source.write_text("file: [\n" if len(told) == 1 else sound)
            return super().wait(timeout)

    stay(company, 0.75, told, stop=Mending())
    assert [type(h.error) for h in told[:2]] == [type(told[0].error), ProjectError]
    assert isinstance(told[0].error, KinfolkError)
    assert told[2].run is not None and told[2].run.status == "published"


def test_the_schedule_is_read_anew(company: Company) -> None:
    told: list[Happened] = []

    class Editing(Waiting):
        def wait(self, timeout: float | None = None) -> bool:
            if told:
                company.write("kinfolk.yml", f'{KINFOLK}schedule: "40 * * * *"\n')
            return super().wait(timeout)

    stay(company, 1, told, stop=Editing())
    assert [f"{h.due.at:%H:%M}" for h in told] == ["12:00", "12:40"]


def test_without_a_schedule_there_is_nothing_to_stay_for(company: Company) -> None:
    company.write("kinfolk.yml", KINFOLK)
    with pytest.raises(KinfolkError, match="no time to run at"):
        stay(company, 1, [])


def test_each_environment_has_its_own_times(company: Company) -> None:
    company.write(
        "kinfolk.yml",
        f"{KINFOLK}environments: [prod, test]\nenvironment: prod\n"
        'schedule:\n  - {cron: "0 * * * *", environment: prod}\n  - {cron: "5 * * * *", environment: test}\n',
    )
    told: list[Happened] = []
    stay(company, 0.25, told)
    assert [(f"{h.due.at:%H:%M}", h.due.environment) for h in told] == [("12:00", "prod"), ("12:05", "test")]
    assert [status(company.folder, name).runs[0].status for name in ("prod", "test")] == ["published", "published"]


def test_check_and_status_say_when_it_runs_next(company: Company) -> None:
    following = check(company.folder).next_runs
    assert [due.at.minute % 15 for due in following] == [0, 0, 0]
    assert status(company.folder).next_run == following[0]


@pytest.mark.parametrize(
    ("schedule", "mistake"),
    [
        ("schedule: hourly", "kinfolk.yml:3: `hourly` is no cron expression that ever comes true."),
        ("schedule:\n  - 0 * * * *\n  - {cron: 0 0 31 2 *}", "kinfolk.yml:5: `0 0 31 2 *` is no cron expression"),
        (
            "environments: [prod]\nschedule:\n  - {cron: 0 * * * *, environment: prd}",
            "kinfolk.yml:5: There is no environment `prd`. Did you mean `prod`?",
        ),
    ],
)
def test_a_mistake_in_the_schedule_is_told_at_its_line(company: Company, schedule: str, mistake: str) -> None:
    company.write("kinfolk.yml", f"{KINFOLK}{schedule}\n")
    with pytest.raises(ProjectError) as caught:
        check(company.folder)
    assert str(caught.value.mistakes[0]).startswith(mistake)
