"""What changed in a project since it was published, in words: what it is called, where it stands, whether it breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kinfolk.model.change import Change
from kinfolk.project.changes import changes
from kinfolk.project.definition import definition
from tests.project.folder import Folder, whole_project
from tests.project.test_fingerprint import CHANGES, INDIFFERENT, SETTINGS, changed


def project(path: Path, contents: dict[str, Any]) -> Folder:
    return Folder(path).write(**{file: yaml.safe_dump(data, sort_keys=False) for file, data in contents.items()})


def told(tmp_path: Path, contents: dict[str, Any]) -> list[Change]:
    before = project(tmp_path / "before", SETTINGS).load()
    return changes(definition(before), project(tmp_path / "after", contents).load())


def test_a_project_that_did_not_change_has_no_changes(tmp_path: Path) -> None:
    assert told(tmp_path, SETTINGS) == []
    assert changes(definition(whole_project(tmp_path / "a").load()), whole_project(tmp_path / "b").load()) == []


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change[0]}: {'.'.join(map(str, change[1]))}")
def test_whatever_changes_a_result_is_told(tmp_path: Path, change: tuple[str, tuple[str | int, ...], Any]) -> None:
    found = told(tmp_path, changed([change]))
    assert found
    assert all(c.what and c.why for c in found)
    assert not any("counted below" in c.why for c in found), "every setting has a rule of its own"


def test_who_answers_for_data_is_told_and_breaks_nothing(tmp_path: Path) -> None:
    found = told(tmp_path, changed([c for c in INDIFFERENT if c[1] != ("state",)]))
    assert {c.what for c in found} == {"source webshop: description", "source webshop: owner", "owners: council"}
    assert not any(c.breaking or c.public for c in found)


@pytest.mark.parametrize(
    ("change", "what", "breaking", "before", "after"),
    [
        (("identity", ("match", "merge_at"), "0.98"), "identity: match.merge_at", True, "0.97", "0.98"),
        (("identity", ("match", "review_at"), "0.81"), "identity: match.review_at", False, "0.8", "0.81"),
        (("identity", ("core_fields", 1), "phone"), "core_fields", False, "first_name, email", "first_name, phone"),
        (("webshop", ("record_id",), ["a", "b"]), "source webshop: record_id", True, "customer_no", "a, b"),
        (("webshop", ("load",), "append"), "source webshop: load", False, "snapshot", "append"),
        (("webshop", ("status",), "paused"), "source webshop: status", True, "active", "paused"),
        (("webshop", ("dates",), "MDY"), "source webshop: dates", True, "DMY", "MDY"),
        (("webshop", ("decimal",), "."), "source webshop: decimal", False, ",", "."),
        (("webshop", ("people", "phone"), "a"), "source webshop: people.phone", False, "mobile, phone", "a"),
        (("webshop", ("people", "first_name"), "Name"), "source webshop: people.first_name", True, "Vorname", "Name"),
        (("webshop", ("orders", "amount"), "sum"), "source webshop: orders.amount", False, "total", "sum"),
        (("orders", ("belongs_to", "column"), "m"), "source orders: belongs_to", True, "buyer_email, email", "m, email"),  # noqa: E501
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_setting_is_named_and_judged(
    tmp_path: Path, change: Any, what: str, breaking: bool, before: str, after: str
) -> None:
    [found] = told(tmp_path, changed([change]))
    assert (found.what, found.breaking, found.before, found.after) == (what, breaking, before, after)
    assert found.public


def test_a_new_key_in_the_middle_is_one_change(tmp_path: Path) -> None:
    contents = changed([])
    contents["identity"]["keys"].insert(0, "phone")
    [found] = told(tmp_path, contents)
    assert (found.kind, found.what, found.breaking) == ("added", "identity: key phone", True)
    lines = (tmp_path / "after/identity.yml").read_text().splitlines()
    assert lines[found.place.line - 1] == "- phone"


def test_what_is_gone_is_placed_where_it_would_stand(tmp_path: Path) -> None:
    contents = changed([])
    del contents["orders"]
    del contents["identity"]["never"]
    del contents["webshop"]["orders"]["amount"]
    found = {c.what: c for c in told(tmp_path, contents)}
    assert {c.kind for c in found.values()} == {"removed"}
    assert all(c.breaking for c in found.values())
    assert {what: c.place.file for what, c in found.items()} == {
        "identity: never different national_id": "identity.yml",
        "source orders": "sources/",
        "source webshop: orders.amount": "sources/webshop.yml",
        "source webshop: orders.currency": "sources/webshop.yml",
    }
    assert "name: orders" in found["source orders"].why


def test_a_new_source_breaks_nothing(tmp_path: Path) -> None:
    contents = changed([])
    contents["fair"] = {"file": "fair.csv", "record_id": "id", "people": {"email": "mail"}}
    [found] = told(tmp_path, contents)
    assert (found.kind, found.what, found.breaking) == ("added", "source fair", False)
    assert str(found.place) == "sources/fair.yml:1"


def test_a_column_that_no_source_gives_any_more_breaks_and_one_that_another_gives_does_not(tmp_path: Path) -> None:
    contents = changed([])
    contents["crm"]["people"]["street"] = "road"
    before = definition(project(tmp_path / "a", contents).load())
    del contents["crm"]["people"]["street"]
    [spared] = changes(before, project(tmp_path / "b", contents).load())
    before = definition(project(tmp_path / "c", contents).load())
    del contents["webshop"]["people"]["street"]
    [gone] = changes(before, project(tmp_path / "d", contents).load())
    assert (spared.breaking, gone.breaking) == (False, True)


def test_values_that_may_be_a_persons_are_not_public(tmp_path: Path) -> None:
    contents = changed(
        [
            ("identity", ("ignore", "email", 0), "ada@example.com"),
            ("identity", ("survivorship", "fields", "phone", "sql"), "-length('Ada')"),
            ("webshop", ("file", "path"), "data/ada.csv"),
            ("webshop", ("people", "email", "sql"), "'ada@example.com'"),
            ("webshop", ("people", "country", "value"), "Ada"),
            ("owners", ("council", 0), "Ben Ito"),
        ]
    )
    found = told(tmp_path, contents)
    assert len(found) >= 6
    assert not any(c.public for c in found)


def test_a_secret_counts_as_it_is_written(tmp_path: Path) -> None:
    vault = "vault: {host: db, password: '${PASSWORD}'}\nrecord_id: id\npeople: {email: mail}\n"
    folder = whole_project(tmp_path).write(vault=vault)
    deployed = definition(folder.load(env={"PASSWORD": "hunter2"}))
    assert "hunter2" not in deployed
    assert changes(deployed, folder.load(env={"PASSWORD": "changed"})) == []
    folder.write(vault=vault.replace("PASSWORD", "TOKEN"))
    [found] = changes(deployed, folder.load(env={"TOKEN": "hunter2"}))
    assert (found.what, found.before, found.after) == ("source vault: password", "${PASSWORD}", "${TOKEN}")
    assert not found.public


def test_a_project_published_by_an_older_version_knows_fewer_settings(tmp_path: Path) -> None:
    now = whole_project(tmp_path).load()
    older = definition(now).replace('"council":["Anna Berg"],', "").replace('"status":"active",', "")
    assert {c.what for c in changes(older, now)} >= {"owners: council"}


def test_a_contract_and_its_columns_are_named_and_judged(folder: Folder) -> None:
    folder.write(crm="file: crm.csv\nrecord_id: id\npeople: {email: mail}\n")
    without = definition(folder.load())
    file = folder.path / "contracts/crm.odcs.yaml"
    file.parent.mkdir()
    head = "apiVersion: v3.1.0\nkind: DataContract\nid: crm\nversion: 1.0.0\nstatus: active\nschema:\n  - name: crm\n"
    file.write_text(f"{head}    properties:\n      - name: id\n      - name: mail\n")
    [added] = changes(without, folder.load())
    assert (added.kind, added.what, added.breaking) == ("added", "contract of crm", False)
    before = definition(folder.load())
    file.write_text(f"{head.replace('1.0.0', '2.0.0')}    properties:\n      - name: id\n")
    found = {c.what: c for c in changes(before, folder.load())}
    assert set(found) == {"contract of crm: mail", "contract of crm: version", "contract of crm: text"}
    assert [c.what for c in found.values() if c.breaking] == ["contract of crm: mail"]
    assert (found["contract of crm: version"].before, found["contract of crm: version"].after) == ("1.0.0", "2.0.0")
