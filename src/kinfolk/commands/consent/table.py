"""A CSV file of consents: its columns, and cells that a spreadsheet takes for values and not for formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from io import StringIO, TextIOWrapper
from typing import IO, Any

from kinfolk.errors import SourceError
from kinfolk.project.suggest import hint

WHO = ("email", "phone", "customer", "source", "record_id")
SAID = (
    *("purpose", "decision", "effective_at", "policy_version", "channel", "topic"),
    *("collection_method", "collected_at", "recorded_by", "proof"),
)
KEPT = ("part_of", "carried", "ranks_at", "expires_at", "notice", "commitment")  # an import keeps what an export has
ANEW = ("seq", "recorded_at", "chain")  # made anew by an import
_EXPORTED = (
    *("seq", "part_of", "carried", "recorded_at"),
    *(name for name in WHO if name != "customer"),
    *SAID,
    *("ranks_at", "expires_at", "notice", "commitment", "chain"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet works out


def written(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The names of the columns, and each row, as lines. A cell that would be a formula begins with an apostrophe."""
    line = StringIO(newline="")
    writer = csv.DictWriter(line, _EXPORTED)
    writer.writeheader()
    yield line.getvalue()
    for row in rows:
        line.seek(0)
        line.truncate()
        writer.writerow({name: _written(value) for name, value in row.items()})
        yield line.getvalue()


def read(file: IO[bytes], called: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of the file, each with the line it ends on. called: its name in errors. Errors: SourceError"""
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        reader = csv.DictReader(text, strict=True)
        _check_columns(called, reader.fieldnames or ())
        for row in reader:
            if None in row or None in row.values():
                what = "The row has not as many values as the header."
                raise SourceError(what, where=f"{called}:{reader.line_num}")
            yield reader.line_num, {name: _read(value.strip()) for name, value in row.items()}
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"This is no CSV file in UTF-8: {error}.", where=called) from error
    finally:
        text.detach()  # the file is not ours to close


def _check_columns(file: str, names: Sequence[str]) -> None:
    known = (*WHO, *SAID, *KEPT, *ANEW)
    for number, name in enumerate(names):
        if name not in known:
            raise SourceError(f"`{name}` is not known here.", where=f"{file}:1", hint=hint(name, known))
        if name in names[:number]:
            what = f"The column `{name}` is there twice."
            raise SourceError(what, where=f"{file}:1", hint="Keep the one that counts.")
    for name in ("purpose", "decision", "effective_at"):
        if name not in names:
            raise SourceError(f"There is no column `{name}`.", where=f"{file}:1", hint=hint(name, names))


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"'{value}" if isinstance(value, str) and value.startswith((*_FORMULA, "'")) else value


def _read(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*_FORMULA, "'")) else cell
