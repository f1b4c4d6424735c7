"""The house keeps its own rules."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import checkout_rules
from tests.house.rules import PURE_ROOMS, RULES, Offence

WHOLE = ("unfinished", "private_places", "mocks", "table_promises", "lean_help")


@pytest.mark.parametrize("name", RULES)
def test_source_keeps(name: str, checkout: Path) -> None:
    _expect_none(RULES[name](checkout / "src"))


@pytest.mark.parametrize("name", ["module_size", "function_size", "module_names", "docstrings"])
def test_scripts_keep(name: str, checkout: Path) -> None:
    _expect_none(RULES[name](checkout / "scripts"))


@pytest.mark.parametrize("name", WHOLE)
def test_checkout_keeps(name: str, checkout: Path) -> None:
    rule: Callable[[Path], list[Offence]] = getattr(checkout_rules, name)
    _expect_none(rule(checkout))


def test_the_rules_look_at_every_folder(checkout: Path) -> None:
    seen = {name.split("/")[0] for name, _ in checkout_rules.files(checkout)}
    assert {"src", "tests", "docs", "scripts", ".ci", "Makefile", "README.md", "pyproject.toml"} <= seen


def test_every_pure_room_is_under_the_import_rule(checkout: Path) -> None:
    settings = tomllib.loads((checkout / "pyproject.toml").read_text())
    contracts = {contract["id"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}
    under_the_rule = set(contracts["pure-rooms"]["source_modules"])
    rooms = {f"kinfolk.{room}" for room in PURE_ROOMS if list((checkout / "src" / "kinfolk").glob(f"{room}*"))}
    assert rooms == under_the_rule


def test_every_package_can_be_seen_by_the_import_rules(checkout: Path) -> None:
    package = checkout / "src" / "kinfolk"
    folders = {path.parent for path in package.rglob("*.py")}
    assert [str(f) for f in sorted(folders) if not (f / "__init__.py").exists()] == []


def _expect_none(offences: list[Offence]) -> None:
    assert not offences, "\n" + "\n".join(map(str, sorted(offences)))
