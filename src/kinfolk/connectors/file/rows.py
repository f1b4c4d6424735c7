"""Delimited text read exactly: every line ends up in a row or in a rejection."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import pyarrow as pa
import pyarrow.compute as pc

from kinfolk.model.locator import Rejection

MAX_ROW = 64_000_000  # characters; a longer row is rejected
KEPT_TEXT = 100_000  # characters of a rejected row that are kept
_BATCH_ROWS = 50_000
_BATCH_CHARACTERS = 32_000_000
_CHUNK_LINES = 1_000
_CHUNK_CHARACTERS = 1_000_000
_NOT_UTF8 = re.compile("[\udc80-\udcff]+")


@dataclass(frozen=True)
class Dialect:
    """The character between fields, and the one around them ("" if there is none)."""

    delimiter: str
    quote: str

    def spaced(self, text: str) -> bool:
        """Whether a quote opens a field after one space. It quotes, as in DuckDB; after two it is a character."""
        opening = " " + self.quote
        starts = (self.delimiter + opening, "\n" + opening, "\r" + opening)
        return opening in text and (text.startswith(opening) or any(start in text for start in starts))


@dataclass
class _Lines:
    """Physical lines with their number; lines can be given back."""

    file: TextIO
    number: int = 0
    _returned: deque[str] = field(default_factory=deque)

    def next(self) -> str:
        """The next line with its end; "" at the end of the file. One line stops after MAX_ROW + 1 characters."""
        line = self._returned.popleft() if self._returned else self.file.readline(MAX_ROW + 1)
        self.number += bool(line)
        return line

    def several(self) -> list[str]:
        """The next lines, some hundred thousand characters of them."""
        lines, size, read = list[str](), 0, self.file.readline
        while len(lines) < _CHUNK_LINES and size < _CHUNK_CHARACTERS:
            line = self._returned.popleft() if self._returned else read(MAX_ROW + 1)
            if not line:
                break
            lines.append(line)
            size += len(line)
        self.number += len(lines)
        return lines

    def give_back(self, lines: Sequence[str]) -> None:
        self.number -= len(lines)
        self._returned.extendleft(reversed(lines))

    def skip_rest(self) -> None:
        """Passes over what is left of a line that was too long."""
        while (piece := self.file.readline(MAX_ROW)) and not piece.endswith(("\n", "\r")):
            pass


def open_lines(path: Path) -> TextIO:
    """The file's text; bytes that are not UTF-8 become lone surrogates, line ends stay as they are."""
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


Record = tuple[int, list[str] | Rejection, str]


def records(file: TextIO, dialect: Dialect, skip: int = 0) -> Iterator[Record]:
    """Every row after `skip` lines that is not blank: its line, its fields or why there are none, its text."""
    lines = _Lines(file)
    for _ in range(skip):
        lines.next()
    return _records(lines, dialect, None)


def _records(lines: _Lines, dialect: Dialect, width: int | None) -> Iterator[Record]:
    """width: fields a row must have; with it, a row that fails is known to end before the next line that is one."""
    while line := lines.next():
        start = lines.number
        if line.isspace() and dialect.delimiter not in line:
            continue
        if len(line) > MAX_ROW and not line.endswith(("\n", "\r")):
            lines.skip_rest()
            yield start, rejected(start, f"longer than {MAX_ROW:,} characters", line), line
        elif dialect.quote and dialect.quote in line:
            yield start, *_quoted(lines, line, dialect, width)
        else:
            fields = line.rstrip("\r\n").split(dialect.delimiter)
            yield start, _fitted(fields, width, start, line), line


def batches(path: Path, dialect: Dialect, columns: tuple[str, ...], skip: int) -> Iterator[pa.RecordBatch | Rejection]:
    """All rows as text batches with `_row`, and all rejections, in the order of the file."""
    rows: list[list[str]] = []
    numbers: list[int] = []
    size = number = 0
    with open_lines(path) as file:
        for text, found in _pieces(file, dialect, len(columns), skip):
            if isinstance(found, Rejection):
                number += 1
                yield found
                continue
            rows += found
            numbers += range(number + 1, number + len(found) + 1)
            number += len(found)
            size += text
            if len(rows) >= _BATCH_ROWS or size >= _BATCH_CHARACTERS:
                yield text_batch(columns, rows, numbers)
                rows, numbers, size = [], [], 0
    if rows:
        yield text_batch(columns, rows, numbers)


def _pieces(file: TextIO, dialect: Dialect, width: int, skip: int) -> Iterator[tuple[int, list[list[str]] | Rejection]]:
    """Rows, with the characters they take: many at once where nothing about their lines is unusual, else one by one."""
    lines = _Lines(file)
    for _ in range(skip):
        lines.next()
    while chunk := lines.several():
        if rows := _usual(chunk, dialect, width):
            yield sum(map(len, chunk)), rows
            continue
        end = lines.number
        lines.give_back(chunk)
        for line, fields, text in _records(lines, dialect, width):
            found = fields if isinstance(fields, Rejection) else _checked(fields, line, text)
            yield len(text), found if isinstance(found, Rejection) else [found]
            if lines.number >= end:
                break


