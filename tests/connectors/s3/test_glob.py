"""Globs over keys mean what globs over paths of files mean."""

from __future__ import annotations

import glob
from pathlib import Path

import pytest

from kinfolk.connectors.s3.glob import KeyGlob

KEYS = (
    "a.csv",
    "b.txt",
    "x/a.csv",
    "x/a1.csv",
    "x/b].csv",
    "x/.hidden.csv",
    "x/y/a.csv",
    "x/y/z/c.csv",
    "x/2024-01/a.csv",
    "x/2024-02/a.csv",
    "w/é+(1).csv",
)


@pytest.mark.parametrize(
    "written",
    [
        "*.csv",
        "x/*.csv",
        "x/a?.csv",
        "x/[ab].csv",
        "x/[!a].csv",
        "x/b[]].csv",
        "x/**/*.csv",
        "**/*.csv",
        "**/a.csv",
        "x/2024-*/a.csv",
        "*/*.csv",
        "x/**",
        "w/*(1).csv",
        "x/.*.csv",
        "none/*.csv",
    ],
)
def test_a_glob_finds_the_objects_whose_files_it_would_find(tmp_path: Path, written: str) -> None:
    for key in KEYS:
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = glob.glob(written, root_dir=tmp_path, recursive=True)
    files = {hit for hit in found if (tmp_path / hit).is_file()}
    tried = KeyGlob(written)
    assert {key for key in KEYS if tried.matches(key)} == files
    assert all(key.startswith(tried.folder) for key in files)
    assert tried.recursive or all(key.count("/") == written.count("/") for key in files)


def test_an_open_bracket_is_a_character() -> None:
    assert KeyGlob("x/a[1.csv").matches("x/a[1.csv")
