"""What a person writes about a source that is made of files."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FORMATS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
}


class FormatOptions(BaseModel):
    """What files are and how they are written. Nothing must be said: it is found out, and said when it was."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["csv", "tsv", "jsonl", "parquet", "excel"] | None = Field(
        None, description="What the files are; by default their ending says it."
    )
    delimiter: str | None = Field(None, min_length=1, max_length=1, description="Character between fields.")
    quote: str | None = Field(None, max_length=1, description='Character around fields; "" if there is none.')
    encoding: str | None = Field(None, description="Encoding of text files, such as utf-8, cp1252, utf-16.")
    header: bool | None = Field(None, description="Whether the first row holds the column names.")
    skip_lines: int = Field(0, ge=0, description="Lines (rows of a sheet) before the header.")
    sheet: str | None = Field(None, description="Sheet of a workbook; by default the first that holds anything.")


class FileOptions(FormatOptions):
    """Settings of connector `file`. Only `path` must be written."""

    path: str = Field(min_length=1, description="File or glob (`exports/*.csv`), relative to the project or absolute.")
