"""Rows of Python values as Arrow batches of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 20_000


def batches_of(
    names: Sequence[str], fetch: Callable[[int], Sequence[Sequence[Any]]], text: Callable[[Any], str | None]
) -> Iterator[pa.RecordBatch]:
    """What `fetch(number of rows)` gives until it gives nothing, every cell as `text` has it."""
    import pyarrow as pa

    while rows := fetch(_ROWS):
        columns = [pa.array([text(cell) for cell in cells], pa.string()) for cells in zip(*rows, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, names=list(names))
