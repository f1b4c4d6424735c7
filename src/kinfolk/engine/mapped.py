"""Arrays kept in a folder and mapped into memory: opened at once, read from disk where they are touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

_NUMBERS, _TEXTS = ".npy", ".arrow"


def keep(folder: Path, arrays: Mapping[str, Any]) -> None:
    """Writes arrays (NumPy, or Arrow for texts) into a new folder, which has its name only when it is whole.

    Where another process has made the same folder meanwhile, that one stays.
    """
    partial = folder.with_name(f"{folder.name}.building-{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name, array in arrays.items():
        if isinstance(array, pa.Array):
            table = pa.table({"value": array})
            with pa.OSFile(str(partial / f"{name}{_TEXTS}"), "wb") as file, pa.ipc.new_file(file, table.schema) as out:
                out.write_table(table.combine_chunks())
        else:
            np.save(partial / f"{name}{_NUMBERS}", array)
    try:
        partial.rename(folder)
    except OSError:
        shutil.rmtree(partial)
        if not folder.is_dir():
            raise


def arrays(folder: Path) -> dict[str, Any]:
    """The arrays of a folder by name, none of them read yet. Errors: OSError or ValueError where one is damaged."""
    found: dict[str, Any] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == _NUMBERS:
            found[path.stem] = np.load(path, mmap_mode="r")
        elif path.suffix == _TEXTS:
            column = pa.ipc.open_file(pa.memory_map(str(path))).read_all()["value"]
            found[path.stem] = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    return found
