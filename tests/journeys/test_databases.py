"""The same company's data gives the same customers, whether it lies in files or in a database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kinfolk.commands.init import init
from kinfolk.commands.query import query
from kinfolk.commands.run import run
from tests.servers import Mysql, Postgres

SOURCES = ("crm", "guest_orders", "newsletter", "orders", "tickets", "web_events", "webshop")
GOLDEN = "first_name, last_name, full_name, email, phone, street, postcode, city, country, birth_date, segment, records"


def ask(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    return query(folder, sql).rows


def customers(folder: Path) -> dict[frozenset[str], tuple[Any, ...]]:
    """The records of each customer -> its golden values and how much it did."""
    found = ask(
        folder,
        f"select m.who, {GOLDEN}, o.orders from profiles.customers c"
        " join (select customer_id, list(source || ':' || record_id) as who from identity.members group by all) m"
        " using (customer_id)"
        " left join (select customer_id, count(*) as orders from profiles.orders group by all) o using (customer_id)",
    )
    return {frozenset(who): tuple(values) for who, *values in found}


def fed_from(folder: Path, files: Path, server: Postgres | Mysql, connector: str) -> None:
    """The project in `folder`, its files' rows moved into tables of a database."""
    init(folder, "ecommerce")
    where = ", ".join(f"{key}: {value}" for key, value in server.options.items())
    for name in SOURCES:
        columns = [c for (c,) in ask(files, f"select column_name from (describe landing.{name})") if c[0] != "_"]
        quoted = ", ".join(f'"{column}"' for column in columns)
        rows = ask(files, f"select {quoted} from landing.{name} where _change = 'added' order by _record_no")
        server.fill(f"demo_{name}", dict.fromkeys(columns, "text"), rows)
        [file] = [f for f in folder.glob("sources/*.yml") if f.stem.replace("-", "_") == name]
        written, changed = re.subn(
            r"^file:.*$", f"{connector}: {{{where}, table: demo_{name}}}", file.read_text(), flags=re.MULTILINE
        )
        assert changed == 1
        file.write_text(written)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo project, run from its files."""
    folder = tmp_path_factory.mktemp("demo") / "files"
    init(folder, "ecommerce")
    run(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("connector", ["postgres", "mysql"])
def test_the_demo_fed_from_a_database_has_the_same_customers(
    connector: str, files: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    fed_from(tmp_path / "fed", files, request.getfixturevalue(connector), connector)
    run(tmp_path / "fed")
    expected = customers(files)
    assert len(expected) > 100
    assert customers(tmp_path / "fed") == expected


def test_a_column_that_changes_its_type_between_loads_gives_the_same_customers(
    tmp_path: Path, postgres: Postgres
) -> None:
    from tests.company import Company

    company = Company(tmp_path)
    company.identity("keys: [email]\n")
    where = ", ".join(f"{key}: {value}" for key, value in postgres.options.items())
    company.write(
        "sources/shop.yml",
        f"postgres: {{{where}, table: members}}\nrecord_id: id\ndates: YMD\n"
        "people: {email: mail, birth_date: born}\n",
    )
    columns = {"id": "text", "mail": "text", "born": "text"}
    postgres.fill("members", columns, [["1", "a@example.com", "1980-04-01"], ["2", "b@example.com", None]])
    company.run()
    before = company.ask("select customer_id, email, birth_date from profiles.customers order by 2")
    postgres.run("alter table members alter born type date using born::date, alter id type bigint using id::bigint")
    company.run()
    assert company.ask("select customer_id, email, birth_date from profiles.customers order by 2") == before
    assert company.ask("select count(*) from landing.shop") == [(2,)]
