"""`kinfolk source`: sources that answer or do not, and new ones from what is found."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kinfolk.commands.check import check
from kinfolk.commands.source import add, discover, list_sources, ping
from kinfolk.errors import KinfolkError, NotFoundError, ProjectError, SourceError
from kinfolk.interfaces.cli.app import app
from tests.company import Company
from tests.servers import Postgres


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.identity("keys: [email]\n")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute(
            'create table clients (no integer primary key, Vorname, Nachname, "E-Mail", Straße, updated_at, tier)'
        )
        database.execute(
            "insert into clients values (1, 'Ada', 'Lovelace', 'ada@example.com', 'A 1', '2026-01-01', 'gold')"
        )
        database.execute("create table carts (id, total)")
        database.commit()
    return made


def test_a_source_is_written_from_a_table_and_runs(company: Company) -> None:
    made = add(company.folder, "shop", "sqlite", ["path=shop.db", "table=clients"])
    assert made.guessed["email"] == "E-Mail" and made.guessed["street"] == "Straße"
    text = made.file.read_text()
    assert "record_id: 'no'" in text and "# its key" in text
    assert "observed_at: updated_at" in text and "# cursor: updated_at" in text and "tier: tier" in text
    assert [s.name for s in check(company.folder).sources] == ["shop"]
    company.run()
    assert company.ask("select first_name, last_name, email, tier from profiles.customers") == [
        ("Ada", "Lovelace", "ada@example.com", "gold")
    ]
    made.file.write_text(text.replace("# load", "load").replace("# cursor", "cursor"))
    company.run()
    assert list_sources(company.folder)[0].load == "incremental"


def test_what_is_asked_for_must_be_one_thing_and_new(company: Company) -> None:
    with pytest.raises(SourceError, match=r"It holds 2: carts, clients. Choose one"):
        add(company.folder, "shop", "sqlite", ["path=shop.db"])
    with pytest.raises(SourceError, match=r"has no table client. Did you mean clients?"):
        add(company.folder, "shop", "sqlite", ["path=shop.db", "table=client"])
    with pytest.raises(NotFoundError, match="no connector postgress"):
        add(company.folder, "shop", "postgress", [])
    with pytest.raises(ProjectError, match=r"`tabel` is not known here. Did you mean `table`?"):
        add(company.folder, "shop", "sqlite", ["path=shop.db", "tabel=clients"])
    with pytest.raises(KinfolkError, match="is no setting"):
        add(company.folder, "shop", "sqlite", ["shop.db"])
    for name in ("my shop", "../shop", "loads"):
        with pytest.raises(KinfolkError, match="cannot be called"):
            add(company.folder, name, "sqlite", ["path=shop.db", "table=clients"])
    assert not (company.folder / "sources").exists() and not (company.folder / "shop.yml").exists()
    add(company.folder, "shop", "sqlite", ["path=shop.db", "table=clients"])
    with pytest.raises(KinfolkError, match="There is a source of that name"):
        add(company.folder, "shop", "sqlite", ["path=shop.db", "table=clients"])


def test_a_table_nothing_is_known_about_still_makes_a_sound_source(company: Company) -> None:
    (company.folder / "identity.yml").unlink()
    add(company.folder, "carts", "sqlite", ["path=shop.db", "table=carts"])
    assert check(company.folder).sources[0].feeds == ("people",)


def test_secrets_are_written_as_references(
    company: Company, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.run("drop table if exists people", "create table people (id int primary key, email text)")
    settings = [f"{key}={value}" for key, value in postgres.options.items()]
    with pytest.raises(ProjectError, match="secret written as plain text"):
        add(company.folder, "pg", "postgres", [*settings, "password=hunter2", "table=people"])
    with pytest.raises(ProjectError, match="`SHOP_PASSWORD` is not set"):
        add(company.folder, "pg", "postgres", [*settings, "password=${SHOP_PASSWORD}", "table=people"])
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")
    made = add(company.folder, "pg", "postgres", [*settings, "password=${SHOP_PASSWORD}", "table=people"])
    text = made.file.read_text()
    assert "${SHOP_PASSWORD}" in text and "hunter2" not in text and "table: public.people" in text
    [answer] = ping(company.folder)
    assert answer.reached is not None and answer.reached.startswith("PostgreSQL")
    assert "public.people" in [dataset.name for dataset in discover(company.folder, "pg")]


def test_files_are_explored_too(company: Company) -> None:
    company.csv("a", [{"id": "1", "email": "a@example.com"}])
    assert [d.name for d in discover(company.folder, "file", ["path=data"])] == ["data/a.csv"]
    add(company.folder, "a", "file", ["path=data/a.csv"])
    company.run()
    assert company.ask("select email from profiles.customers") == [("a@example.com",)]


def test_the_commands_answer_people_and_programs(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*words: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            app([*words, "--project", str(company.folder)])
        assert ended.value.code == code
        return capsys.readouterr().out

    assert "clients" in said("source", "discover", "sqlite", "path=" + str(company.folder / "shop.db"))
    assert "(guessed)" in said("source", "add", "shop", "-c", "sqlite", "--table", "clients", "path=shop.db")
    assert json.loads(said("source", "list", "--json"))[0]["connector"] == "sqlite"
    assert "✓ shop  SQLite" in said("source", "ping")
    (company.folder / "shop.db").unlink()
    assert "There is no database file" in said("source", "ping", "shop", code=4)
