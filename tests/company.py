"""A small company for tests: project files and data in a folder, run for real, asked with SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kinfolk.commands.open_project import open_project
from kinfolk.commands.query import query
from kinfolk.commands.run import run
from kinfolk.engine.reader import reading
from kinfolk.engine.sql import query as sql_query
from kinfolk.engine.sql import table
from kinfolk.model.run import RunOptions, RunRecord


class Company:
    """Writes files, runs the project, answers questions about what was published."""

    def __init__(self, folder: Path, *, new: bool = True) -> None:
        self.folder = folder
        if new:
            self.write("kinfolk.yml", "name: Test company\ntime_zone: UTC\n")

    def write(self, name: str, content: str | bytes) -> Path:
        """A file of the project."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def csv(self, name: str, rows: Iterable[Mapping[str, Any]]) -> Path:
        """A CSV file under data/ with the columns of all rows."""
        rows = list(rows)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        lines = [columns, *[[row.get(c) for c in columns] for row in rows]]
        quoted = [",".join("" if v is None else '"' + str(v).replace('"', '""') + '"' for v in line) for line in lines]
        return self.write(f"data/{name}.csv", "\n".join(quoted) + "\n")

    def source(self, name: str, yaml: str) -> Path:
        """sources/<name>.yml; reads data/<name>.csv unless the text names a file itself."""
        if "file:" not in yaml:
            yaml = f"file: data/{name}.csv\n{yaml}"
        return self.write(f"sources/{name}.yml", yaml)

    def identity(self, yaml: str) -> Path:
        """identity.yml."""
        return self.write("identity.yml", yaml)

    def run(self, **options: Any) -> RunRecord:
        """One run of the project."""
        environment = options.pop("environment", None)
        allowed = frozenset(options.pop("allow_deletes", ()))
        return run(self.folder, environment, RunOptions(allow_deletes=allowed, **options))

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query on what is published."""
        return query(self.folder, sql).rows

    def published(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every published table, whole, in an order of its own: to compare two states."""
        state = open_project(self.folder).state
        with reading(state) as reader:
            return {
                name: sorted(reader.read(sql_query("select * from found", found=table(name))).rows, key=repr)
                for name in sorted(reader.published)
            }
