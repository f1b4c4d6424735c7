"""Each rule of the house is broken once in a copy of the source, and is seen to say so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import checkout_rules
from tests.house.rules import RULES

# contract id -> files that break it (below src/kinfolk)
BROKEN_IMPORTS: dict[str, list[dict[str, str]]] = {
    "storeys": [
        {"model/seeded.py": "import kinfolk.tables.table\n"},
        {"tables/seeded.py": "import kinfolk.expressions\n"},
        {"expressions/seeded.py": "import kinfolk.engine\n"},
        {"engine/seeded.py": "import kinfolk.store\n"},
        {"connectors/seeded.py": "import kinfolk.project\n"},
        {"stages/seeded.py": "import kinfolk.pipeline\n"},
        {"pipeline/seeded.py": "import kinfolk.commands\n"},
        {"commands/seeded.py": "import kinfolk.interfaces\n"},
        {"errors.py": '"""Errors."""\nimport kinfolk.tables\n'},
        {"cellar/__init__.py": ""},
    ],
    "no-cycles": [
        {"model/seeded_a.py": "import kinfolk.model.seeded_b\n", "model/seeded_b.py": "import kinfolk.model.seeded_a\n"}
    ],
    "stages-independent": [
        {"stages/seeded_a.py": "import kinfolk.stages.seeded_b\n", "stages/seeded_b.py": ""},
        {"stages/seeded_a/__init__.py": "", "stages/seeded_a/x.py": "import kinfolk.stages.b\n", "stages/b.py": ""},
    ],
    "stages-handed-values": [
        {"stages/seeded.py": "import kinfolk.store\n"},
        {"stages/seeded.py": "import kinfolk.connectors\n"},
        {"stages/seeded.py": "import kinfolk.project\n"},
    ],
    "stages-engine": [{"stages/seeded.py": "import kinfolk.engine.seeded\n", "engine/seeded.py": ""}],
    "interfaces-independent": [
        {"interfaces/seeded_a.py": "import kinfolk.interfaces.seeded_b\n", "interfaces/seeded_b.py": ""}
    ],
    "interfaces-thin": [{"interfaces/seeded.py": "import kinfolk.engine.sql\n"}],
    "engines-inside": [
        {"connectors/seeded.py": "import duckdb\n"},
        {"stages/seeded.py": "def late():\n    from duckdb import connect\n"},
        {"pipeline/seeded.py": "import pyspark.sql\n"},
    ],
    "store-write": [{"interfaces/seeded.py": "import kinfolk.store.write\n"}],
    "pure-rooms": [
        {"tables/seeded.py": "import sqlite3\n"},
        {"model/seeded.py": "from urllib.request import urlopen\n"},
        {"expressions/seeded.py": "import os\n"},
        {"errors.py": "import socket\n"},
    ],
}

LINE = "    total = total + 1\n"
FUNCTION = '"""A module."""\n\n\ndef counted(total: int) -> int:\n    """Counts."""\n{}    return total\n'

# rule -> text of a module that breaks it
BROKEN_SOURCE: dict[str, list[str]] = {
    "module_size": ['"""A module."""\n' + "NUMBER = 1\n" * 400],
    "function_size": [FUNCTION.format(LINE * 58)],
    "function_size_p90": ["".join(f"def f{i}(total):\n{LINE * 26}\n" for i in range(20))],
    "parameters": ["def f(a, b, c, *, d, e, f): ...\n", "class C:\n    def f(self, a, b, c, d, e, f): ...\n"],
    "sql_from_text": [
        'def f(t): return f"SELECT name FROM {t}"\n',
        'def f(t): return f"select name\\nfrom {t}"\n',
        'def f(t): return f"with a as (select name from {t}) table a"\n',
        'def f(t): return "INSERT INTO " + t + " VALUES (1)"\n',
        'def f(t): return "DELETE FROM %s" % t\n',
        'def f(t): return "CREATE OR REPLACE TABLE {} AS FROM x".format(t)\n',
        "def f(t): return f\"ATTACH '{t}' AS lake\"\n",
        'def f(t, v): return f"UPDATE {t} SET a = {v}"\n',
        "def f(t): return f\"COPY {t} TO 'a.csv'\"\n",
        'def f(con, t): return con.execute(f"select 1 from {t}").fetchall()\n',
        'def f(t):\n    sql = ""\n    sql += f"select 1 from {t}"\n',
    ],
    "docstrings": [
        "NUMBER = 1\n",
        '"""A module."""\ndef shown(): ...\n',
        '"""A module."""\nclass Shown:\n    """A class."""\n    def shown(self): ...\n',
    ],
    "docstring_size": ['"""A module."""\ndef f():\n    """One.\n' + "    more\n" * 12 + '    """\n'],
    "pure_rooms": ["def f(path):\n    with open(path) as file:\n        return file.read()\n"],
}

# Composed text that people read, and SQL that is not composed, are no offences.
LAWFUL_SOURCE = [
    'def f(n): return f"Select {n} files from the list, then update the set."\n',
    'def f(n): return f"{n} rows were deleted from the table"\n',
    'def f(t): raise ValueError(f"SELECT * FROM {t} is not allowed here")\n',
    'def f(t, error): return error("No.", hint=f"Try SELECT * FROM {t}")\n',
    'SQL = "SELECT name " "FROM staging.records"\n',
    'def f(query, t): return query("SELECT name FROM $t", t=t)\n',
    "def f(a): return a % 2 + a\n",
]


@pytest.fixture
def package(checkout: Path, tmp_path: Path) -> Iterator[Path]:
    """The package in a copy of the checkout that may be spoilt."""
    folder = tmp_path / "checkout"
    shutil.copytree(checkout / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(checkout / "pyproject.toml", folder)
    yield folder / "src" / "kinfolk"
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("contract", "seed"),
    [pytest.param(c, seed, id=f"{c}-{i}") for c, seeds in BROKEN_IMPORTS.items() for i, seed in enumerate(seeds)],
)
def test_an_unlawful_import_breaks_its_contract(contract: str, seed: dict[str, str], package: Path) -> None:
    for name, text in seed.items():
        path = package / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    result = _lint(package, "--contract", contract)
    assert result.returncode == 1
    assert f"{_contracts(package)[contract]} BROKEN" in result.stdout


def test_the_unspoilt_copy_breaks_no_contract(package: Path) -> None:
    result = _lint(package)
    assert result.returncode == 0, result.stdout
    assert result.stdout.count(" KEPT") == len(BROKEN_IMPORTS)


def test_every_contract_has_a_seeded_violation(checkout: Path) -> None:
    assert set(_contracts(checkout / "src" / "kinfolk")) == set(BROKEN_IMPORTS)


@pytest.mark.parametrize(
    ("rule", "text"),
    [pytest.param(r, text, id=f"{r}-{i}") for r, texts in BROKEN_SOURCE.items() for i, text in enumerate(texts)],
)
def test_unlawful_source_is_an_offence(rule: str, text: str, checkout: Path, tmp_path: Path) -> None:
    room = tmp_path / "kinfolk" / "model"
    shutil.copytree(checkout / "src" / "kinfolk" / "model", room, ignore=shutil.ignore_patterns("__pycache__"))
    assert RULES[rule](tmp_path) == []
    (room / "seeded.py").write_text(text)
    assert {offence.file for offence in RULES[rule](tmp_path)} == {"kinfolk/model/seeded.py"}


@pytest.mark.parametrize("text", LAWFUL_SOURCE)
def test_sentences_and_fixed_sql_are_no_offence(text: str, tmp_path: Path) -> None:
    (tmp_path / "lawful.py").write_text(text)
    assert RULES["sql_from_text"](tmp_path) == []


@pytest.mark.parametrize("name", ["utils", "common", "helpers", "manager", "service"])
def test_a_name_that_says_nothing_is_an_offence(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").touch()
    (tmp_path / "customers").mkdir()
    assert [offence.file for offence in RULES["module_names"](tmp_path)] == [f"{name}.py"]


def test_every_source_rule_has_a_seeded_violation() -> None:
    assert set(BROKEN_SOURCE) | {"module_names"} == set(RULES)


def test_options_of_a_command_are_not_parameters(tmp_path: Path) -> None:
    room = tmp_path / "kinfolk" / "interfaces" / "cli"
    room.mkdir(parents=True)
    (room / "seeded.py").write_text(
        "@app.command()\ndef run(a, b, c, d, e, f): ...\n\n\ndef draw(a, b, c, d, e, f): ...\n"
    )
    assert [offence.what for offence in RULES["parameters"](tmp_path)] == ["draw takes 6 parameters, at most 5"]


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        ("unfinished", "src/a.py", "x = 1  # " + "TO" + "DO later"),
        ("unfinished", "docs/a.md", "FIX" + "ME"),
        ("private_places", "docs/a.md", "see /wo" + "rk/main"),
        ("private_places", "README.md", "in shar" + "ed/notes.md"),
        ("mocks", "tests/a/test_b.py", "from unittest.mock import patch"),
        ("mocks", "tests/a/test_b.py", "from unittest import mock"),
    ],
)
def test_an_unlawful_file_is_an_offence(rule: str, name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")
    assert [(o.file, o.line) for o in getattr(checkout_rules, rule)(tmp_path)] == [(name, 1)]


def test_a_fake_may_stand_where_a_mock_may_not(tmp_path: Path) -> None:
    (tmp_path / "tests" / "fakes").mkdir(parents=True)
    (tmp_path / "tests" / "fakes" / "clock.py").write_text("import unittest.mock\n")
    assert checkout_rules.mocks(tmp_path) == []


def test_a_table_that_forgets_its_promise_is_an_offence(package: Path) -> None:
    (package / "tables" / "seeded.py").write_text(
        "from kinfolk.tables.table import Column, Erasure, Table\n"
        'SEEDED = Table("seeded.t", "", (), (Column("a", "varchar", ""),), "person", Erasure.KEEP)\n'
    )
    wrong = [o.what for o in checkout_rules.table_promises(package.parents[1]) if o.file == "seeded.t"]
    assert wrong == [
        "has no grain",
        "has no keys, and its grain does not say that it is one row",
        "has a subject person that is no column",
        "leads to a person but is kept when the person is erased",
        "does not say what its column a is about",
    ]


def test_help_that_loads_a_database_is_an_offence(package: Path) -> None:
    command_line = package / "interfaces" / "cli" / "__init__.py"
    command_line.write_text(command_line.read_text() + "\nimport duckdb\n")
    assert "kinfolk --help:1: imports duckdb" in [str(o) for o in checkout_rules.lean_help(package.parents[1])]


def _contracts(package: Path) -> dict[str, str]:
    settings = tomllib.loads((package.parents[1] / "pyproject.toml").read_text())
    return {contract["id"]: contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]}


def _lint(package: Path, *options: str) -> subprocess.CompletedProcess[str]:
    program = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo", *options]
    # Wide, so that a contract's name is not broken over two lines.
    environment = os.environ | {"PYTHONPATH": str(package.parent), "COLUMNS": "400"}
    return subprocess.run(program, cwd=package.parents[1], env=environment, capture_output=True, text=True, timeout=60)
