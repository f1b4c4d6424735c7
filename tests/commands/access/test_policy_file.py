"""policies/access.yml while a server answers: from when a change of it holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from kinfolk.commands import serving
from kinfolk.commands.open_project import open_project
from kinfolk.commands.serving import Served, served
from tests.company import Company

ADA, BO = "people: {ada@example.com: [analyst]}\n", "people: {bo@example.com: [analyst]}\n"


@dataclass
class Clock:
    """Seconds, as the test has them pass."""

    now: float = 100.0

    def monotonic(self) -> float:
        return self.now


@dataclass
class Shop:
    """A project with a policy, which a server answers for."""

    company: Company
    served: Served
    clock: Clock
    told: list[str]

    def write(self, text: str) -> None:
        self.company.write("policies/access.yml", text)

    def people_after(self, seconds: float) -> list[str]:
        """Whom the policy names so many seconds later."""
        self.clock.now += seconds
        return sorted(self.served.access.people)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    clock, told = Clock(), list[str]()
    monkeypatch.setattr(serving, "time", clock)
    company = Company(tmp_path)
    company.write("policies/access.yml", ADA)
    return Shop(company, served(open_project(tmp_path), told=told.append), clock, told)


def test_a_change_holds_once_the_file_looks_the_same_for_half_a_second(shop: Shop) -> None:
    shop.write(BO)
    assert shop.people_after(0) == ["ada@example.com"]
    assert shop.people_after(0.4) == ["ada@example.com"]
    assert shop.people_after(0.2) == ["bo@example.com"]
    assert shop.told == []


def test_a_file_that_is_being_written_gives_nobody_a_role_and_takes_none(shop: Shop) -> None:
    for half in ("", "people: {}\n", "people: {bo@example.com: [owner]}\n"):
        shop.write(half)
        assert shop.people_after(0.4) == ["ada@example.com"]
    shop.write(ADA + "# the same, but for this\n")
    assert shop.people_after(0.4) == shop.people_after(1) == ["ada@example.com"]
    assert shop.told == []


def test_an_empty_file_is_told_once_and_changes_nothing(shop: Shop) -> None:
    shop.write("")
    assert shop.people_after(0) == shop.people_after(1) == shop.people_after(1) == ["ada@example.com"]
    assert len(shop.told) == 1 and "It is empty." in shop.told[0]
    shop.write(BO)
    shop.people_after(0)
    assert shop.people_after(1) == ["bo@example.com"]


def test_a_file_that_was_removed_says_nothing_any_more(shop: Shop) -> None:
    (shop.company.folder / "policies" / "access.yml").unlink()
    assert shop.people_after(0) == ["ada@example.com"]
    assert shop.people_after(1) == []


def test_what_was_changed_while_the_server_began_holds_from_the_start(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.write("policies/access.yml", ADA)
    project = open_project(tmp_path)
    company.write("policies/access.yml", BO)
    assert sorted(served(project).access.people) == ["bo@example.com"]
