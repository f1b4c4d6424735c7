"""A large load by cursor that broke in the middle goes on where it stopped, instead of beginning again.

What arrives is kept as Parquet in the state folder, a piece at a time, until a run has been published. Because rows
come in the order of the cursor, the last value kept is where to go on.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kinfolk.model.locator import ArrowStream, Locator, Part, Rejection
from kinfolk.model.source import Source
from kinfolk.stages.landing import layout, settings

if TYPE_CHECKING:
    import pyarrow as pa

# Loads smaller than this are not kept: reading them again costs less.
PIECE_ROWS = 200_000
PIECE_BYTES = 64_000_000
_REACHED = b"kinfolk.reached"


class Opening(Protocol):
    """What is needed of a connector."""

    def open(self, source: Source, part: Part) -> tuple[Locator, list[Rejection]]:
        """Where the rows of one part are."""


def opened(connector: Opening, source: Source, part: Part, state: Path | None) -> tuple[Locator, list[Rejection]]:
    """What the connector opens; of a source with a cursor preceded by what an earlier run kept before it broke."""
    if source.cursor is None or state is None:
        return connector.open(source, part)
    spool = _Spool(state / "spool" / source.name, json.dumps([layout(source), settings(source), part.name, part.since]))
    reached = spool.reached()
    locator, rejections = connector.open(source, part if reached is None else replace(part, since=reached))
    if not isinstance(locator, ArrowStream):
        return locator, rejections
    if reached is not None and not spool.fits(locator.columns):
        spool.clear()
        return opened(connector, source, part, state)
    wanted = source.cursor.column.lower()
    cursor = next((name for name in locator.columns if name.lower() == wanted), None)
    if cursor is None:
        return locator, rejections
    told = () if reached is None else (f"{source.name} goes on from {reached}, where an earlier run was broken off.",)
    return replace(locator, batches=lambda: spool.through(locator, cursor), notes=locator.notes + told), rejections


def clear(state: Path) -> None:
    """Forgets what was kept: it has been published, or was not needed."""
    shutil.rmtree(state / "spool", ignore_errors=True)


@dataclass(frozen=True)
class _Spool:
    """One source's pieces. made_for: what they were read by; pieces made for anything else are of no use."""

    folder: Path
    made_for: str

    def pieces(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet"))

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def reached(self) -> str | None:
        """The cursor's value in the last row kept; None if nothing is kept that can be used."""
        if not self.folder.is_dir():
            return None
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            known = (self.folder / "made_for").read_text(encoding="utf-8") == self.made_for
            schemas = [pq.read_schema(piece) for piece in self.pieces()]
        except (OSError, pa.ArrowException):
            known, schemas = False, []
        if not known or not schemas:
            self.clear()
            return None
        return (schemas[-1].metadata or {})[_REACHED].decode()

    def fits(self, columns: tuple[str, ...]) -> bool:
        """Whether the pieces have these columns."""
        import pyarrow.parquet as pq

        return all(tuple(pq.read_schema(piece).names) == columns for piece in self.pieces())

    def through(self, stream: ArrowStream, cursor: str) -> Iterator[pa.RecordBatch]:
        """What is kept, then what the stream brings, which is kept as it passes."""
        import pyarrow.parquet as pq

        kept = self.pieces()
        for piece in kept:
            with pq.ParquetFile(piece) as file:
                yield from file.iter_batches()
        passing: list[pa.RecordBatch] = []
        number = len(kept)
        for batch in stream.batches():
            passing.append(batch)
            yield batch
            large = sum(b.num_rows for b in passing) >= PIECE_ROWS or sum(b.nbytes for b in passing) >= PIECE_BYTES
            if large and batch.num_rows and batch.schema.equals(passing[0].schema):
                number += 1
                self._keep(passing, cursor, number)
                passing = []

    def _keep(self, batches: list[pa.RecordBatch], cursor: str, number: int) -> None:
        """Writes a piece whole or not at all; none ends with a row that has no value to go on from."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        last = batches[-1].column(cursor).cast(pa.string())[-1].as_py()
        if last is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (told := self.folder / "made_for").exists():
            told.with_suffix(".part").write_text(self.made_for, encoding="utf-8")
            os.replace(told.with_suffix(".part"), told)
        table = pa.Table.from_batches(batches)
        known: dict[bytes, bytes] = table.schema.metadata or {}
        table = table.replace_schema_metadata({**known, _REACHED: last.encode()})
        piece = self.folder / f"{number:06d}.parquet"
        pq.write_table(table, piece.with_suffix(".part"), compression="zstd")
        os.replace(piece.with_suffix(".part"), piece)
