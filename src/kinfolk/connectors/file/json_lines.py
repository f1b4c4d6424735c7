"""JSON: one object a line, or one array of objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from json.encoder import encode_basestring
from typing import Any

import pyarrow as pa

from kinfolk.connectors.file.names import ColumnNames
from kinfolk.connectors.file.options import FormatOptions
from kinfolk.connectors.file.rows import MAX_ROW, is_text, open_lines, rejected
from kinfolk.connectors.file.text import TextFile, open_text
from kinfolk.errors import SourceError
from kinfolk.model.locator import ArrowBatches, Part, Rejection

_BATCH_ROWS = 20_000
_BATCH_CHARACTERS = 32_000_000


class _Number(str):
    """A number as it was written."""


# NaN and Infinity are not JSON, but programs write them for a value that is missing.
_DECODER = json.JSONDecoder(parse_int=_Number, parse_float=_Number, parse_constant=lambda _: None)


Found = tuple[dict[str, Any] | Rejection, int]


def open_json(part: Part, options: FormatOptions) -> ArrowBatches:
    """A locator for a JSON file. Nested objects and lists stay JSON text; numbers keep their digits.

    A line that is no JSON object becomes a rejection. Columns are those of all lines together.
    Errors  SourceError if it is empty, not text, or one object is spread over several lines
    """
    text = open_text(part, options.encoding)
    with open_lines(text.path) as file:
        first = next((line for line in iter(lambda: file.readline(MAX_ROW), "") if not line.isspace()), "").strip()
    if first == "{":
        raise SourceError(
            "A JSON object is spread over several lines.",
            where=part.name,
            hint='Write one object a line (`jq -c . file`), or all of them in one array "[...]".',
        )
    objects = partial(_of_array, part, text) if first.startswith("[") else partial(_of_lines, text)
    return ArrowBatches((), partial(object_batches, objects), discard=text.discard, notes=text.notes)


def object_batches(objects: Callable[[], Iterator[Found]]) -> Iterator[pa.RecordBatch | Rejection]:
    """Batches with the columns that occur in them; a key keeps its column name through all of them.

    objects  each object, or why there is none, and its length in characters
    """
    names, columns = ColumnNames(), dict[str, str]()
    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    size = 0
    for number, (found, length) in enumerate(objects(), start=1):
        if isinstance(found, Rejection):
            yield found
            continue
        rows.append(found)
        numbers.append(number)
        size += length
        if len(rows) >= _BATCH_ROWS or size >= _BATCH_CHARACTERS:
            yield from _shallow(rows, numbers, names, columns)
            rows, numbers, size = [], [], 0
    if rows:
        yield from _shallow(rows, numbers, names, columns)


def _shallow(
    rows: list[dict[str, Any]], numbers: list[int], names: ColumnNames, columns: dict[str, str]
) -> Iterator[pa.RecordBatch | Rejection]:
    """The rows as a batch, but for those nested so deeply that their text cannot be made."""
    try:
        yield _batch(rows, numbers, names, columns)
        return
    except RecursionError:
        pass
    kept = []
    for row, number in zip(rows, numbers, strict=True):
        try:
            compact(row)
            kept.append((row, number))
        except RecursionError:
            yield rejected(number, "nested too deeply", json.dumps(row, ensure_ascii=False))
    if kept:
        yield _batch([row for row, _ in kept], [number for _, number in kept], names, columns)


def _batch(
    rows: list[dict[str, Any]], numbers: list[int], names: ColumnNames, columns: dict[str, str]
) -> pa.RecordBatch:
    keys = dict.fromkeys(key for row in rows for key in row)
    for key in keys:
        if key not in columns:
            columns[key] = names.give(key)
    cells = [pa.array([_text(row.get(key)) for row in rows], pa.string()) for key in keys]
    return pa.RecordBatch.from_arrays(
        [*cells, pa.array(numbers, pa.int64())], names=[*(columns[key] for key in keys), "_row"]
    )


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return compact(value)
    return str(value)


def compact(value: Any) -> str:
    """A decoded value as JSON text again, each number as it was written."""
    # Half of the time that reading events takes goes by here, so no encoder is made for each key and value.
    if isinstance(value, _Number):
        return value
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{encode_basestring(key)}:{compact(v)}" for key, v in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact, value)) + "]"
    return json.dumps(value)


def _of_lines(text: TextFile) -> Iterator[Found]:
    number = 0
    with open_lines(text.path) as file:
        while line := file.readline(MAX_ROW + 1):
            number += 1
            if line.isspace():
                continue
            if len(line) > MAX_ROW:
                yield rejected(number, f"longer than {MAX_ROW:,} characters", line), 0
                while (piece := file.readline(MAX_ROW)) and not piece.endswith(("\n", "\r")):
                    pass
                continue
            yield _object(line, number), len(line)


def _object(line: str, number: int) -> dict[str, Any] | Rejection:
    try:
        found = _DECODER.decode(line)
    except json.JSONDecodeError as error:
        return rejected(number, f"not JSON: {error.msg} at column {error.colno}", line)
    except RecursionError:
        return rejected(number, "nested too deeply", line)
    return accepted(found, number, line)


def decoded(text: str) -> Any:
    """The value a JSON text stands for; numbers keep their digits. Errors: ValueError, RecursionError."""
    return _DECODER.decode(text)


def accepted(found: Any, line: int, text: str) -> dict[str, Any] | Rejection:
    """The decoded object if a table can hold it, else its rejection. text: the object as it was written."""
    if not isinstance(found, dict):
        return rejected(line, "JSON, but not an object", text)
    if text.isascii() and "\\u" not in text:
        return found
    if not is_text(text):
        return rejected(line, "bytes that are not UTF-8", text)
    try:
        strings = "".join(_strings(found))
    except RecursionError:
        return rejected(line, "nested too deeply", text)
    if not is_text(strings):
        return rejected(line, "half of a surrogate pair, which is no character", text)
    return rejected(line, "contains a NUL character", text) if "\0" in strings else found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _of_array(part: Part, text: TextFile) -> Iterator[Found]:
    with open_lines(text.path) as file:
        whole = file.read()
    at, line, seen = whole.index("[") + 1, 1, 0
    while True:
        at = _after_space(whole, at)
        if whole.startswith("]", at):
            return
        line += whole.count("\n", seen, at)
        seen = at
        try:
            found, end = _DECODER.raw_decode(whole, at)
        except (json.JSONDecodeError, RecursionError) as error:
            raise SourceError(
                f"The JSON array breaks off or is damaged ({error}).",
                where=f"{part.name}, line {line}",
                hint="Export it again; one object a line would lose only the damaged row.",
            ) from error
        yield accepted(found, line, whole[at:end]), end - at
        at = _after_space(whole, end)
        at += whole.startswith(",", at)


def _after_space(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\n", "\r", "\t"):
        at += 1
    return at
