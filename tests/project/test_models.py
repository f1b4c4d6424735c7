"""models/: what is read of them without running anything, and every mistake in them at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinfolk.commands.open_project import open_project
from kinfolk.errors import ProjectError
from kinfolk.model.project import Project
from tests.company import Company


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.identity("keys: [email]\n")
    made.source("shop", "record_id: id\npeople: {email: mail}\n")
    return made


def mistakes(company: Company) -> list[str]:
    with pytest.raises(ProjectError) as found:
        open_project(company.folder)
    return [str(mistake) for mistake in found.value.mistakes]


def project(company: Company) -> Project:
    return open_project(company.folder)


def test_a_model_knows_what_it_reads_and_comes_after_it(company: Company) -> None:
    company.write("models/a.sql", "with mine as (select * from models.b) select m.* from mine m, landing.shop")
    company.write("models/b.sql", "select customer_id from profiles.customers;\n")
    models = project(company).models
    assert [model.name for model in models] == ["b", "a"]
    assert set(models[1].reads) == {"models.b", "landing.shop"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "select 1 as x\nfrom profiles.custmers",
            "models/m.sql:2: There is no table profiles.custmers. Did you mean `profiles.customers`?",
        ),
        ("select 1 as x from customers", "models/m.sql:1: `customers` is no table."),
        (
            "select 1 as x from profiles.orders",
            "models/m.sql:1: No source feeds profiles.orders. Map `orders:` in a source.",
        ),
        (
            "select 1 as x from staging.customers",
            "models/m.sql:1: There is no table staging.customers. Did you mean `profiles.customers`?",
        ),
        ("select 1 as x\nfrom read_csv('/etc/passwd')", "models/m.sql:2: `read_csv` cannot be called here."),
        ("select 1 as x from 'data/shop.csv'", "models/m.sql:1: `data/shop.csv` is no table."),
        ("select 1 as x from sqlite_scan('a', 'b')", "models/m.sql:1: `sqlite_scan` cannot be called here."),
        ("select 1 as x from query('select 1')", "models/m.sql:1: `query` cannot be called here."),
        ("select\n random() as x", "models/m.sql:2: `random` gives another answer in each run."),
        ("select now() as x", "models/m.sql:1: `now` is another moment in each run."),
        ("select current_date as x", "models/m.sql:1: `current_date` is another moment in each run."),
        ("select getenv('HOME') as x", "models/m.sql:1: `getenv` looks outside of the published tables."),
        ("drop table profiles.customers", "models/m.sql:1: The file holds no SELECT."),
        ("select 1 as a; select 2 as b", "models/m.sql:1: The file holds more than one statement."),
        ("-- nothing", "models/m.sql:1: The file is empty."),
        ("select a\nfrom where from", "models/m.sql:2: The SQL cannot be read near `where`."),
        ("select *\nfrom {{ ref('x') }}", "models/m.sql:2: `{{` is a template's sign; models are plain SQL."),
        ("select count(*) from profiles.customers", "models/m.sql:1: Column 1 has no name. Write `as …` behind it."),
        ("select 1 as a, 2 as A", "models/m.sql:1: Two columns are called `a`."),
        ("select $x as a", "models/m.sql:1: A parameter stands here, and there is nothing to fill it with."),
    ],
)
def test_sql_that_cannot_be_a_model(company: Company, text: str, said: str) -> None:
    company.write("models/m.sql", text)
    assert [mistake.startswith(said) for mistake in mistakes(company)] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "select unnest([1, 2]) as x",
        "from profiles.customers select customer_id where country in (from range(3) select 'x')",
        "select c.* exclude (email) from profiles.customers as c",
        'with recursive n as (select 1 as x union all select x + 1 from n where x < 3) select x as "X y" from n',
        "select x from (values (1), (2)) as v(x) qualify row_number() over (order by x) = 1",
        "select * from (pivot (select country, records from profiles.customers) on country using sum(records))",
    ],
)
def test_sql_that_can(company: Company, text: str) -> None:
    company.write("models/m.sql", text)
    assert project(company).models[0].name == "m"


def test_models_that_need_each_other_are_named(company: Company) -> None:
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        company.write(f"models/{name}.sql", f"select x\nfrom models.{other}")
    assert mistakes(company) == [
        "models/a.sql:2: These models need each other: a → b → c → a. Take one of the reads out."
    ]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("models/customers.sql", "`customers` is the name of a table of Kinfolk's own."),
        ("models/My-Model.sql", "`My-Model` cannot be the name of a model."),
        ("models/notes.txt", "A file of this kind is not read."),
        ("models/deep/x.sql", "This folder is not read."),
        ("models/tests/x.yml", "Only .sql files are read here."),
        ("model/x.sql", "A folder of this name is not read."),
        ("models/nobody.yml", "There is no model `nobody`."),
    ],
)
def test_names_that_would_mislead(company: Company, file: str, said: str) -> None:
    company.write(file, "select 1 as x" if file.endswith(".sql") else "")
    assert [said in mistake for mistake in mistakes(company)] == [True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def model(inputs)\n", "m.py:1: The Python cannot be read: expected ':'."),
        ("READS = {'a': 'profiles.customers'}\n", "m.py:1: There is no function `model`."),
        ("def model(inputs): ...\n", "m.py:1: The tables it reads are not declared."),
        ("X = 'a'\nREADS = {X: 'b'}\ndef model(i): ...\n", "m.py:2: `READS` must be a dict written out."),
        ("READS = {'a': 'profiles.custmers'}\ndef model(i): ...\n", "m.py:1: There is no table profiles.custmers."),
        ("READS = {'a': 'profiles.customers'}\ndef model(i, j): ...\n", "m.py:2: `model` takes one argument"),
        (
            "READS = {'a': 'profiles.customers'}\nCOLUMNS = {'x': ['b.y']}\ndef model(i): ...\n",
            "m.py:2: `COLUMNS` makes `x` from `b.y`, which names no input.",
        ),
    ],
)
def test_python_that_cannot_be_a_model(company: Company, text: str, said: str) -> None:
    company.write("models/m.py", text)
    assert [said in mistake for mistake in mistakes(company)] == [True]


def test_python_is_not_run_to_be_read(company: Company) -> None:
    company.write("models/m.py", "READS = {'a': 'profiles.customers'}\nraise SystemExit\ndef model(inputs): ...\n")
    assert project(company).models[0].inputs == {"a": "profiles.customers"}


@pytest.mark.parametrize(
    ("docs", "said"),
    [
        ("columns: {emial: address}", "m.yml:1: The model makes no column `emial`. Did you mean `email`?"),
        ("keys: id", "m.yml:1: The model makes no column `id`. Known here: `email`, `n`."),
        ("columns: {email: {tests: [unik]}}", "m.yml:1: `unik` is not known here. Known here:"),
        ("columns:\n  n:\n    tests:\n    - {unique: true, not_null: true}", "m.yml:4: Here stand 2 tests in one."),
        ("columns: {n: {tests: [{relationships: models.o.x}]}}", "m.yml:1: There is no table models.o."),
        (
            "columns: {n: {tests: [{relationships: identity.members.x}]}}",
            "m.yml:1: identity.members has no column `x`.",
        ),
        ("columns: {n: {tests: [{relationships: {to: members}}]}}", "m.yml:1: `to` does not have the form it needs."),
        ("tests: [{row_count: {}}]", "m.yml:1: There is no bound here."),
        ("tests: [{severity: warn}]", "m.yml:1: This is no test."),
    ],
)
def test_what_is_said_of_a_model_is_checked(company: Company, docs: str, said: str) -> None:
    company.write("models/m.sql", "select email, 1 as n from profiles.customers")
    company.write("models/m.yml", docs)
    assert [mistake for mistake in mistakes(company) if said in mistake] == mistakes(company)


def test_the_owner_of_a_model_is_known(company: Company) -> None:
    company.write("owners.yml", "people: {Ann: ann@x.org}\ndomains: {sales: Ann}\n")
    company.write("models/m.sql", "select 1 as x")
    company.write("models/m.yml", "owner: salse")
    assert mistakes(company) == [
        "models/m.yml:1: `salse` is neither a domain nor a person of owners.yml. Did you mean `sales`?"
    ]


def test_what_is_said_of_a_model_changes_no_result_and_its_sql_does(company: Company) -> None:
    company.write("models/m.sql", "select 1 as x")
    company.write("models/m.yml", "description: one\ncolumns: {x: a number}\n")
    before = project(company).fingerprint
    company.write("models/m.yml", "description: another\ncolumns: {x: the number}\n")
    assert project(company).fingerprint == before
    company.write("models/m.sql", "select 2 as x")
    assert project(company).fingerprint != before


def test_a_severity_that_is_none(company: Company) -> None:
    company.write("models/tests/t.sql", "-- severity: loud\nselect 1 as x from profiles.customers")
    assert mistakes(company) == ["models/tests/t.sql:1: `severity` cannot be `loud`. Known here: `fail`, `warn`."]
