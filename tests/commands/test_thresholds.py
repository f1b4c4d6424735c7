"""Thresholds that nobody wrote, what is expected of them, and what could not be learned: told to people."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from kinfolk.commands.run import run
from kinfolk.commands.status import status
from kinfolk.commands.thresholds import thresholds
from kinfolk.errors import NotFoundError
from kinfolk.interfaces.cli.app import app
from kinfolk.interfaces.cli.progress import Quiet
from tests.company import Company
from tests.stages.identity import population

IDENTITY = """
match:
  compare: {first_name: name, last_name: name, birth_date: date, email: email, city: text}
  personal: [first_name, birth_date]
"""
SHOP = "record_id: id\npeople: {first_name: first, last_name: last, birth_date: born, email: mail, city: town}\n"


class Listener(Quiet):
    """Keeps what a run has to say."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, words: str) -> None:
        self.said.append(words)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A shop all of whose customers live in one town."""
    company = Company(tmp_path_factory.mktemp("shop"))
    company.source("shop", SHOP)
    company.identity(IDENTITY)
    people = population.records(150, each=2, seed=4)
    names = {"first": "first_name", "last": "last_name", "born": "birth_date", "mail": "email"}
    rows = [{"id": n, "town": "Leeds", **{k: p[v] for k, v in names.items()}} for n, p in enumerate(people)]
    company.csv("shop", rows)
    return company


def test_what_could_not_be_learned_is_told_by_the_run_and_by_status(shop: Company) -> None:
    listener = Listener()
    run(shop.folder, watcher=listener)
    wanted = "city: every known value is the same"
    assert any(words.startswith(f"Matching: {wanted}") for words in listener.said)
    numbers = status(shop.folder).numbers
    assert numbers is not None
    assert [words for words in numbers.not_learned if words.startswith(wanted)]
    shown = CliRunner().invoke(app, ["status", str(shop.folder)], env={"COLUMNS": "200"})
    assert wanted in shown.output


def test_the_expected_error_of_every_threshold_is_shown(shop: Company) -> None:
    if not (shop.folder / ".kinfolk").exists():
        shop.run()
    found = thresholds(shop.folder)
    assert found.written == ()
    assert 0.5 <= found.review_at < found.merge_at == found.proposed <= 0.8
    assert [step.at for step in found.steps] == sorted({*(step.at for step in found.steps), found.merge_at})
    precisions, recalls = ([getattr(step, name) for step in found.steps] for name in ("precision", "recall"))
    assert precisions == sorted(precisions)
    assert recalls == sorted(recalls, reverse=True)
    shown = CliRunner().invoke(app, ["identity", "thresholds", "--project", str(shop.folder)], env={"COLUMNS": "200"})
    assert "merge_at is 0." in shown.output
    assert "set by the data" in shown.output


def test_without_matching_there_are_no_thresholds(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.source("shop", SHOP)
    company.identity("keys: [email]\n")
    company.csv("shop", [{"id": 1, "first": "Anna", "last": "Roth", "born": "1980-01-02", "mail": "a@x.example"}])
    company.source("shop", "record_id: id\npeople: {first_name: first, last_name: last, email: mail}\n")
    company.run()
    with pytest.raises(NotFoundError, match="no records were matched"):
        thresholds(tmp_path)
