"""The house's rules that import-linter cannot express, each a function from a source tree to its offences.

A rule gets the folder that holds the package (`src`), so that the same rule measures the real tree and a seeded copy.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.house.sql_text import is_sql

MODULE_LINES = 400
FUNCTION_LINES = 60
FUNCTION_LINES_P90 = 25
PARAMETERS = 5
DOCSTRING_LINES = 12
VAGUE_NAMES = re.compile(r"_?(utils?|commons?|helpers?|managers?|services?|misc)")
PURE_ROOMS = ("expressions", "tables", "model", "errors", "policy")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, order=True)
class Offence:
    """One place that breaks one rule."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


@dataclass(frozen=True)
class Module:
    """A parsed Python file; `name` is its path below the tree."""

    name: str
    text: str
    tree: ast.Module

    def offence(self, node: ast.AST | int, what: str) -> Offence:
        """An offence at a node or a line of this module."""
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return Offence(self.name, line, what)


Rule = Callable[[Path], list[Offence]]


def modules(tree: Path) -> Iterator[Module]:
    """Every Python file below the tree, in order of path."""
    for path in sorted(tree.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield Module(path.relative_to(tree).as_posix(), text, ast.parse(text))


def functions(module: Module) -> Iterator[Function]:
    """Every function and method of a module, nested ones too."""
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def length(function: Function) -> int:
    """Lines from `def` to the end, docstring included, decorators not."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def module_size(tree: Path) -> list[Offence]:
    """A module has at most 400 lines."""
    sizes = ((module, module.text.count("\n")) for module in modules(tree))
    return [m.offence(1, f"module of {n} lines, at most {MODULE_LINES}") for m, n in sizes if n > MODULE_LINES]


def function_size(tree: Path) -> list[Offence]:
    """A function has at most 60 lines."""
    return [
        module.offence(f, f"{f.name} has {length(f)} lines, at most {FUNCTION_LINES}")
        for module in modules(tree)
        for f in functions(module)
        if length(f) > FUNCTION_LINES
    ]


def function_size_p90(tree: Path) -> list[Offence]:
    """Nine functions of ten have at most 25 lines."""
    every = sorted((length(f), module.offence(f, f.name)) for module in modules(tree) for f in functions(module))
    if not every:
        return []
    p90 = every[int(0.9 * (len(every) - 1))][0]
    if p90 <= FUNCTION_LINES_P90:
        return []
    what = f"the 90th percentile of function length is {p90} lines, at most {FUNCTION_LINES_P90}; this one has "
    return [Offence(o.file, o.line, f"{what}{n}: {o.what}") for n, o in every if n >= p90]


def parameters(tree: Path) -> list[Offence]:
    """A function takes at most five parameters; a command's options are not parameters."""
    offences = []
    for module in modules(tree):
        commands = _commands(module) if "/interfaces/cli" in f"/{module.name}" else set()
        for function in functions(module):
            count = _parameter_count(function)
            if count > PARAMETERS and function.name not in commands:
                offences.append(
                    module.offence(function, f"{function.name} takes {count} parameters, at most {PARAMETERS}")
                )
    return offences


def module_names(tree: Path) -> list[Offence]:
    """A module is named after what it holds."""
    paths = [path for path in sorted(tree.rglob("*")) if path.is_dir() or path.suffix == ".py"]
    return [
        Offence(path.relative_to(tree).as_posix(), 1, f"{path.stem} says nothing about what is inside")
        for path in paths
        if VAGUE_NAMES.fullmatch(path.stem)
    ]


def sql_from_text(tree: Path) -> list[Offence]:
    """SQL is a tree with values bound as nodes, never text put together."""
    return [
        module.offence(node, "SQL put together from text; write it with $holes and fill them (engine.sql)")
        for module in modules(tree)
        for node in _composed_sql(module.tree)
    ]


def docstrings(tree: Path) -> list[Offence]:
    """Every public module, class and function says what comes out of it."""
    return [
        module.offence(node, f"{name} is public and has no docstring")
        for module in modules(tree)
        for name, node in _public(module)
        if not (ast.get_docstring(node) or "").strip()
    ]


def docstring_size(tree: Path) -> list[Offence]:
    """The docstring of a class or function has at most twelve lines."""
    return [
        module.offence(node, f"the docstring of {name} has more than {DOCSTRING_LINES} lines")
        for module in modules(tree)
        for name, node in _public(module)
        if not isinstance(node, ast.Module)
        if len((ast.get_docstring(node) or "").splitlines()) > DOCSTRING_LINES
    ]


def pure_rooms(tree: Path) -> list[Offence]:
    """Rooms without side effects open no file by the built-in, which no import would show."""
    return [
        module.offence(node, "open() in a room that touches no file")
        for module in modules(tree)
        if module.name.removeprefix("kinfolk/").removesuffix(".py").split("/")[0] in PURE_ROOMS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    ]


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        module_size,
        function_size,
        function_size_p90,
        parameters,
        module_names,
        sql_from_text,
        docstrings,
        docstring_size,
        pure_rooms,
    )
}


