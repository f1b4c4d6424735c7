"""Pages made from the code say what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from kinfolk import errors
from scripts.make_reference import command_line_page, errors_page, every_table, grid, storeys, tables_page


def test_the_generated_pages_are_up_to_date(checkout: Path) -> None:
    program = [sys.executable, "scripts/make_reference.py", "--check"]
    done = subprocess.run(program, cwd=checkout, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_is_described() -> None:
    commands = re.findall(r"^## kinfolk (\w+)$", command_line_page(), re.MULTILINE)
    assert {"init", "check", "run", "status", "show", "explain", "query", "schema", "demo"} <= set(commands)


def test_every_table_is_described_with_its_columns() -> None:
    page = tables_page()
    for table in every_table():
        assert f"## {table.name}\n" in page
        assert all(f"| `{column.name}` | {column.type} |" in page for column in table.columns)


def test_every_exit_code_is_described() -> None:
    page = errors_page()
    for error in (errors.ProjectError, errors.SourceError, errors.BusyError, errors.QueryError, errors.EngineError):
        assert f"| `{error.exit_code}` | `{error.__name__}` |" in page


def test_rooms_are_drawn_from_top_to_bottom() -> None:
    rooms = [room for layer in storeys() for room in layer]
    assert rooms.index("interfaces") < rooms.index("stages") < rooms.index("tables")
    assert ["connectors", "engine", "project", "store"] in [sorted(layer) for layer in storeys()]


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert grid(("A",), [("x | y",)]) == "| A |\n| --- |\n| x \\| y |\n\n"
