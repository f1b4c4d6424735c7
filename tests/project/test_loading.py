"""A folder of files becomes one Project."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinfolk.errors import ProjectError
from kinfolk.model.identity import Comparison, Key, Matching, Never, SurvivorRule
from kinfolk.model.place import Place
from kinfolk.model.project import Domain, Person
from kinfolk.model.source import BelongsTo, ColumnRule, Conventions, Load, TableMapping
from tests.project.folder import Folder, whole_project

PEOPLE = "file: a.csv\npeople: {email: mail}\n"


def test_everything_a_source_says_arrives(tmp_path: Path) -> None:
    source = whole_project(tmp_path).load().source("webshop")

    def at(line: int) -> Place:
        return Place("sources/webshop.yml", line)

    assert (source.description, source.owner, source.purpose) == (
        "Customers of the web shop",
        "sales",
        "order_fulfilment",
    )
    assert (source.lawful_basis, source.environment, source.refresh) == ("contract", "prod", "daily")
    assert (source.status, source.connector, source.options) == ("active", "file", {"path": "data/webshop-*.csv"})
    assert (source.record_id, source.observed_at, source.load) == (("customer_no",), "updated_at", Load.SNAPSHOT)
    assert source.conventions == Conventions("DE", "EUR", "DMY", "Europe/Berlin", ",")
    assert source.mapping("people") == TableMapping(
        "people",
        at(18),
        {
            "first_name": ColumnRule(at(19), ("Vorname",)),
            "phone": ColumnRule(at(20), ("mobile", "phone")),
            "street": ColumnRule(at(21), ("street", "number"), join=" "),
            "email": ColumnRule(at(22), sql='lower("E-Mail")'),
            "country": ColumnRule(at(23), value="DE"),
        },
        {"loyalty_tier": ColumnRule(at(24), ("tier",))},
    )
    assert source.mapping("orders") == TableMapping(
        "orders",
        at(25),
        {
            "order_id": ColumnRule(at(25), ("order_no",)),
            "amount": ColumnRule(at(25), ("total",)),
            "currency": ColumnRule(at(14), value="EUR"),  # declared for the source, since no column says it
        },
    )


def test_a_source_without_people_says_whose_its_rows_are(tmp_path: Path) -> None:
    orders = whole_project(tmp_path).load().source("orders")
    assert orders.record_id == ("shop", "order_no")
    assert orders.load is Load.APPEND
    assert orders.belongs_to == BelongsTo("buyer_email", Place("sources/orders.yml", 4), key="email")
    assert orders.conventions == Conventions("AT", "EUR", "DMY", "Europe/Vienna", ",")  # those of kinfolk.yml


def test_rows_may_belong_to_the_records_of_another_source(folder: Folder) -> None:
    folder.write(crm="file: a.csv\nrecord_id: id\npeople: {email: mail}\n")
    folder.write(calls="file: b.csv\nbelongs_to: {source: crm, column: customer}\ntickets: {ticket_id: no}\n")
    assert folder.load().source("calls").belongs_to == BelongsTo(
        "customer", Place("sources/calls.yml", 2), source="crm"
    )
    assert folder.load().source("calls").record_id == ()


def test_everything_identity_says_arrives(tmp_path: Path) -> None:
    rules = whole_project(tmp_path).load().identity

    def at(line: int) -> Place:
        return Place("identity.yml", line)

    assert rules.tenant == "tenant"
    assert rules.keys == (
        Key(("email", "tenant"), at(3)),
        Key(("customer_number",), at(4)),
        Key(("device_id",), at(5), at_most=20),
    )
    assert rules.ignore == {"email": ("info@*", "noreply@*"), "phone": ("+10000000000",)}
    kinds = {"first_name": "name", "last_name": "name", "birth_date": "date", "email": "email", "loyalty_tier": "text"}
    assert rules.matching == Matching(
        compare=tuple(Comparison(column, kind) for column, kind in kinds.items()),
        place=at(7),
        block_on=(("last_name", "birth_date"), ("email",)),
        personal=("first_name", "birth_date"),
        merge_at=0.97,
        review_at=0.80,
    )
    assert rules.never == (Never("national_id", at(13)),)


def test_survivorship_ranks_every_source(tmp_path: Path) -> None:
    survivorship = whole_project(tmp_path).load().survivorship
    assert survivorship.default == (SurvivorRule("most_trusted"), SurvivorRule("most_recent"))
    assert survivorship.trust == ("webshop",)
    assert survivorship.fields == {
        "email": (SurvivorRule("verified"), SurvivorRule("most_recent")),
        "birth_date": (SurvivorRule("most_frequent"),),
        "phone": (SurvivorRule("sql", "length(phone)"),),
    }
    assert survivorship.core_fields == ("first_name", "email")


def test_blocking_is_chosen_from_the_data_when_nobody_chooses(folder: Folder) -> None:
    for words in ("", ", block_on: auto"):
        folder.write(identity=f"match: {{compare: {{email: email}}{words}}}\n")
        matching = folder.load().identity.matching
        assert matching is not None
        assert (matching.block_on, matching.merge_at, matching.review_at) == (None, None, None)


def test_everything_owners_says_arrives(tmp_path: Path) -> None:
    ownership = whole_project(tmp_path).load().ownership
    assert ownership.people == {
        "Anna Berg": Person("Anna Berg", Place("owners.yml", 2), "anna@example.com"),
        "Ben Ito": Person("Ben Ito", Place("owners.yml", 3), "ben@example.com", "Steward"),
    }
    sales = Domain("sales", Place("owners.yml", 5), "Anna Berg", ("Ben Ito",), "Whatever is sold")
    assert ownership.domains == {"sales": sales}
    assert ownership.council == ("Anna Berg",)


def test_the_project_itself(tmp_path: Path) -> None:
    project = whole_project(tmp_path).load()
    assert (project.name, project.engine, project.time_zone) == ("Shop", "duckdb", "Europe/Vienna")
    assert (project.folder, project.state) == (tmp_path, tmp_path / "../kept/prod")
    assert (project.environment, project.environments) == ("prod", ("prod", "test"))
    assert [source.name for source in project.sources] == ["crm", "orders", "webshop"]


def test_a_name_alone_is_a_project(folder: Folder) -> None:
    project = folder.load()
    assert project.state == folder.path / ".kinfolk"
    assert (project.sources, project.time_zone, project.environment) == ((), "UTC", None)


def test_conventions_may_stand_at_the_top(folder: Folder) -> None:
    folder.write(kinfolk="name: Test\ncountry: FR\ndates: DMY\nconventions: {currency: EUR}\n", crm=PEOPLE)
    assert folder.load().source("crm").conventions == Conventions("FR", "EUR", "DMY", "UTC", ".")


def test_a_source_may_be_called_otherwise_than_its_file(folder: Folder) -> None:
    folder.write(export_2024=f"name: crm\n{PEOPLE}")
    assert folder.load().source("crm").place == Place("sources/export_2024.yml", 1)


def test_files_that_are_none_of_ours_are_left_alone(folder: Folder) -> None:
    (folder.path / "notes.yml").write_text("a: [")
    (folder.path / "sources").mkdir()
    (folder.path / "sources" / "README.md").write_text("# Sources")
    (folder.path / "sources" / ".crm.yml").write_text("half: [")
    assert folder.load().sources == ()


def test_the_environment_decides_which_sources_run(folder: Folder) -> None:
    folder.write(kinfolk="name: Test\nenvironments: [prod, test]\n")
    folder.write(live=f"environment: prod\n{PEOPLE}", trial=f"environment: test\n{PEOPLE}", both=PEOPLE)
    assert [source.name for source in folder.load("prod").sources] == ["both", "live"]
    assert [source.name for source in folder.load("test").sources] == ["both", "trial"]
    assert folder.mistakes() == [
        "kinfolk.yml:2: Sources belong to several environments, `prod`, `test`, and none is chosen. "
        "Write `environment: prod` here, or choose one when running."
    ]
    assert folder.mistakes("prd") == [
        "kinfolk.yml:2: `prd` was asked for and is not in `environments`. Did you mean `prod`?"
    ]
    folder.write(kinfolk="name: Test\nenvironments: [prod, test]\nenvironment: test\n")
    assert folder.load().environment == "test"
    assert folder.load("prod").environment == "prod"


def test_a_folder_without_a_project_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as error:
        Folder(tmp_path).load()
    assert f"There is no kinfolk.yml in {tmp_path}" in str(error.value)
    assert "kinfolk init" in str(error.value)
    with pytest.raises(ProjectError, match="There is no folder"):
        Folder(tmp_path / "gone").load()
