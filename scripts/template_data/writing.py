"""Files that are equal byte for byte whenever they are written: CSV, JSON Lines, Excel, Parquet."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook

Row = dict[str, Any]
_FIXED = datetime(2026, 11, 2, 9, 0)


def write_delimited(path: Path, rows: Sequence[Row], delimiter: str = ",", encoding: str = "utf-8") -> None:
    """A text file with a header; a field is quoted only where it must be, lines end as on Windows."""
    marks = (delimiter, '"', "\n", "\r")

    def cell(value: Any) -> str:
        text = "" if value is None else str(value)
        return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in marks) else text

    lines = [delimiter.join(rows[0]), *(delimiter.join(cell(value) for value in row.values()) for row in rows)]
    _write(path, ("\r\n".join(lines) + "\r\n").encode(encoding))


def spoil(path: Path, line: int, old: bytes, new: bytes) -> None:
    """Replaces a part of one line (counted from 1) of a text file: how exports break in real life."""
    lines = path.read_bytes().split(b"\r\n")
    if old not in lines[line - 1]:
        raise ValueError(f"{path.name}:{line} does not hold {old!r}: {lines[line - 1]!r}")
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    _write(path, b"\r\n".join(lines))


def write_json_lines(path: Path, rows: Iterable[Row]) -> None:
    """One object a line; keys without a value are left out, as most services do."""
    lines = [json.dumps({k: v for k, v in row.items() if v is not None}, ensure_ascii=False) for row in rows]
    _write(path, ("\n".join(lines) + "\n").encode())


def write_excel(path: Path, sheets: dict[str, Sequence[Row]]) -> None:
    """A workbook; dates stay dates. All time stamps inside are fixed."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
    raw = io.BytesIO()
    book.save(raw)
    _write(path, _fixed_in_time(raw.getvalue()))


def write_parquet(path: Path, rows: Sequence[Row]) -> None:
    """A Parquet file; column types are those of the values."""
    raw = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), raw, compression="zstd")
    _write(path, raw.getvalue())


def _fixed_in_time(workbook: bytes) -> bytes:
    out = io.BytesIO()
    stamp = _FIXED.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            target.writestr(zipfile.ZipInfo(name, _FIXED.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
