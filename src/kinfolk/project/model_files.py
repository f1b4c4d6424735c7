"""models/*.sql, models/*.py and models/tests/*.sql as they are written: what each reads, makes and must not do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from kinfolk.errors import Mistake
from kinfolk.model.company_model import Language, Severity
from kinfolk.model.place import Place
from kinfolk.project.model_sql import Mention, select

_SEVERITY = re.compile(r"^\s*--\s*severity\s*:\s*(\S*)\s*$", re.MULTILINE | re.IGNORECASE)
_INSIDE = ("READS", "COLUMNS")


@dataclass(frozen=True)
class WrittenModel:
    """One file of models/, or of models/tests/, after reading.

    outputs   names of the columns it makes; None where they are not written out
    readable  False when it could not be read; reads and outputs are then empty
    """

    file: str
    language: Language
    text: str
    reads: tuple[Mention, ...] = ()
    outputs: tuple[str, ...] | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    severity: Severity = Severity.FAIL
    readable: bool = True

    @property
    def name(self) -> str:
        """The file's name without folder and ending."""
        return PurePosixPath(self.file).stem


def read_models(folder: Path) -> tuple[tuple[WrittenModel, ...], tuple[WrittenModel, ...], list[Mistake]]:
    """The models, the tests in SQL, and what is wrong with each of them by itself."""
    mistakes: list[Mistake] = []
    models, tests = [], []
    for path in _files(folder / "models"):
        if path.suffix in (".sql", ".py"):
            models.append(_read(path, folder, mistakes, is_test=False))
    for path in _files(folder / "models" / "tests"):
        if path.suffix == ".sql":
            tests.append(_read(path, folder, mistakes, is_test=True))
    mistakes += _unread(folder)
    return tuple(models), tuple(tests), mistakes


def model_docs(folder: Path) -> list[Path]:
    """Files of models/ that say what a model promises."""
    return [path for path in _files(folder / "models") if path.suffix in (".yml", ".yaml")]


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def _unread(folder: Path) -> Iterator[Mistake]:
    """What would be passed over in silence."""
    for path in sorted(folder.glob("models/*")):
        place = Place(path.relative_to(folder).as_posix())
        known = path.suffix in (".sql", ".py", ".yml", ".yaml") if path.is_file() else path.name == "tests"
        if not known and not path.name.startswith((".", "__pycache__")) and path.suffix != ".md":
            what = "This folder is not read." if path.is_dir() else "A file of this kind is not read."
            yield Mistake(
                place, what, "A model is models/<name>.sql or models/<name>.py; its tests are in models/tests."
            )
    for path in sorted(folder.glob("models/tests/*")):
        if path.suffix != ".sql" and not path.name.startswith(".") and path.suffix != ".md":
            what = "Only .sql files are read here."
            yield Mistake(Place(path.relative_to(folder).as_posix()), what, "A test is one SELECT of the wrong rows.")


def _read(path: Path, folder: Path, mistakes: list[Mistake], *, is_test: bool) -> WrittenModel:
    file = path.relative_to(folder).as_posix()
    language = Language.SQL if path.suffix == ".sql" else Language.PYTHON
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        mistakes.append(Mistake(Place(file), "The file is not UTF-8.", "Save it as UTF-8."))
        return WrittenModel(file, language, "", readable=False)
    if language is Language.PYTHON:
        return _python(file, text, mistakes)
    severity, found = _severity(file, text) if is_test else (Severity.FAIL, [])
    reads, outputs, more = select(text, file, named=not is_test)
    mistakes += [*found, *more]
    return WrittenModel(file, language, text, reads, outputs, severity=severity, readable=not more)


def _severity(file: str, text: str) -> tuple[Severity, list[Mistake]]:
    written = _SEVERITY.search(text)
    if written is None:
        return Severity.FAIL, []
    try:
        return Severity(written[1].lower()), []
    except ValueError:
        line = text.count("\n", 0, written.start(1)) + 1
        what = f"`severity` cannot be `{written[1]}`."
        return Severity.FAIL, [Mistake(Place(file, line), what, "Known here: `fail`, `warn`.")]


def _python(file: str, text: str, mistakes: list[Mistake]) -> WrittenModel:
    """What the module declares, read without running it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None) or 1
        mistakes.append(Mistake(Place(file, line), f"The Python cannot be read: {getattr(error, 'msg', error)}."))
        return WrittenModel(file, Language.PYTHON, text, readable=False)
    found = list(_undeclared(tree, file))
    declared: dict[str, tuple[dict[str, object], int]] = {}
    for name, node in _declarations(tree):
        try:
            value = ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, RecursionError):
            value = None
        if isinstance(value, dict) and all(isinstance(key, str) and key for key in value):
            declared[name] = (value, node.lineno)
        else:
            found.append(Mistake(Place(file, node.lineno), f"`{name}` must be a dict written out.", _READS))
    reads, line = declared.get("READS", ({}, 1))
    columns, columns_line = declared.get("COLUMNS", ({}, 1))
    if not all(isinstance(table, str) for table in reads.values()) or ("READS" in declared and not reads):
        found.append(Mistake(Place(file, line), "`READS` must name a table for each input.", _READS))
        reads = {}
    inputs = {name: str(table) for name, table in reads.items()}
    origins = {name: _words(value) for name, value in columns.items()}
    found += _origins_known(Place(file, columns_line), origins, inputs)
    mistakes += found
    return WrittenModel(
        file,
        Language.PYTHON,
        text,
        reads=tuple(Mention(table, line) for table in dict.fromkeys(inputs.values())),
        outputs=tuple(origins) or None,
        inputs=inputs,
        origins=origins,
        readable=not found,
    )


_READS = 'Write `READS = {"orders": "profiles.orders"}`.'


def _undeclared(tree: ast.Module, file: str) -> Iterator[Mistake]:
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "model"]
    if not functions:
        hint = "Write `def model(inputs):`; it gets Arrow tables by name and returns one."
        yield Mistake(Place(file), "There is no function `model`.", hint)
    elif len(functions[-1].args.posonlyargs + functions[-1].args.args) != 1:
        yield Mistake(Place(file, functions[-1].lineno), "`model` takes one argument, the inputs.")
    if not any(name == "READS" for name, _ in _declarations(tree)):
        yield Mistake(Place(file), "The tables it reads are not declared.", _READS)


def _declarations(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if isinstance(target, ast.Name) and target.id in _INSIDE and node.value is not None:  # type: ignore[attr-defined]  # assignments only
                yield target.id, node.value  # type: ignore[attr-defined]  # assignments only


def _words(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, (list, tuple)) else (str(value),)


def _origins_known(place: Place, origins: Mapping[str, Iterable[str]], inputs: Mapping[str, str]) -> Iterator[Mistake]:
    for output, columns in origins.items():
        for name in columns:
            of, dot, _ = name.partition(".")
            if not dot or of not in inputs:
                what = f"`COLUMNS` makes `{output}` from `{name}`, which names no input."
                yield Mistake(place, what, f"Write input.column; inputs are {', '.join(inputs) or 'none'}.")
