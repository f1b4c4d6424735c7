"""Finding files: paths, globs, names, and what is said when nothing is there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from kinfolk.errors import SourceError
from tests.connectors.reading import Folder

CSV = "id,name\n1,Ada\n"


def test_a_glob_gives_one_part_per_file_sorted_each_with_its_sha256(folder: Folder) -> None:
    folder.write("exports/b.csv", CSV)
    folder.write("exports/a.csv", "id,name\n2,Ben\n")
    parts = folder.parts("exports/*.csv")
    assert [part.name for part in parts] == ["exports/a.csv", "exports/b.csv"]
    assert parts[1].fingerprint == hashlib.sha256(CSV.encode()).hexdigest()


def test_a_glob_descends_with_two_stars(folder: Folder) -> None:
    folder.write("exports/2024/jan/a.csv", CSV)
    assert [part.name for part in folder.parts("exports/**/*.csv")] == ["exports/2024/jan/a.csv"]


@pytest.mark.parametrize(
    "name",
    [
        "with space.csv",
        'o\'neil "x".csv',
        "Käufer 山.csv",
        "data[1].csv",
        "what?.csv",
        "all*.csv",
        "{a}.csv",
        "a;b$path.csv",
    ],
)
def test_any_file_name_works_and_only_that_file_is_read(folder: Folder, name: str) -> None:
    folder.write(name, CSV)
    folder.write("data1.csv", "id,name\n9,Wrong\n")
    folder.write("whatx.csv", "id,name\n9,Wrong\n")
    folder.write("allx.csv", "id,name\n9,Wrong\n")
    assert folder.land(name).rows == [("1", "Ada", 1)]


def test_paths_may_be_absolute_lead_upwards_or_be_links(folder: Folder) -> None:
    file = folder.write("elsewhere/a.csv", CSV)
    inside = Folder(folder.path / "project")
    inside.path.mkdir()
    (inside.path / "link.csv").symlink_to(file)
    for path in (str(file), "../elsewhere/a.csv", "link.csv"):
        assert inside.land(path).rows == [("1", "Ada", 1)]
    assert inside.parts("../elsewhere/a.csv")[0].name == "../elsewhere/a.csv"


def test_a_folder_named_like_a_partition_adds_no_column(folder: Folder) -> None:
    folder.write("year=2024/a.csv", CSV)
    assert folder.land("year=2024/a.csv").columns == ["id", "name", "_row"]


def test_files_of_one_source_share_a_table_and_new_columns_are_added(folder: Folder) -> None:
    folder.write("a.csv", "id,name\n1,Ada\n2,Ben\n")
    folder.write("b.csv", "name,mail,id\nCleo,c@example.com,3\n")
    landed = folder.land("*.csv")
    assert landed.columns == ["id", "name", "_row", "mail"]
    assert landed.rows == [("1", "Ada", 1, None), ("2", "Ben", 2, None), ("3", "Cleo", 1, "c@example.com")]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("exports/custmers.csv", r"There is no file exports/custmers.csv. In exports there is customers.csv"),
        ("exports/*.jsonl", r"Nothing matches exports/\*.jsonl. In exports there is customers.csv"),
        ("export/customers.csv", r"The folder export does not exist in .; there is exports"),
        ("exports", r"exports is a directory. Name the files in it, such as exports/\*.csv"),
    ],
)
def test_a_wrong_path_is_told_with_what_is_near(folder: Folder, path: str, said: str) -> None:
    folder.write("exports/customers.csv", CSV)
    with pytest.raises(SourceError, match=said) as error:
        folder.parts(path)
    assert error.value.where == "source shop"


def test_an_ending_that_says_nothing_asks_for_the_format(folder: Folder) -> None:
    folder.write("customers.dat", CSV)
    with pytest.raises(SourceError, match=r"customers.dat.*'.dat'.*Write `format:`"):
        folder.land("customers.dat")
    assert folder.land("customers.dat", format="csv").rows == [("1", "Ada", 1)]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "a.xlsx"])
def test_a_file_that_goes_missing_between_finding_and_reading_is_told(folder: Folder, name: str) -> None:
    file: Path = folder.write(name, CSV)
    source = folder.source(name)
    [part] = folder.parts(name)
    file.unlink()
    from kinfolk.connectors import CONNECTORS

    with pytest.raises(SourceError, match=rf"{name}: Cannot be read: No such file"):
        CONNECTORS["file"].open(source, part)
