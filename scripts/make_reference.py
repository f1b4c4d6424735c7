"""Writes the pages of docs/reference, and the rooms in docs/explanation/architecture.md, from the code.

python scripts/make_reference.py           write them
python scripts/make_reference.py --check   say which ones are out of date, and fail if any is
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import pkgutil
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

import kinfolk.tables
from kinfolk import errors
from kinfolk.commands.schema import schema
from kinfolk.interfaces.cli.app import app
from kinfolk.tables.landing import landing_table
from kinfolk.tables.table import Erasure, Table

CHECKOUT = Path(__file__).resolve().parents[1]
DOCS = CHECKOUT / "docs"
PACKAGE = CHECKOUT / "src" / "kinfolk"
NOTE = "<!-- Made by `make reference` from the code; edit the code instead. -->\n"
FILES = {
    "kinfolk": "kinfolk.yml",
    "source": "sources/*.yml",
    "identity": "identity.yml",
    "owners": "owners.yml",
    "contract": "contracts/*.odcs.yaml",
    "model": "models/*.yml",
    "consent": "policies/consent.yml",
    "access": "policies/access.yml",
    "tracking": "tracking/*.yml",
    "matching-model": "matching-model.json",
}
ROOMS = ("<!-- rooms:start -->\n", "<!-- rooms:end -->\n")

ERASED = {
    Erasure.DELETE_ROWS: "the person's rows are deleted",
    Erasure.REBUILD: "made anew from tables already erased",
    Erasure.KEEP: "kept: nothing in it is about a person",
}


def main() -> int:
    """Write the pages, or with --check only compare them; 1 when a compared page differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    only_compare = parser.parse_args().check
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if not only_compare:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages()[path], encoding="utf-8")
        print(f"{path.relative_to(CHECKOUT)} {'is out of date: run `make reference`' if only_compare else 'written'}")
    return 1 if stale and only_compare else 0


def pages() -> dict[Path, str]:
    """Every generated page with the text it should have."""
    return {
        DOCS / "reference" / "cli.md": command_line_page(),
        DOCS / "reference" / "project-files.md": project_files_page(),
        DOCS / "reference" / "tables.md": tables_page(),
        DOCS / "reference" / "errors.md": errors_page(),
        DOCS / "explanation" / "architecture.md": architecture_page(),
    }


