"""`kinfolk model` and `kinfolk lineage`, as a person or a program uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kinfolk.commands.run import run
from kinfolk.interfaces.cli.app import app
from tests.company import Company


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    company = Company(tmp_path_factory.mktemp("company"))
    company.identity("keys: [email]\n")
    company.source("shop", "record_id: id\npeople: {first_name: name, email: mail}\n")
    company.csv("shop", [{"id": n, "name": f"N{n}", "mail": f"n{n}@x.org"} for n in (1, 2, 3)])
    company.write("models/named.sql", "select customer_id, first_name, email from profiles.customers")
    company.write(
        "models/named.yml",
        "description: Customers with names\ngrain: one customer\nkeys: customer_id\n"
        "columns: {first_name: {about: given name, tests: [{accepted_values: [N1], severity: warn}]}}\n",
    )
    run(company.folder)
    return company.folder


def said(*words: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == code, done.output
    return done.stdout


def test_models_are_listed(folder: Path) -> None:
    assert "named" in said("model", "list", folder)
    [model] = json.loads(said("model", "list", folder, "--json"))
    assert (model["name"], model["rows"], model["tests"]) == ("named", 3, 3)


def test_a_model_is_shown_with_its_columns_and_their_origins(folder: Path) -> None:
    shown = said("model", "show", "named", "-p", folder)
    assert "Customers with names" in shown
    assert "profiles.customers.first_name" in shown
    assert "select customer_id, first_name, email" in shown


def test_a_failing_test_shows_rows_and_only_fail_ends_with_an_error(folder: Path) -> None:
    shown = said("model", "test", "named", "-p", folder)
    assert "N2" in shown
    docs = folder / "models/named.yml"
    before = docs.read_text()
    docs.write_text(before.replace("severity: warn", "severity: fail"))
    said("model", "test", "-p", folder, code=13)
    docs.write_text(before)


def test_a_test_that_cannot_be_asked_says_where_it_is_written(folder: Path) -> None:
    test = folder / "models/tests/odd.sql"
    test.parent.mkdir(exist_ok=True)
    test.write_text("select nothing from models.named")
    with pytest.raises(Exception, match=r"models/tests/odd\.sql:1: The test odd cannot be asked"):
        CliRunner().invoke(app, ["model", "test", "-p", str(folder)], catch_exceptions=False)
    test.unlink()


def test_lineage_is_a_tree_or_json(folder: Path) -> None:
    assert "landing.shop.mail" in said("lineage", "models.named.email", "-p", folder)
    [column] = json.loads(said("lineage", "landing.shop.mail", "--down", "-p", folder, "--json"))["columns"]
    assert column["ref"] == {"table": "landing.shop", "column": "mail"}


def test_where_a_column_comes_in_is_said(folder: Path) -> None:
    assert "a column of the source itself" in said("lineage", "landing.shop.mail", "-p", folder)
