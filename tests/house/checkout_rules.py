"""Rules about the whole checkout and about the running package; each gets a folder laid out like the checkout."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.house.rules import Offence, modules

TEXT = {".py", ".md", ".toml", ".yml", ".yaml", ".sql", ".sh", ".html", ".css", ".js", ".cfg", ".ini", ".txt", ""}
FOLDERS = ("src", "tests", "docs", "scripts", "benchmarks", ".ci")
GENERATED = {"__pycache__", "work", "node_modules"}
MOCKS = {"mock", "pytest_mock", "doublex", "flexmock"}
HEAVY = (
    "duckdb",
    "pyarrow",
    "pydantic",
    "sqlalchemy",
    "numpy",
    "scipy",
    "pandas",
    "pyspark",
    "phonenumbers",
    "rapidfuzz",
)

# Written in halves so that this file does not accuse itself.
_UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b|#.*\bX" + r"XX\b")
_PRIVATE = re.compile(
    "|".join(
        (
            r"(?<![\w.])/wo" + r"rk/",
            r"(?<!\.\./)\bshar" + r"ed/",
            r"\.\./shar" + r"ed/(?!data\b)",
            r"/opt/(?:py" + r"pi|whe" + r"els)",
            r"\bMISS" + r"ION\.md",
            r"\bARCHI" + r"TECTURE(?:\.md| §)",
        )
    )
)


def files(checkout: Path) -> Iterator[tuple[str, str]]:
    """Every text file of the checkout, as path and content; generated and ignored folders are left out."""
    paths = [path for path in checkout.iterdir() if path.is_file()]
    for name in FOLDERS:
        for folder, below, names in os.walk(checkout / name):
            below[:] = [inner for inner in below if inner not in GENERATED]
            paths += [Path(folder) / file for file in names]
    for path in sorted(paths):
        if path.suffix in TEXT and path.name != "LICENSE":
            yield path.relative_to(checkout).as_posix(), path.read_text(encoding="utf-8", errors="replace")


def unfinished(checkout: Path) -> list[Offence]:
    """Nothing is left for later in a comment."""
    return _matching(checkout, _UNFINISHED, "work left for later belongs in an issue")


def private_places(checkout: Path) -> list[Offence]:
    """Nothing names a folder that exists on one machine only."""
    return _matching(checkout, _PRIVATE, "names a private folder")


def mocks(checkout: Path) -> list[Offence]:
    """Tests meet the real thing, or a hand-written fake in tests/fakes; no mock library."""
    return [
        Offence(
            f"tests/{module.name}", node.lineno, "imports a mock; use the real thing, or write a fake in tests/fakes"
        )
        for module in modules(checkout / "tests")
        if not module.name.startswith("fakes/")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and any(_is_mock(name) for name in _imported(node))
    ]


def table_promises(checkout: Path) -> list[Offence]:
    """Every table says its grain, keys, subject and erasure, and they fit its columns."""
    described = _ask(checkout, "from tests.house.describe_tables import main; main()")
    return [Offence(table["name"], 1, what) for table in described for what in table["wrong"]]


def lean_help(checkout: Path) -> list[Offence]:
    """`kinfolk --help` loads none of the heavy libraries."""
    loaded = _ask(
        checkout,
        "import contextlib, io, json, sys\n"
        "from kinfolk.interfaces.cli import main\n"
        "sys.argv = ['kinfolk', '--help']\n"
        "with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.suppress(SystemExit):\n"
        "    main()\n"
        "assert 'Usage' in shown.getvalue(), shown.getvalue()\n"
        "print(json.dumps(sorted(sys.modules)))\n",
    )
    return [Offence("kinfolk --help", 1, f"imports {name}") for name in HEAVY if name in loaded]


def _matching(checkout: Path, pattern: re.Pattern[str], what: str) -> list[Offence]:
    return [
        Offence(name, number, f"{what}: {line.strip()[:80]}")
        for name, text in files(checkout)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names]


def _is_mock(name: str) -> bool:
    return name.split(".")[0] in MOCKS or name.split(".")[:2] == ["unittest", "mock"]


def _ask(checkout: Path, program: str) -> list[dict[str, object]]:
    """What a fresh Python prints as JSON, with the package of that checkout and the rules of this one."""
    here = Path(__file__).resolve().parents[2]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(checkout / "src"), str(here)])}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, timeout=60)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)