def grid(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table, or nothing when there are no rows."""
    cells = [tuple(_cell(cell) for cell in row) for row in rows]
    if not cells:
        return ""
    lines = [header, tuple("---" for _ in header), *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


# --- The command line ---


def command_line_page() -> str:
    """Every command with its arguments and options, as Typer knows them."""
    root = typer.main.get_command(app)
    context = root.make_context("kinfolk", [], resilient_parsing=True)
    parts = [f"{NOTE}\n# Command line\n\n{root.help}\n\n", _parameters(root), _OUTCOMES]
    for name, command in _commands("", root, context):
        usage = command.make_context(f"kinfolk {name}", [], resilient_parsing=True).get_usage()
        parts += [f"## kinfolk {name}\n\n{inspect.cleandoc(command.help or '')}\n\n"]
        parts += [f"```text\n{usage.removeprefix('Usage: ')}\n```\n\n", _parameters(command)]
    return "".join(parts).rstrip("\n") + "\n"


def _commands(path: str, group: Any, context: Any) -> Iterator[tuple[str, Any]]:
    """Every command with the words that call it; those of a group after the group itself."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield f"{path}{name}", command
        if hasattr(command, "list_commands"):
            yield from _commands(f"{path}{name} ", command, context)


_OUTCOMES = (
    "Answers go to standard output, notes and progress to standard error. With `--json` the answer is JSON, and so is\n"
    "an error. A command ends with 0 when it did what was asked; [errors](errors.md) lists the other codes.\n\n"
)


def _parameters(command: Any) -> str:
    rows = []
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            name = f"`{parameter.name.upper()}`"
        else:
            name = ", ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))
        rows.append((name, _about(parameter), _default(parameter)))
    return grid(("Argument or option", "What it does", "Default"), rows)


def _about(parameter: Any) -> str:
    return (getattr(parameter, "help", None) or "") + (" Required." if parameter.required else "")


def _default(parameter: Any) -> str:
    if isinstance(getattr(parameter, "show_default", None), str):
        return str(parameter.show_default)
    if parameter.default is None or callable(parameter.default) or parameter.required or parameter.default is False:
        return ""
    return f"`{parameter.default}`"


# --- The project's files ---


def project_files_page() -> str:
    """Every kind of project file with its settings, from the JSON Schemas an editor uses."""
    parts = [f"{NOTE}\n# Project files\n\n{_PROJECT_FILES}"]
    for kind, described in schema(None).items():
        parts += [f"## {FILES.get(kind, kind)}\n\n", _object(kind, described, described)]
        parts += [
            f"### {name} ({kind})\n\n" + _object(kind, part, described)
            for name, part in described.get("$defs", {}).items()
            if part.get("properties")
        ]
    return "".join(parts).rstrip("\n") + "\n"


_PROJECT_FILES = (
    "A project is a folder of these files. `kinfolk check` names every mistake in them with its file and line;\n"
    "`kinfolk schema` prints the JSON Schemas from which this page is made, for completion in an editor.\n\n"
)


def _object(kind: str, described: dict[str, Any], root: dict[str, Any]) -> str:
    about = described.get("description", "")
    required = described.get("required", [])
    rows = [
        (f"`{name}`", _type(kind, part, root), part.get("description", ""), _setting_default(name, part, required))
        for name, part in described.get("properties", {}).items()
    ]
    return (f"{' '.join(about.split())}\n\n" if about else "") + grid(("Setting", "Value", "Meaning", "Default"), rows)


def _setting_default(name: str, part: dict[str, Any], required: list[str]) -> str:
    if name in required:
        return "required"
    default = part.get("default")
    return "" if default in (None, [], "") or isinstance(default, dict) else f"`{default}`"


def _type(kind: str, part: dict[str, Any], root: dict[str, Any]) -> str:
    """A schema's type in a few words, with a link where it has settings of its own."""
    if "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[-1]
        target = root.get("$defs", {}).get(name, {})
        return f"[{name}](#{name.lower()}-{kind})" if target.get("properties") else _type(kind, target, root)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in part:
            kinds = [_type(kind, option, root) for option in part[several] if option.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    if "const" in part:
        return f"`{part['const']}`"
    if part.get("type") == "array":
        return f"list of {_type(kind, part.get('items', {}), root)}"
    if part.get("type") == "object":
        inside = part.get("additionalProperties")
        return f"name → {_type(kind, inside, root)}" if isinstance(inside, dict) else "mapping"
    return {"string": "text", "boolean": "true or false", "integer": "whole number"}.get(
        part.get("type", ""), part.get("type", "any")
    )


# --- Tables ---


def every_table() -> list[Table]:
    """Each table declared in kinfolk.tables, once, in order of name; SOURCE stands for the name of any source."""
    any_source = landing_table("SOURCE")
    found: dict[int, Table] = {id(any_source): any_source}
    for info in pkgutil.walk_packages(kinfolk.tables.__path__, "kinfolk.tables."):
        for value in vars(importlib.import_module(info.name)).values():
            found |= {id(table): table for table in _tables_in(value)}
    return sorted(found.values(), key=lambda table: table.name)


def _tables_in(value: object) -> Iterator[Table]:
    if isinstance(value, Table):
        yield value
    elif isinstance(value, dict | tuple | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _tables_in(item)


def tables_page() -> str:
    """Every published table: grain, keys, subject, erasure, columns."""
    parts = [f"{NOTE}\n# Tables\n\n{_TABLES}"]
    for table in every_table():
        keys = " + ".join(f"`{key}`" for key in table.keys) or "none, one row"
        facts = [f"**One row** {table.grain.removeprefix('one ')}", f"**Key** {keys}"]
        if table.subject:
            facts.append(f"**Person** found by `{table.subject}`")
        facts.append(f"**When a person is erased** {ERASED[table.erasure]}")
        parts += [f"## {table.name}\n\n", "".join(f"- {fact}\n" for fact in facts), "\n"]
        parts.append(grid(("Column", "Type", "Meaning"), ((f"`{c.name}`", c.type, c.about) for c in table.columns)))
    return "".join(parts).rstrip("\n") + "\n"


_TABLES = (
    "What one stage leaves for another, and for you: `kinfolk query` reads all of these. Names, grain and columns are\n"
    "a promise. Moments are UTC.\n\n"
)


# --- Errors ---


def errors_page() -> str:
    """Every error with its exit code, drawn from the tree in errors.py."""
    rows = [(f"`{e.exit_code}`", f"`{e.__name__}`", inspect.getdoc(e) or "") for e in _descendants(errors.KinfolkError)]
    return (
        f"{NOTE}\n# Errors and exit codes\n\n{_ERRORS}"
        + grid(("Code", "Error", "When"), sorted([*_OWN_CODES, *rows], key=_code)).rstrip("\n")
        + "\n"
    )


_ERRORS = (
    "An error says what happened, where, and what to do. With `--json` it is one JSON object on standard error.\n"
    "Whatever the code, a run that did not finish published nothing.\n\n"
)
_OWN_CODES = [
    ("`0`", "", "Done."),
    ("`1`", "", "An unforeseen failure: a defect worth reporting."),
    ("`2`", "", "Wrong usage of the command line."),
    ("`130`", "", "Stopped from the keyboard."),
]


def _code(row: tuple[str, ...]) -> int:
    return int(row[0].strip("`"))


def _descendants(kind: type[errors.KinfolkError]) -> list[type[errors.KinfolkError]]:
    return [e for child in kind.__subclasses__() for e in (child, *_descendants(child))]


# --- Rooms ---


def architecture_page() -> str:
    """The page on architecture with its rooms drawn from the source and the import rules."""
    page = (DOCS / "explanation" / "architecture.md").read_text("utf-8")
    before, rest = page.split(ROOMS[0])
    return before + ROOMS[0] + _rooms() + ROOMS[1] + rest.split(ROOMS[1])[1]


def storeys() -> list[list[str]]:
    """Rooms from top to bottom as the import rules list them, those that exist; neighbours are independent."""
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    (contract,) = (c for c in settings["tool"]["importlinter"]["contracts"] if c["id"] == "storeys")
    named = [[room.strip(" ()") for room in layer.split("|")] for layer in contract["layers"]]
    kept = [
        [room for room in layer if (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").exists()] for layer in named
    ]
    return [layer for layer in kept if layer]


def _rooms() -> str:
    inner = 76
    lines = []
    for layer in storeys():
        width = (inner - len(layer) + 1) // len(layer)
        lines.append("│" + "│".join(room.center(width) for room in layer).ljust(inner) + "│")
    edge = "─" * inner
    drawing = f"┌{edge}┐\n" + f"\n├{edge}┤\n".join(lines) + f"\n└{edge}┘\n"
    rows = [(f"`{room}`", _purpose(room), ", ".join(_inside(room))) for layer in storeys() for room in layer]
    return f"\n```text\n{drawing}```\n\n" + grid(("Room", "What it is for", "What is inside"), rows)


def _inside(room: str) -> list[str]:
    """Modules and packages directly inside a room."""
    found = (path for path in (PACKAGE / room).glob("*") if path.suffix == ".py" or (path / "__init__.py").exists())
    return sorted(path.stem for path in found if not path.stem.startswith("_"))


def _purpose(room: str) -> str:
    first = PACKAGE / room / "__init__.py"
    tree = ast.parse((first if first.exists() else PACKAGE / f"{room}.py").read_text("utf-8"))
    return (ast.get_docstring(tree) or "").split("\n\n")[0]


if __name__ == "__main__":
    sys.exit(main())