def _parameter_count(function: Function) -> int:
    taken = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return len([a for a in taken if a.arg not in ("self", "cls")])


def _commands(module: Module) -> set[str]:
    """Functions registered with Typer: decorated with .command()/.callback(), or handed to one."""
    found = set()
    for node in ast.walk(module.tree):
        if isinstance(node, Function) and any(_registers(decorator) for decorator in node.decorator_list):
            found.add(node.name)
        if isinstance(node, ast.Call) and _registers(node.func):
            found |= {argument.id for argument in node.args if isinstance(argument, ast.Name)}
    return found


def _registers(node: ast.expr) -> bool:
    call = node.func if isinstance(node, ast.Call) else node
    return isinstance(call, ast.Attribute) and call.attr in ("command", "callback")


def _public(module: Module) -> Iterator[tuple[str, ast.Module | ast.ClassDef | Function]]:
    """The module, its public classes and functions, and the public methods of those classes."""
    yield module.name, module.tree
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_") and not _is_overload(node):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                methods = (n for n in node.body if isinstance(n, Function))
                yield from (
                    (f"{node.name}.{m.name}", m) for m in methods if not m.name.startswith("_") and not _is_overload(m)
                )


def _is_overload(node: ast.ClassDef | Function) -> bool:
    names = {d.attr if isinstance(d, ast.Attribute) else getattr(d, "id", "") for d in node.decorator_list}
    return bool(names & {"overload", "setter"})


_FOR_PEOPLE = {"hint", "what", "title", "help", "effect", "reason", "about"}


def _composed_sql(node: ast.AST) -> Iterator[ast.AST]:
    """Expressions that compose SQL text; what is raised or shown to people is left out."""
    if isinstance(node, ast.Raise) or (isinstance(node, ast.keyword) and node.arg in _FOR_PEOPLE):
        return
    composed = _composed_text(node)
    if composed is not None and is_sql(composed):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _composed_sql(child)


def _composed_text(node: ast.AST) -> str | None:
    """The literal text of an f-string, a concatenation, `%` or `.format`, holes as `{}`; None for anything else."""
    if isinstance(node, ast.JoinedStr):
        return _literal_text(node) if any(isinstance(v, ast.FormattedValue) for v in node.values) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        text = _literal_text(node)
        return text if "{}" in text and text.strip("{} ") else None
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        return _literal_text(node.value) + "{}"
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("format", "format_map")
    ):
        text = _literal_text(node.func.value)
        return text if text != "{}" else None
    return None


def _literal_text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else "{}"
    if isinstance(node, ast.JoinedStr):
        return "".join(_literal_text(value) for value in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _literal_text(node.left) + _literal_text(node.right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _literal_text(node.left) + "{}"
    return "{}"
