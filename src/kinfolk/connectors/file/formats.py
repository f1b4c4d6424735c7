"""A file, wherever it came from, and the reader of its format."""

from __future__ import annotations

import os

from kinfolk.connectors.file.options import FORMATS, FormatOptions
from kinfolk.errors import SourceError
from kinfolk.model.locator import Locator, Part


def open_file(part: Part, options: FormatOptions) -> Locator:
    """A locator for the file at the part's path; the format is the declared one, else the one its ending names.

    Errors  SourceError if it cannot be read, or nothing says what it is
    """
    try:
        return _locator(options.format or _format(part), part, options)
    except OSError as error:
        raise SourceError(f"Cannot be read: {said(error)}.", where=part.name) from error


def said(error: OSError) -> str:
    """What the operating system says, without the path of a temporary file."""
    return os.strerror(error.errno) if error.errno else str(error)


def _locator(kind: str, part: Part, options: FormatOptions) -> Locator:
    if kind == "parquet":
        from kinfolk.connectors.file.parquet import open_parquet

        return open_parquet(part)
    if kind == "excel":
        from kinfolk.connectors.file.excel import open_excel

        return open_excel(part, options)
    if kind == "jsonl":
        from kinfolk.connectors.file.json_lines import open_json

        return open_json(part, options)
    from kinfolk.connectors.file.delimited import open_delimited

    return open_delimited(part, options, "\t" if kind == "tsv" else None)


def _format(part: Part) -> str:
    endings = [suffix.lower() for suffix in part.path.suffixes]
    if endings and endings[-1] in (".gz", ".gzip"):
        endings.pop()
    ending = endings[-1] if endings else ""
    if ending not in FORMATS:
        raise SourceError(
            f"The ending {ending!r} does not say what this file is.",
            where=part.name,
            hint="Write `format:` (csv, tsv, jsonl, parquet or excel) in the source.",
        )
    return FORMATS[ending]
