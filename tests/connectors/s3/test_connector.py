"""Objects in S3: found like files, read like files, and what goes wrong is said."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from kinfolk.connectors import CONNECTORS, OPTIONS
from kinfolk.engine.duckdb import peak_memory_mb
from kinfolk.errors import NothingToLoadError, SourceError
from kinfolk.model.locator import Part
from tests.connectors.reading import Landed, land, source_of
from tests.connectors.s3.server import Storage

FOLDER = Path()


def parts(bucket: Storage, path: str, **more: Any) -> list[Part]:
    return CONNECTORS["s3"].parts(source_of("s3", bucket.options(path, **more)), FOLDER)


def landed(bucket: Storage, path: str, **more: Any) -> Landed:
    return land(source_of("s3", bucket.options(path, **more)), FOLDER)


def test_objects_are_read_like_files_in_the_order_of_their_keys(bucket: Storage) -> None:
    bucket.put("exports/b.csv.gz", gzip.compress(b"id;name\n3;Ana\n"))
    bucket.put("exports/a.csv", "id,name\n1,Marta\n2,\n")
    bucket.put("exports/c.jsonl", '{"id": 4, "name": "Rui"}\n')
    bucket.put("exports/readme.md", "not data")
    bucket.put("exports/old/a.csv", "id,name\n9,Old\n")
    assert landed(bucket, "acme/exports/[abc].*").rows == [
        ("1", "Marta", 1),
        ("2", None, 2),
        ("3", "Ana", 1),
        ("4", "Rui", 1),
    ]


def test_declared_settings_hold_as_for_files(bucket: Storage) -> None:
    bucket.put("odd", "x\nid|name\n1|\xe9\n".encode("latin-1"))
    read = landed(bucket, "s3://acme/odd", format="csv", delimiter="|", skip_lines=1, encoding="latin-1")
    assert read.rows == [("1", "é", 1)]


def test_keys_with_unusual_characters_are_read(bucket: Storage) -> None:
    bucket.put("in/Jänner 100%~+[1]#?&.csv", "id\n1\n")
    assert landed(bucket, "acme/in/*.csv").rows == [("1", 1)]
    assert landed(bucket, "acme/in/Jänner*").rows == [("1", 1)]


def test_a_fingerprint_changes_with_the_content_alone(bucket: Storage) -> None:
    bucket.put("a.csv", "id\n1\n")
    bucket.put("b.csv", "id\n1\n")
    [a, b] = parts(bucket, "acme/*.csv")
    assert a.name == "s3://acme/a.csv"
    assert a.fingerprint != b.fingerprint
    bucket.put("a.csv", "id\n1\n")
    assert parts(bucket, "acme/*.csv") == [a, b]
    bucket.put("a.csv", "id\n2\n")  # as long as before, and within the same second
    assert parts(bucket, "acme/a.csv") != [a]


def test_the_marker_of_a_folder_is_no_data(bucket: Storage) -> None:
    bucket.put("in/", "")
    bucket.put("in/2024/", "")
    bucket.put("in/2024/a.csv", "id\n1\n")
    assert [part.name for part in parts(bucket, "acme/in/**")] == ["s3://acme/in/2024/a.csv"]


def test_nothing_of_a_copy_is_left(bucket: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    bucket.put("a.csv", "id\n1\n")
    bucket.put("b.csv", "not;a;table".encode("utf-16"))
    bucket.put("c.parquet", "neither")
    landed(bucket, "acme/[ab].csv")
    with pytest.raises(SourceError, match="no Parquet file"):
        landed(bucket, "acme/c.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "what", "hint"),
    [
        ("acme/in/*.tsv", "Nothing matches in/*.tsv in acme", "there is a.csv"),
        ("acme/in/b.csv", "Nothing is called in/b.csv in acme", "there is a.csv"),
        ("acme/out/*.csv", "Nothing matches", "The folder out is empty, or there is none"),
        ("acme/in/", "acme/in is a folder", "acme/in/*.csv"),
        ("acme", "acme is a bucket", "acme/*.csv"),
        ("nope/in/*.csv", "There is no bucket nope", "Look at `path`"),
        ("nope/in/a.csv", "There is no bucket nope", "."),
    ],
)
def test_what_is_not_there_is_named(bucket: Storage, path: str, what: str, hint: str) -> None:
    bucket.put("in/a.csv", "id\n1\n")
    with pytest.raises(SourceError) as caught:
        parts(bucket, path)
    assert what in str(caught.value)
    assert hint.strip(".") in str(caught.value)


def test_a_refused_key_is_named_and_not_shown(bucket: Storage) -> None:
    bucket.put("in/a.csv", "id\n1\n")
    [part] = parts(bucket, "acme/in/a.csv")
    with bucket.locked():
        for path in ("acme/in/*.csv", "acme/in/a.csv"):
            with pytest.raises(SourceError, match="refuses the key|may not read") as caught:
                parts(bucket, path)
            assert "not-a-secret" not in str(caught.value)
        with pytest.raises(SourceError, match="refuses the key"):
            CONNECTORS["s3"].open(source_of("s3", bucket.options("acme/in/a.csv")), part)


def test_an_address_nobody_listens_at_is_said(bucket: Storage) -> None:
    options = bucket.options("acme/*.csv") | {"endpoint": "http://127.0.0.1:9", "timeout": 0.5}
    with pytest.raises(SourceError, match="http://127.0.0.1:9 cannot be reached"):
        CONNECTORS["s3"].parts(source_of("s3", options), FOLDER)


def test_an_object_that_vanishes_or_changes_after_it_was_listed_is_refused(bucket: Storage) -> None:
    source = source_of("s3", bucket.options("acme/*.csv"))
    bucket.put("a.csv", "id\n1\n")
    bucket.put("b.csv", "id\n1\n")
    [a, b] = CONNECTORS["s3"].parts(source, FOLDER)
    bucket.put("a.csv", "id\n2\n")
    bucket.delete("b.csv")
    with pytest.raises(SourceError, match="written anew while"):
        CONNECTORS["s3"].open(source, a)
    with pytest.raises(NothingToLoadError, match="is gone"):
        CONNECTORS["s3"].open(source, b)


def test_a_key_that_cannot_be_addressed_is_said(bucket: Storage) -> None:
    bucket.put("in//a.csv", "id\n1\n")
    with pytest.raises(SourceError, match="has an empty step"):
        parts(bucket, "acme/**/*.csv")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"path": "acme/a.csv", "endpoint": "minio:9000"}, "begins with https://"),
        ({"path": "acme/a.csv", "access_key_id": "AKIA"}, "go together"),
        ({"path": "s3:///a.csv"}, "name of a bucket"),
        ({"path": "acme/a.csv", "anonymous": True, "access_key_id": "a", "secret_access_key": "b"}, "exclude"),
    ],
)
def test_settings_that_do_not_fit_are_refused(options: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        OPTIONS["s3"].model_validate(options)


def test_a_ping_counts_and_a_look_around_finds_what_could_be_read(bucket: Storage) -> None:
    s3: Any = CONNECTORS["s3"]
    assert (
        s3.ping(bucket.options("acme/in/*.csv"), FOLDER) == "The bucket acme answers. Objects that match in/*.csv: 0."
    )
    bucket.put("in/2023.csv", "id,fax\n1,2\n")
    bucket.put("in/2024.csv", "id,mail\n1,2\n")
    bucket.put("in/logo.png", "…")
    bucket.put("events/1.jsonl.gz", gzip.compress(b'{"id": 1, "type": "view"}\n'))
    assert (
        s3.ping(bucket.options("acme/in/*.csv"), FOLDER) == "The bucket acme answers. Objects that match in/*.csv: 2."
    )
    found = s3.discover(bucket.options("acme"), FOLDER)
    assert [(one.name, tuple(one.columns), one.options["path"]) for one in found] == [
        ("acme/events/*.jsonl.gz", ("id", "type"), "acme/events/*.jsonl.gz"),
        ("acme/in/*.csv", ("id", "mail"), "acme/in/*.csv"),
    ]
    [one] = s3.discover(bucket.options("acme/in/2023*.csv"), FOLDER)
    assert (one.name, tuple(one.columns)) == ("acme/in/2023*.csv", ("id", "fax"))
    assert s3.discover(bucket.options("acme/in/2023.csv"), FOLDER)[0].options == bucket.options("acme/in/2023.csv")
    assert s3.ping(bucket.options("acme"), FOLDER) == "The bucket acme answers. Name the objects in it to read them."
    assert s3.ping(bucket.options("acme/in/2023.csv"), FOLDER) == "The bucket acme answers. in/2023.csv has 11 bytes."
    with pytest.raises(SourceError, match="There is no bucket nope"):
        s3.ping(bucket.options("nope"), FOLDER)
    with pytest.raises(SourceError, match="There is no bucket nope"):
        s3.ping(bucket.options("nope/*.csv"), FOLDER)


@pytest.mark.slow
def test_fifty_thousand_small_objects_are_listed_in_bounded_memory(bucket: Storage) -> None:
    for number in range(50_000):
        bucket.put(f"many/{number:05}.csv", b"id\n1\n")
    before = peak_memory_mb()
    found = parts(bucket, "acme/many/*.csv")
    assert len(found) == 50_000
    assert len({part.fingerprint for part in found}) == 50_000
    assert peak_memory_mb() - before < 250
