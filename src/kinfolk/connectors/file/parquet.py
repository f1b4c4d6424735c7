"""Parquet: only the footer is read here; the engine reads the rows."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from kinfolk.connectors.file.names import unique
from kinfolk.errors import SourceError
from kinfolk.model.locator import ParquetFile, Part


def open_parquet(part: Part) -> ParquetFile:
    """A locator for a Parquet file. Errors: SourceError if its footer is damaged or it is something else."""
    try:
        with pq.ParquetFile(part.path) as file:
            return ParquetFile(part.path, unique(file.schema_arrow.names), file.metadata.num_rows)
    except (pa.ArrowException, EOFError) as error:
        first_line = str(error).splitlines()[0]
        raise SourceError(
            f"This is no Parquet file, or it is damaged ({first_line})",
            where=part.name,
            hint="Copy or export it again; write `format:` in the source if it is something else.",
        ) from error
