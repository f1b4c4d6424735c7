"""The process in which Splink runs on Spark: it reads what it is asked from a folder and puts its answer there.

It is a process of its own because Splink's SQL dialect for Spark extends classes of sqlglot, which it cannot where
these are compiled, as they are in ours; here they are loaded from their source. And what the JVM prints goes to a log.

Each line that comes in names a folder; each line that goes out is JSON: {} when its answer is there, or what failed.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import json
import logging
import os
import pickle
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa

UNSURE = 1e-6  # bits by which two ways to add the same numbers may differ
ROWS, ANSWER, REQUEST, FUNCTION = "rows.parquet", "answer", "request.json", "function.pickle"
_LOOKUP = "frequencies_{}.parquet"
PATTERNS, LIKELY = "patterns", "likely"


def lookup_file(number: int) -> str:
    """The file of the frequencies of the lookup of that number."""
    return _LOOKUP.format(number)


class _FromSource(importlib.abc.MetaPathFinder):
    """Finds the modules of one package as source, where there are compiled ones beside it."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Where the module's source is; None for modules of other packages."""
        if name.partition(".")[0] != self._package:
            return None
        places = (FileFinder(place, (SourceFileLoader, [".py"])) for place in path or sys.path)
        return next((spec for place in places if (spec := place.find_spec(name)) is not None), None)


class _Asked:
    """Spark, started, and Splink on it."""

    def __init__(self, spark: Any) -> None:
        self._spark = spark

    def answer(self, folder: Path) -> None:
        """Puts the answer to what stands in the folder there, as Parquet."""
        request = json.loads((folder / REQUEST).read_text())
        likely = request["wanted"] == LIKELY
        predicted = self._predicted(folder, request, -UNSURE if likely else None)
        gammas = [name for name in predicted.columns if name.startswith("gamma_")]
        if likely:
            answer = predicted.select("unique_id_l", "unique_id_r", "match_weight", *gammas)
        else:
            answer = predicted.groupBy("match_key", *gammas).count().withColumnRenamed("count", "pairs")
        answer.write.parquet(str(folder / ANSWER))

    def _predicted(self, folder: Path, request: Mapping[str, Any], least: float | None) -> Any:
        from splink import Linker, SparkAPI

        self._register(request["function"], (folder / FUNCTION).read_bytes())
        self._spark.sparkContext.setCheckpointDir(str(folder / "checkpoints"))
        api = SparkAPI(spark_session=self._spark, register_udfs_automatically=False, break_lineage_method="parquet")
        linker = Linker(api.register(self._spark.read.parquet(str(folder / ROWS))), request["settings"])
        for number, column in enumerate(request["lookups"]):
            known = api.register(self._spark.read.parquet(str(folder / lookup_file(number))))
            linker.table_management.register_term_frequency_lookup(known, column)
        predicted = linker.inference.predict(threshold_match_weight=least, warning_mode="never")
        return self._spark.table(predicted.physical_name)

    def _register(self, name: str, pickled: bytes) -> None:
        from pyspark.sql import functions

        def levels(*columns: Any) -> Any:
            return pickle.loads(pickled)(*columns)  # made by the process that started this one

        levels.__annotations__ = {"columns": pa.Array, "return": pa.Array}
        self._spark.udf.register(name, functions.arrow_udf(levels, "bigint"))


def _started(settings: Mapping[str, str]) -> Any:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers need what is installed here
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("kinfolk")
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def main() -> None:
    """Answers until no more is asked. The first line that comes in is Spark's settings as JSON."""
    sys.meta_path.insert(0, _FromSource("sqlglot"))
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what others print is log
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    asked: _Asked | None = None
    settings = json.loads(sys.stdin.readline() or "{}")
    for line in sys.stdin:
        try:
            asked = asked or _Asked(_started(settings))
            asked.answer(Path(json.loads(line)))
            said: dict[str, str] = {}
        except Exception as error:
            logging.exception("It failed.")
            said = {"kind": type(error).__name__, "words": str(error)}
        print(json.dumps(said), file=answers)


if __name__ == "__main__":
    main()