def _usual(chunk: Sequence[str], dialect: Dialect, width: int) -> list[list[str]] | None:
    """The rows of the lines if each line is one flawless row; None if any needs a closer look."""
    text = "".join(chunk)
    if len(chunk[-1]) > MAX_ROW:
        return None
    if "\0" in text or not is_text(text):
        return None
    if not dialect.quote or dialect.quote not in text:
        rows = [line.rstrip("\r\n").split(dialect.delimiter) for line in chunk]
    elif dialect.spaced(text):  # which the standard library takes for a character
        return None
    else:
        try:
            rows = list(csv.reader(chunk, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True))
        except csv.Error:
            return None
    blank = width == 1 and any(map(str.isspace, chunk))
    return rows if len(rows) == len(chunk) and set(map(len, rows)) == {width} and not blank else None


def text_batch(columns: Sequence[str], rows: Sequence[Sequence[str | None]], numbers: list[int]) -> pa.RecordBatch:
    """Rows of text as one Arrow batch; empty text becomes null."""
    nothing = pa.scalar(None, pa.string())
    texts = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    cells = [pc.if_else(pc.equal(column, pa.scalar("")), nothing, column) for column in texts]
    return pa.RecordBatch.from_arrays([*cells, pa.array(numbers, pa.int64())], names=[*columns, "_row"])


def _fitted(fields: list[str], width: int | None, line: int, text: str) -> list[str] | Rejection:
    if width is None or len(fields) == width:
        return fields
    if len(fields) > width and not any(fields[width:]):
        return fields[:width]  # delimiters at the end of a row are no fields
    found = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
    return rejected(line, f"{found} where the header has {width}", text)


def _checked(fields: list[str], line: int, text: str) -> list[str] | Rejection:
    if "\0" in text:
        return rejected(line, "contains a NUL byte", text)
    if not is_text(text) and (damage := _NOT_UTF8.search(text)):
        shown = damage.group().encode("utf-8", "surrogateescape").hex(" ")
        return rejected(line, f"bytes that are not UTF-8: {shown}", text)
    return fields


def is_text(text: str) -> bool:
    """Whether it is free of lone surrogates, which stand for bytes that are not UTF-8."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def rejected(line: int, reason: str, text: str) -> Rejection:
    """The rejection of a row that begins in `line`; its text can be stored and shown whatever bytes it had."""
    kept = text.rstrip("\r\n")
    if len(kept) > KEPT_TEXT:
        reason, kept = f"{reason} (only the first {KEPT_TEXT:,} characters are kept)", kept[:KEPT_TEXT]
    kept = kept.replace("\0", "\\x00")
    return Rejection(line, reason, kept.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


@dataclass
class _Row:
    """A row being taken apart.

    value  the pieces of a quoted field that is still open
    stray  a quote stands within a field that is not quoted
    """

    fields: list[str] = field(default_factory=list)
    value: list[str] | None = None
    stray: bool = False


def _quoted(lines: _Lines, first: str, dialect: Dialect, width: int | None) -> tuple[list[str] | Rejection, str]:
    """A row in which quotes occur; it may span lines."""
    taken, row, size, start = [first], _Row(), len(first), lines.number
    reason = _take_apart(first, dialect, row)
    while reason is None and row.value is not None:
        line = lines.next()
        size += len(line)
        taken += [line] if line else []
        if not line:
            reason = "a quote opens here and never closes"
        elif size > MAX_ROW:
            reason = f"a quote opens here and does not close within {MAX_ROW:,} characters"
        else:
            reason = _take_apart(line, dialect, row)
    if reason is None:
        fitted = _fitted(row.fields, width, start, first)
        if not isinstance(fitted, Rejection):
            return fitted, "".join(taken)
        reason = fitted.reason
    end = _failed_lines(taken, dialect, width)
    lines.give_back(taken[end:])
    text = "".join(taken[:end])
    return rejected(start, reason, text), text


def _failed_lines(taken: Sequence[str], dialect: Dialect, width: int | None) -> int:
    """How many lines a failed row costs: those before the first that, alone, is a flawless row."""
    if width is None:
        return 1
    size = len(taken[0])
    for number, line in enumerate(taken[1:], start=1):
        size += len(line)
        row = _Row()
        broken = _take_apart(line, dialect, row) or row.value is not None or row.stray
        if size > KEPT_TEXT or (not broken and isinstance(_fitted(row.fields, width, 0, ""), list)):
            return number
    return len(taken)


def _take_apart(line: str, dialect: Dialect, row: _Row) -> str | None:
    """Adds the line's fields to the row; returns why it is no row, if it is none."""
    quote, delimiter = dialect.quote, dialect.delimiter
    body = line.rstrip("\r\n")
    at = 0
    while True:
        if row.value is None:
            start = at + body.startswith(" " + quote, at)
            if not body.startswith(quote, start):
                end = body.find(delimiter, at)
                row.fields.append(body[at:] if end < 0 else body[at:end])
                row.stray = row.stray or quote in row.fields[-1]
                if end < 0:
                    return None
                at = end + 1
                continue
            row.value, at = [], start + 1
        end = _closing(body, at, quote)
        if end < 0:
            row.value.append(line[at:])
            return None
        row.value.append(body[at:end])
        row.fields.append("".join(row.value).replace(quote * 2, quote))
        row.value = None
        after = end + 1
        while body.startswith(" ", after):
            after += 1
        if after == len(body):
            return None
        if body[after] != delimiter:
            return f"text after the closing quote of field {len(row.fields)}"
        at = after + 1


def _closing(body: str, at: int, quote: str) -> int:
    while (found := body.find(quote, at)) >= 0 and body.startswith(quote, found + 1):
        at = found + 2
    return found
