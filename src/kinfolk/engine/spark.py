"""Finds, compares and scores pairs with Splink on Spark, in place of this machine's own executor."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kinfolk.engine import splink_process
from kinfolk.engine.splink_process import ANSWER, FUNCTION, LIKELY, PATTERNS, REQUEST, ROWS, lookup_file
from kinfolk.errors import EngineError

if TYPE_CHECKING:
    import pyarrow as pa

    from kinfolk.engine.step import PairSearch

LOCAL = "local[*]"
_INSTALL = "pip install 'kinfolk[spark]'"
_LEAST_JAVA = 17
_PATIENCE = 30.0  # seconds that Spark may take to end

LEFT_BEHIND = "spark-"  # how the folder's name begins
_SETTINGS = {
    "spark.sql.caseSensitive": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",  # each batch makes its distinct values ready once
}
_LOCAL_SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "8",
    "spark.driver.memory": "2g",
}


def check_there() -> None:
    """Errors: EngineError says which of pyspark, Splink and Java is missing or too old, and how to get it."""
    missing = [name for name in ("pyspark", "splink") if importlib.util.find_spec(name) is None]
    if missing:
        what = f"`engine: spark` needs {' and '.join(missing)}, which this Python does not have."
        raise EngineError(what, hint=f"{_INSTALL}, or write `engine: duckdb` in kinfolk.yml.")
    java = _java()
    if java is None:
        raise EngineError(
            f"`engine: spark` needs Java {_LEAST_JAVA} or newer, and there is no `java` on the PATH or in JAVA_HOME.",
            hint="Install it (Debian: apt install openjdk-17-jre-headless), or write `engine: duckdb` in kinfolk.yml.",
        )
    version = java_version(subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr)
    if version is None or version < _LEAST_JAVA:
        raise EngineError(
            f"`engine: spark` needs Java {_LEAST_JAVA} or newer; {java} is {version or 'of no known version'}.",
            hint="Install a newer one and name its folder in JAVA_HOME, or write `engine: duckdb` in kinfolk.yml.",
        )


def java_version(said: str) -> int | None:
    """The major version in what `java -version` says; None where it says none. 1.8 is 8."""
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else None


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    own = Path(home) / "bin" / "java" if home else None
    return str(own) if own and own.is_file() else shutil.which("java")


@dataclass
class SplinkOnSpark:
    """A finder of pairs. Spark starts when the first pairs are asked for, and ends with `close`.

    folder    where a folder is made for what Spark reads and writes; every worker must see it
    log       where Spark's own log goes; None = nowhere
    master    where Spark runs
    settings  more of Spark's own settings
    """

    folder: Path
    log: Path | None
    master: str = LOCAL
    settings: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)
    _own: Path | None = field(default=None, repr=False)
    _asked: int = 0

    def patterns(self, search: PairSearch) -> pa.Table:
        """How often each pattern of levels occurs among all pairs that the blocking rules find. Errors: EngineError"""
        return self._answer(search, PATTERNS)

    def likely(self, search: PairSearch) -> pa.Table:
        """The pairs at even odds or better, their weight and their levels. Errors: EngineError"""
        return self._answer(search, LIKELY)

    def close(self) -> None:
        """Ends Spark, and removes what it read and wrote, for that is personal data."""
        if self._process is not None:
            assert self._process.stdin is not None, "opened with a pipe"
            self._process.stdin.close()
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._own is not None:
            shutil.rmtree(self._own, ignore_errors=True)
            self._own = None

    def _answer(self, search: PairSearch, wanted: str) -> pa.Table:
        import pyarrow.parquet as pq

        process = self._started()
        assert self._own is not None and process.stdin is not None and process.stdout is not None, "started"
        self._asked += 1
        place = self._own / str(self._asked)
        place.mkdir()
        pq.write_table(search.rows, place / ROWS)
        for number, table in enumerate(search.lookups.values()):
            pq.write_table(table, place / lookup_file(number))
        name, function = search.function
        (place / FUNCTION).write_bytes(pickle.dumps(function))
        request = {"wanted": wanted, "settings": search.settings, "function": name, "lookups": list(search.lookups)}
        (place / REQUEST).write_text(json.dumps(request))
        try:
            print(json.dumps(str(place)), file=process.stdin, flush=True)
            said = process.stdout.readline()
        except BrokenPipeError:
            said = ""
        self._check(json.loads(said) if said else {"kind": "it ended", "words": ""})
        answer = pq.read_table(place / ANSWER)
        shutil.rmtree(place, ignore_errors=True)
        return answer

    def _check(self, said: Mapping[str, str]) -> None:
        """Errors: EngineError with the first line of what failed; values of customers are not repeated."""
        if not said:
            return
        words = next((line.strip() for line in said["words"].splitlines() if line.strip()), "")
        words = re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", words)[:300]
        raise EngineError(
            f"Splink on Spark failed ({said['kind']}){f': {words}' if words else ''}. Nothing was published.",
            where=str(self.log) if self.log else None,
            hint="Spark's log has the details. `engine: duckdb` in kinfolk.yml makes the same customers here.",
        )

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._own = Path(tempfile.mkdtemp(prefix=LEFT_BEHIND, dir=self.folder))
            usual = {**_SETTINGS, **(_LOCAL_SETTINGS if self.master.startswith("local") else {})}
            usual["spark.sql.warehouse.dir"] = str(self._own / "warehouse")
            with Path(self.log or os.devnull).open("w") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", splink_process.__name__],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
            assert self._process.stdin is not None, "opened with a pipe"
            settings = {**usual, "spark.master": self.master, **self.settings}
            print(json.dumps(settings), file=self._process.stdin, flush=True)
        return self._process
