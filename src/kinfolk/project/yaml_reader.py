"""YAML 1.2 core: text stays text unless it is plainly a number, true, false or null; and every line is known."""

from __future__ import annotations

import re
from pathlib import Path as FilePath
from typing import Any

import yaml

from kinfolk.errors import Mistake
from kinfolk.model.place import Place
from kinfolk.project.document import Document, Path

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_MOST_NODES = 100_000
_MOST_LEVELS = 60
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEAN = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
# Numbers with a leading zero are left as text: they are postcodes, article numbers and prefixes far more often.
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


class WrittenInteger(int):
    """A whole number that remembers how it was written."""

    text: str


class WrittenFloat(float):
    """A number that remembers how it was written (1.10 is not 1.1 where a text is wanted)."""

    text: str


def read(path: FilePath, file: str) -> tuple[Document, list[Mistake]]:
    """The file as a Document; with mistakes for what is no YAML, is doubled, or is no UTF-8 text."""
    text, mistake = _text(path, file)
    return read_text(text, file) if mistake is None else (Document(file, readable=False), [mistake])


def read_text(text: str, file: str) -> tuple[Document, list[Mistake]]:
    """The text of a file as a Document; as `read`, for text that comes from elsewhere."""
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        return Document(file, readable=False), [_syntax_mistake(error, text, file)]
    if root is None:
        return Document(file, lines={(): 1}), []
    if not isinstance(root, yaml.MappingNode):
        what = "The file holds no keys and values (`name: value`)."
        return Document(file, readable=False), [Mistake(Place(file, root.start_mark.line + 1), what)]
    builder = _Builder(file)
    data = builder.mapping(root, ())
    return Document(file, data, builder.lines, readable=not builder.overgrown), builder.mistakes


def _text(path: FilePath, file: str) -> tuple[str, Mistake | None]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        return "", Mistake(Place(file), f"The file cannot be read: {error.strerror or 'unknown reason'}.")
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return "", Mistake(Place(file), f"The file is {encoding} text.", "Save it as UTF-8.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"The file is not UTF-8 text: byte 0x{raw[error.start]:02x} on this line."
        return "", Mistake(Place(file, line), what, "Save it as UTF-8.")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        return "", Mistake(
            Place(file, line), "The file holds a NUL byte.", "Remove it, or save the file again as UTF-8 text."
        )
    return text, None


def _syntax_mistake(error: yaml.YAMLError, text: str, file: str) -> Mistake:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Mistake(Place(file, line), "The line holds a control character that YAML does not allow.", "Remove it.")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 1
    problem = str(getattr(error, "problem", None) or "not readable")
    lines = text.splitlines()
    around = lines[line - 1] if line <= len(lines) else ""
    if "\t" in around[: len(around) - len(around.lstrip())]:
        return Mistake(Place(file, line), "The line is indented with a tab.", "YAML is indented with spaces.")
    context = getattr(error, "context", None)
    return Mistake(
        Place(file, line), f"This is not YAML: {problem}{f' ({context})' if context else ''}.", _advice(problem)
    )


def _advice(problem: str) -> str | None:
    if "cannot start any token" in problem:
        return "Put a value that starts with @, `, % or a tab in quotes."
    if "mapping values are not allowed" in problem:
        return "Look at the indentation, or put a value that holds `: ` in quotes."
    if "unexpected end of stream" in problem:
        return "A quote is opened and never closed."
    return None


class _Builder:
    """Walks the nodes of one file once, making values, lines and mistakes."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {(): 1}
        self.mistakes: list[Mistake] = []
        self.overgrown = False
        self._nodes = 0

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._mistake(line, "A key is a single word or text, not a list or a mapping.")
                continue
            key = key_node.value
            if key in made:
                first = self.lines[*path, key]
                self._mistake(line, f"`{key}` is written twice; the first is on line {first}.", "Keep one of them.")
                continue
            self.lines[*path, key] = line
            made[key] = self._value(value_node, (*path, key))
        return made

    def _value(self, node: yaml.Node, path: Path) -> Any:
        self._nodes += 1
        if self._nodes > _MOST_NODES or len(path) > _MOST_LEVELS:
            return self._overgrow(node)
        if isinstance(node, yaml.MappingNode):
            self._check_tag(node, "tag:yaml.org,2002:map")
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            self._check_tag(node, "tag:yaml.org,2002:seq")
            for number, item in enumerate(node.value):
                self.lines[*path, number] = item.start_mark.line + 1
            return [self._value(item, (*path, number)) for number, item in enumerate(node.value)]
        self._check_tag(node, "tag:yaml.org,2002:str")
        return node.value if getattr(node, "style", None) else _plain(node.value)

    def _overgrow(self, node: yaml.Node) -> None:
        if not self.overgrown:
            what = (
                f"With its aliases (`*name`) the file holds over {_MOST_NODES:,} values or {_MOST_LEVELS} levels here."
            )
            self._mistake(node.start_mark.line + 1, what, "Write it without aliases that hold themselves.")
        self.overgrown = True

    def _check_tag(self, node: yaml.Node, usual: str) -> None:
        if node.tag not in (usual, "!"):
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            self._mistake(node.start_mark.line + 1, f"YAML tags such as `{tag}` are not used here.", "Remove the tag.")

    def _mistake(self, line: int, what: str, hint: str | None = None) -> None:
        self.mistakes.append(Mistake(Place(self.file, line), what, hint))


def _plain(text: str) -> Any:
    """An unquoted scalar by the core schema; NO, yes, on, dates, 0123 and 0x1F stay text."""
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _INTEGER.fullmatch(text) and len(text) < 400:
        integer = WrittenInteger(text)
        integer.text = text
        return integer
    if _FLOAT.fullmatch(text):
        number = WrittenFloat(text)
        number.text = text
        return number
    return text
