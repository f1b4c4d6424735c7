"""Delimited text: which character delimits, which quotes, and whether there is a header."""

from __future__ import annotations

import re
from collections import Counter
from functools import partial
from io import StringIO

from kinfolk.connectors.file.names import unique
from kinfolk.connectors.file.options import FormatOptions
from kinfolk.connectors.file.rows import Dialect, batches, open_lines, records
from kinfolk.connectors.file.text import TextFile, open_text
from kinfolk.errors import SourceError
from kinfolk.model.locator import DelimitedFile, Part, Rejection

_DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_SAMPLE = 1 << 19
_SAMPLE_ROWS = 500
_LINE_END = re.compile(r"\r\n|\n|\r")
_DATA = re.compile(
    r"[+-]?\d[\d.,\s]*|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ][\d:.]+\S*)?|[^@\s]+@[^@\s]+\.[^@\s]+", re.ASCII
)


def open_delimited(part: Part, options: FormatOptions, delimiter: str | None) -> DelimitedFile:
    """A locator for a file of delimited rows.

    delimiter  the one its format fixes; a declared one wins, else it is found in the first 500 rows
    Errors     SourceError if it is empty, not text, not in the declared encoding, or has no header
    """
    text = open_text(part, options.encoding)
    before, sample = _sample(text, options.skip_lines)
    skip, delimiter = options.skip_lines, options.delimiter or delimiter
    if not skip and (named := re.match(r"sep=(.)\s*[\r\n]", sample)):  # Excel's own way to name the delimiter
        skip, delimiter, sample = 1, delimiter or named[1], sample[named.end() :]
    dialect, noted = _dialect(sample, delimiter, options.quote)
    rows = [row for _, row, _ in records(StringIO(sample, newline=""), dialect) if not isinstance(row, Rejection)]
    if not rows:
        raise SourceError(
            "There is no header and no row.", where=part.name, hint="Look at `skip_lines`, `delimiter` and `quote`."
        )
    header = options.header if options.header is not None else _has_header(rows[:_SAMPLE_ROWS])
    columns, lines = _header(part, text, dialect, skip) if header else (_numbered(rows), 0)
    if options.header is None and not header:
        noted += ("The first row was taken for data, not for a header. Write `header: true` if it is one.",)
    # The engine's reader takes NUL for text, and heeds quotes in lines it is told to skip.
    fast = lines <= 1 and not (dialect.quote and dialect.quote in before) and not text.damaged and not text.nul
    skip += lines
    return DelimitedFile(
        path=text.path,
        columns=columns,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        skip=skip,
        lines=text.lines - skip if fast else None,
        blank=text.blank,
        exact=partial(batches, text.path, dialect, columns, skip),
        discard=text.discard,
        notes=text.notes + noted,
    )


def _sample(text: TextFile, skip: int) -> tuple[str, str]:
    """The preamble, and the rows after it that the file is judged by."""
    with open_lines(text.path) as file:
        before = "".join(file.readline() for _ in range(skip))
        sample = file.read(_SAMPLE)
        if len(sample) == _SAMPLE:
            sample += file.readline(_SAMPLE)
    return before, sample


def _numbered(rows: list[list[str]]) -> tuple[str, ...]:
    """Names for the columns of a file without a header, as many as its rows usually have."""
    [(usual, _)] = Counter(map(len, rows)).most_common(1)
    return tuple(f"column_{number}" for number in range(1, usual + 1))


def _header(part: Part, text: TextFile, dialect: Dialect, skip: int) -> tuple[tuple[str, ...], int]:
    """Column names, and the lines after the preamble to pass over before the first row of data."""
    with open_lines(text.path) as file:
        for line, row, written in records(file, dialect, skip):
            if isinstance(row, Rejection):
                raise SourceError(
                    f"The header cannot be read: {row.reason}.",
                    where=f"{part.name}, line {line}",
                    hint="Correct it, or write `quote`, `delimiter` and `skip_lines` in the source.",
                )
            return unique(row), line - skip - 1 + max(len(_LINE_END.findall(written)), 1)
    return (), 0


def _dialect(sample: str, delimiter: str | None, quote: str | None) -> tuple[Dialect, tuple[str, ...]]:
    """The dialect under which the rows of the sample agree best on a number of fields."""
    if quote is None:
        quote = (
            "'" if '"' not in sample and re.search(r"(^|[,;\t|])'[^'\n]*'([,;\t|]|$)", sample, re.MULTILINE) else '"'
        )
    if delimiter:
        return Dialect(delimiter, quote), ()
    ranked = sorted((_agreement(sample, Dialect(mark, quote)), -rank) for rank, mark in enumerate(_DELIMITERS))
    best = _DELIMITERS[-ranked[-1][1]]
    noted = () if best == "," else (f"The delimiter is a {_NAMES[best]}, as found in the first rows.",)
    return Dialect(best, quote), noted


def _agreement(sample: str, dialect: Dialect) -> tuple[bool, bool, float, int]:
    """How well a dialect fits: more than one column, the first row is usual, share of usual rows, columns."""
    widths = []
    for _, row, _ in records(StringIO(sample, newline=""), dialect):
        widths.append(0 if isinstance(row, Rejection) else len(row))
        if len(widths) == _SAMPLE_ROWS:
            break
    if not widths:
        return False, False, 0.0, 0
    usual, count = Counter(widths).most_common(1)[0]
    return usual > 1, widths[0] == usual, round(count / len(widths), 2), usual


def _has_header(rows: list[list[str]]) -> bool:
    """False if the first row looks like those below: a number, date or e-mail address where they have one too."""
    first, below = rows[0], rows[1:]
    for number, cell in enumerate(first):
        if not _DATA.fullmatch(cell.strip()):
            continue
        others = [row[number].strip() for row in below if number < len(row) and row[number].strip()]
        if others and sum(1 for other in others if _DATA.fullmatch(other)) >= 0.8 * len(others):
            return False
    return True
