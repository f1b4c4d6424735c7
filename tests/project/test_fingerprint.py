"""The fingerprint changes with every setting that can change a result, and with nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.project.folder import CRM, IDENTITY, KINFOLK, ORDERS, OWNERS, WEBSHOP, Folder, whole_project

FILES = {"kinfolk": KINFOLK, "identity": IDENTITY, "owners": OWNERS, "webshop": WEBSHOP, "orders": ORDERS, "crm": CRM}
SETTINGS: dict[str, Any] = {name: yaml.load(text, Loader=yaml.BaseLoader) for name, text in FILES.items()}


def fingerprint(contents: dict[str, Any]) -> str:
    with tempfile.TemporaryDirectory() as name:
        texts = {file: yaml.safe_dump(data, sort_keys=False) for file, data in contents.items()}
        return Folder(Path(name)).write(**texts).load().fingerprint


@lru_cache
def usual() -> str:
    return fingerprint(SETTINGS)


def shuffled(value: Any, order: Callable[[list[str]], list[str]]) -> Any:
    if isinstance(value, dict):
        return {key: shuffled(value[key], order) for key in order(list(value))}
    if isinstance(value, list):
        return [shuffled(item, order) for item in value]
    return value


@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(random: Any) -> None:
    assert fingerprint(shuffled(SETTINGS, lambda keys: random.sample(keys, len(keys)))) == usual()


# Every setting that can be given another value without breaking the project: file, path, another value.
CHANGES: list[tuple[str, tuple[str | int, ...], Any]] = [
    ("kinfolk", ("name",), "Other"),
    ("kinfolk", ("time_zone",), "Asia/Tokyo"),
    ("kinfolk", ("conventions", "country"), "CH"),
    ("kinfolk", ("conventions", "decimal"), "."),
    ("kinfolk", ("environments", 1), "staging"),
    ("identity", ("keys", 0), ["email"]),
    ("identity", ("keys", 2, "at_most"), "21"),
    ("identity", ("ignore", "email", 0), "sales@*"),
    ("identity", ("match", "compare", "last_name"), "text"),
    ("identity", ("match", "block_on", 1), "last_name"),
    ("identity", ("match", "personal"), ["first_name"]),
    ("identity", ("match", "merge_at"), "0.98"),
    ("identity", ("match", "review_at"), "0.81"),
    ("identity", ("never", 0, "different"), "gender"),
    ("identity", ("survivorship", "default"), ["most_recent", "most_trusted"]),
    ("identity", ("survivorship", "trust"), ["crm"]),
    ("identity", ("survivorship", "fields", "phone", "sql"), "-length(phone)"),
    ("identity", ("core_fields", 1), "phone"),
    ("webshop", ("purpose",), "marketing"),
    ("webshop", ("lawful_basis",), "consent"),
    ("webshop", ("refresh",), "hourly"),
    ("webshop", ("status",), "paused"),
    ("webshop", ("file", "path"), "data/other.csv"),
    ("webshop", ("record_id",), ["customer_no", "shop"]),
    ("webshop", ("observed_at",), "seen_at"),
    ("webshop", ("load",), "append"),
    ("webshop", ("country",), "NO"),
    ("webshop", ("currency",), "NOK"),
    ("webshop", ("dates",), "MDY"),
    ("webshop", ("time_zone",), "UTC"),
    ("webshop", ("decimal",), "."),
    ("webshop", ("people", "first_name"), "Name"),
    ("webshop", ("people", "phone"), ["phone", "mobile"]),
    ("webshop", ("people", "street", "with"), ", "),
    ("webshop", ("people", "email", "sql"), "upper(a)"),
    ("webshop", ("people", "country", "value"), "AT"),
    ("webshop", ("people", "attributes", "loyalty_tier"), "class"),
    ("webshop", ("orders", "amount"), "sum"),
    ("orders", ("belongs_to", "column"), "mail"),
    ("orders", ("belongs_to", "key"), "customer_number"),
]
INDIFFERENT: list[tuple[str, tuple[str | int, ...], Any]] = [
    ("kinfolk", ("state",), "elsewhere"),
    ("webshop", ("description",), "Something else"),
    ("webshop", ("owner",), "Ben Ito"),
    ("owners", ("council", 0), "Ben Ito"),
]


def changed(changes: list[tuple[str, tuple[str | int, ...], Any]]) -> dict[str, Any]:
    contents: dict[str, Any] = yaml.safe_load(yaml.safe_dump(SETTINGS))
    for file, path, value in changes:
        inside = contents[file]
        for step in path[:-1]:
            inside = inside[step]
        assert inside[path[-1]] != value
        inside[path[-1]] = value
    return contents


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change[0]}: {'.'.join(map(str, change[1]))}")
def test_any_other_value_matters(change: tuple[str, tuple[str | int, ...], Any]) -> None:
    assert fingerprint(changed([change])) != usual()


@settings(max_examples=25)
@given(st.lists(st.sampled_from(CHANGES), min_size=2, max_size=2, unique_by=lambda change: (change[0], change[1])))
def test_two_different_projects_have_two_fingerprints(two: list[tuple[str, tuple[str | int, ...], Any]]) -> None:
    assert (
        len({fingerprint(changed([two[0]])), fingerprint(changed([two[1]])), fingerprint(changed(two)), usual()}) == 4
    )


@pytest.mark.parametrize("change", INDIFFERENT, ids=lambda change: str(change[1][0]))
def test_what_changes_no_result_does_not_matter(change: tuple[str, tuple[str | int, ...], Any]) -> None:
    assert fingerprint(changed([change])) == usual()


def test_comments_lines_and_the_folder_do_not_matter(tmp_path: Path) -> None:
    commented = {name: "# A comment\n\n" + text.replace("\n", "   # here too\n\n") for name, text in FILES.items()}
    assert whole_project(tmp_path / "a").load().fingerprint == usual()
    assert Folder(tmp_path / "b").write(**commented).load().fingerprint == usual()
