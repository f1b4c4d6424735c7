"""What files hold: their columns, read from no more than their beginning where that is enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from kinfolk.connectors.file.options import FORMATS, FileOptions
from kinfolk.errors import SourceError
from kinfolk.model.discovery import Dataset
from kinfolk.model.locator import ArrowBatches, Locator, ParquetFile, Part, Rejection

_BATCHES = 5  # of JSON, whose columns are known only from its rows


def datasets(part: Part, written: FileOptions, open_part: Callable[[Part], Locator]) -> Iterator[Dataset]:
    """The file as a dataset, or every sheet of it that holds anything."""
    kind = written.format or FORMATS.get(part.path.suffix.lower())
    options = {**written.model_dump(exclude_defaults=True), "path": part.name}
    if kind == "excel" and written.sheet is None:
        yield from _sheets(part, written, options)
        return
    locator = open_part(part)
    try:
        columns = columns_of(locator)
        rows = locator.rows if isinstance(locator, ParquetFile) else None
        yield Dataset(part.name, columns, rows=rows, options=options)
    finally:
        if locator.discard:
            locator.discard()


def columns_of(locator: Locator) -> dict[str, str]:
    """Column -> its type where the format has types, else text."""
    if isinstance(locator, ParquetFile):
        import pyarrow.parquet as pq

        types = [str(field.type) for field in pq.read_schema(locator.path)]
        return dict(zip(locator.columns, types, strict=True))
    if isinstance(locator, ArrowBatches) and not locator.columns:
        batches = [found for found in islice(locator.rows(), _BATCHES) if not isinstance(found, Rejection)]
        return {name: "text" for batch in batches for name in batch.schema.names if name != "_row"}
    return dict.fromkeys(locator.columns, "text")


def _sheets(part: Part, written: FileOptions, options: dict[str, Any]) -> Iterator[Dataset]:
    from kinfolk.connectors.file.excel import open_excel, sheet_names

    for sheet in sheet_names(part):
        try:
            found = open_excel(part, written.model_copy(update={"sheet": sheet}))
        except SourceError:
            continue  # nothing in it
        columns = dict.fromkeys(found.columns, "text")
        yield Dataset(f"{part.name}: {sheet}", columns, options={**options, "sheet": sheet})
