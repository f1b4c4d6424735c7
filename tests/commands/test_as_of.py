"""`history` and `--as-of`: earlier states are listed and read; what cannot be read is said to be gone, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kinfolk.commands.explain import explain
from kinfolk.commands.history import history
from kinfolk.commands.query import query
from kinfolk.commands.show import Profile, show
from kinfolk.commands.status import status
from kinfolk.errors import NotFoundError
from tests.company import Company


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Three states: Ada alone; Ada and Bob; Ada renamed and Bob gone, with two more."""
    made = Company(tmp_path)
    made.source("crm", "record_id: id\npeople: {first_name: name, email: mail}\n")
    made.identity("keys: [email]\n")
    ada, bob = {"id": 1, "name": "Ada", "mail": "ada@example.com"}, {"id": 2, "name": "Bob", "mail": "bob@example.com"}
    for rows in ([ada], [ada, bob], [{**ada, "name": "Augusta"}, *({"id": n, "name": "New"} for n in (3, 4))]):
        made.csv("crm", rows)
        made.run()
    return made


def names(company: Company, as_of: str | None) -> list[str]:
    found = query(company.folder, "select first_name from profiles.customers order by 1", as_of=as_of)
    return [name for (name,) in found.rows]


def test_each_state_is_listed_with_what_arrived_and_what_it_holds(company: Company) -> None:
    found = history(company.folder)
    assert [(s.run_id, dict(s.changes), s.rows["profiles.customers"], s.gone) for s in found] == [
        (3, {"added": 2, "changed": 1, "deleted": 1}, 3, None),
        (2, {"added": 1, "changed": 0, "deleted": 0}, 2, None),
        (1, {"added": 1, "changed": 0, "deleted": 0}, 1, None),
    ]
    assert [s.run_id for s in history(company.folder, limit=2)] == [3, 2]


def test_a_run_names_the_state_it_published(company: Company) -> None:
    assert names(company, "run:1") == ["Ada"]
    assert names(company, "run:2") == ["Ada", "Bob"]
    assert names(company, "run:3") == names(company, None) == ["Augusta", "New", "New"]


def test_a_moment_names_the_state_that_readers_saw_then(company: Company) -> None:
    third, second, _ = history(company.folder)
    assert names(company, second.published_at.isoformat()) == ["Ada", "Bob"]
    assert names(company, (third.published_at - timedelta(microseconds=1)).isoformat()) == ["Ada", "Bob"]
    assert names(company, third.published_at.isoformat()) == ["Augusta", "New", "New"]


def test_a_moment_without_zone_is_meant_in_the_projects_time_zone(company: Company) -> None:
    company.write("kinfolk.yml", "name: Test\ntime_zone: Asia/Tokyo\n")
    second = history(company.folder)[1].published_at
    in_tokyo = (second + timedelta(hours=9)).replace(tzinfo=None)
    assert names(company, in_tokyo.isoformat()) == ["Ada", "Bob"]


def test_a_day_means_its_end(company: Company) -> None:
    today = datetime.now(UTC).date()
    assert names(company, today.isoformat()) == ["Augusta", "New", "New"]
    with pytest.raises(NotFoundError, match="nothing was published yet; the first state is that of run 1"):
        names(company, (today - timedelta(days=1)).isoformat())


def test_show_explain_and_status_read_earlier_states_too(company: Company) -> None:
    shown = show(company.folder, "bob@example.com", as_of="run:2")
    assert isinstance(shown, Profile) and shown.summary["records"] == 1
    with pytest.raises(NotFoundError, match="No customer fits"):
        show(company.folder, "bob@example.com", as_of="run:1")
    assert not explain(company.folder, "crm:1", "crm:2", as_of="run:2").same
    numbers = status(company.folder, as_of="run:1").numbers
    assert numbers and (numbers.customers, numbers.records) == (1, 1)


@pytest.mark.parametrize("asked", ["", "yesterday", "run:", "run:-1", "12", "2026-02-30", "9999-12-31", "run:1; drop"])
def test_what_names_no_state_is_told_what_would(company: Company, asked: str) -> None:
    if asked == "9999-12-31":  # a day like any other, only far away
        assert names(company, "9999-12-30") == names(company, None)
    with pytest.raises(NotFoundError, match="names no state") as raised:
        names(company, asked)
    assert "run:12" in str(raised.value.hint)


def test_a_run_that_published_nothing_has_no_state(company: Company) -> None:
    company.run()
    for run in ("run:4", "run:99"):
        with pytest.raises(NotFoundError, match="published no state"):
            names(company, run)


def test_states_are_known_without_the_store_because_the_lake_remembers_them(company: Company) -> None:
    for file in (company.folder / ".kinfolk").glob("control.sqlite*"):
        file.unlink()
    assert names(company, "run:2") == ["Ada", "Bob"]
    company.csv("crm", [{"id": n, "name": "Last", "mail": None} for n in (1, 3, 4)])
    assert company.run().run_id == 4
    assert [s.run_id for s in history(company.folder)] == [4, 3, 2, 1]
