"""The lineage of columns, read from the project alone, is that of the tables a run publishes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinfolk.commands.init import TEMPLATES, init
from kinfolk.commands.lineage import lineage as ask
from kinfolk.commands.open_project import open_project
from kinfolk.commands.run import run
from kinfolk.engine.reader import reading
from kinfolk.errors import NotFoundError
from kinfolk.model.lineage import ColumnRef, Traced
from kinfolk.pipeline.lineage import lineage


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lineage") / "shop"
    init(folder, "ecommerce")
    (folder / "models").mkdir(exist_ok=True)
    (folder / "models/worth.sql").write_text(
        "select c.customer_id, c.email, sum(o.amount) as revenue from profiles.customers c "
        "left join profiles.orders o using (customer_id) group by all"
    )
    (folder / "models/best.py").write_text(
        'READS = {"worth": "models.worth"}\nCOLUMNS = {"top": ["worth.revenue"]}\n\n\n'
        'def model(inputs):\n    import pyarrow as pa\n    return pa.table({"top": [1.5]})\n'
    )
    run(folder)
    return folder


def ends(traced: Traced) -> set[str]:
    return set().union(*(ends(below) for below in traced.below)) if traced.below else {str(traced.ref)}


def test_every_published_table_has_the_columns_that_its_lineage_names(shop: Path) -> None:
    project = open_project(shop)
    made = lineage(project).made
    with reading(project.state) as reader:
        published = {name: set(columns) for name, columns in reader.published.items()}
    bookkeeping = ("landing.", "quarantine.", "contracts.", "catalogue.", "quality.")
    expected = {name: columns for name, columns in published.items() if not name.startswith(bookkeeping)}
    told = {name: set(columns) for name, columns in made.items()}
    # Identity's own memory has a column for each thing compared, which only its code names.
    assert told.pop("identity.compared") < expected.pop("identity.compared")
    assert told == expected


def test_every_column_it_leads_to_is_published(shop: Path) -> None:
    project = open_project(shop)
    with reading(project.state) as reader:
        published = reader.published
    for table, columns in lineage(project).made.items():
        for column, parents in columns.items():
            for parent in parents:
                assert parent.column in published[parent.table], f"{table}.{column} <- {parent}"


def test_a_model_s_column_leads_to_the_columns_of_the_files(shop: Path) -> None:
    [traced] = ask(shop, "models.best.top").columns
    assert ends(traced) == {"landing.orders.Total", "landing.guest_orders.total"}
    [email] = ask(shop, "models.worth.email").columns
    assert ends(email) == {
        f"landing.{of}" for of in ("webshop.E-mail", "crm.Email", "guest_orders.email", "newsletter.email")
    }


def test_a_file_s_column_leads_down_to_everything_made_from_it(shop: Path) -> None:
    [traced] = ask(shop, "landing.orders.Total", down=True).columns
    assert ends(traced) >= {"models.best.top"}


def test_a_whole_table_is_told_one_step(shop: Path) -> None:
    columns = {traced.ref.column: [str(b.ref) for b in traced.below] for traced in ask(shop, "models.worth").columns}
    assert columns["revenue"] == ["profiles.orders.amount"]


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("profiles.customers.emial", "Did you mean email?"),
        ("profiles.custmers", "Did you mean profiles.customers?"),
        ("nonsense", "There are: identity.aliases, "),
    ],
)
def test_what_is_not_there_is_not_traced(shop: Path, asked: str, hint: str) -> None:
    with pytest.raises(NotFoundError) as found:
        ask(shop, asked)
    assert hint in str(found.value)


@pytest.mark.parametrize("template", TEMPLATES)
def test_it_takes_no_run(template: str, tmp_path: Path) -> None:
    init(tmp_path / "p", template)
    found = lineage(open_project(tmp_path / "p"))
    email = found.parents(ColumnRef("profiles.customers", "email"))
    assert email == (ColumnRef("staging.records", "email"),)
