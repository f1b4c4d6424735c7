"""JSON: one object a line, or an array of them; every key becomes a column of text."""

from __future__ import annotations

import pytest

from kinfolk.errors import SourceError
from tests.connectors.reading import Folder


def test_values_keep_their_digits_and_nested_ones_stay_json(folder: Folder) -> None:
    folder.write(
        "a.jsonl",
        '{"id": 12345678901234567890123, "price": 12.50, "ok": true, "gone": null, "empty": ""}\n'
        '{"id": -0, "price": 1e5, "ok": false, "address": {"city": "Köln", "geo": [50.930, null, true]}}\n',
    )
    landed = folder.land("a.jsonl")
    assert landed.columns == ["_row", "id", "price", "ok", "gone", "empty", "address"]
    assert landed.rows == [
        (1, "12345678901234567890123", "12.50", "true", None, None, None),
        (2, "-0", "1e5", "false", None, None, '{"city":"Köln","geo":[50.930,null,true]}'),
    ]


def test_keys_that_appear_late_become_columns(folder: Folder) -> None:
    lines = [f'{{"id": {number}}}' for number in range(25_000)] + ['{"id": 25000, "late": "x"}']
    folder.write("a.ndjson", "\n".join(lines))
    landed = folder.land("a.ndjson")
    assert landed.columns == ["_row", "id", "late"]
    assert landed.rows[0] == (1, "0", None)
    assert landed.rows[-1] == (25_001, "25000", "x")


def test_a_broken_line_is_kept_and_the_others_are_read(folder: Folder) -> None:
    folder.write("a.jsonl", '{"id": 1}\n{"id": 2,\n\n[3]\n{"id": 4}\nnull\n')
    landed = folder.land("a.jsonl")
    assert landed.rows == [(1, "1"), (4, "4")]
    assert [(line, text) for line, _, text in landed.rejections] == [(2, '{"id": 2,'), (4, "[3]"), (6, "null")]
    assert "not JSON" in landed.rejections[0][1]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": "a\\u0000b"}', "contains a NUL character"),
        (b'{"id": "a\\ud83d"}', "half of a surrogate pair"),
        (b'{"id": "M\xfcller"}', "bytes that are not UTF-8"),
        (b'{"id": ' + b"[" * 100_000 + b"}", "nested too deeply"),
        (b'{"id": ' + b"[" * 700 + b"]" * 700 + b"}", "nested too deeply"),
        (b'{"id": "\xc3\xa4", "x": ' + b"[" * 700 + b"]" * 700 + b"}", "nested too deeply"),
    ],
)
def test_text_that_no_table_can_hold_is_rejected(folder: Folder, line: bytes, reason: str) -> None:
    good = '{"id": "Jäger"}\n{"id": "Groß"}\n'.encode()
    folder.write("a.jsonl", good + line + b"\n")
    landed = folder.land("a.jsonl")
    assert landed.rows == [(1, "Jäger"), (2, "Groß")]
    assert [(number, why) for number, why, _ in landed.rejections if reason in why] != []


def test_keys_that_differ_only_in_case_get_columns_of_their_own(folder: Folder) -> None:
    folder.write("a.jsonl", '{"Email": "a", "email": "b", "": "c", "_row": 7}\n{"email": "d"}\n')
    landed = folder.land("a.jsonl")
    assert landed.columns == ["_row", "Email", "email_2", "column_3", "_row_2"]
    assert landed.rows == [(1, "a", "b", "c", "7"), (2, None, "d", None, None)]


def test_an_array_of_objects_is_read_too(folder: Folder) -> None:
    folder.write("a.json", '\ufeff[\n  {"id": 1,\n   "name": "Ada"},\n  7,\n  {"id": 2, "name": "Ben"}\n]\n')
    landed = folder.land("a.json")
    assert landed.rows == [(1, "1", "Ada"), (3, "2", "Ben")]
    assert landed.rejections == [(4, "JSON, but not an object", "7")]


def test_an_array_that_breaks_off_is_refused_with_its_line(folder: Folder) -> None:
    folder.write("a.json", '[{"id": 1},\n{"id": 2},\n{"id":')
    with pytest.raises(SourceError, match="breaks off") as error:
        folder.land("a.json")
    assert error.value.where == "a.json, line 3"


def test_an_object_over_several_lines_says_what_to_do(folder: Folder) -> None:
    folder.write("a.json", '{\n  "id": 1\n}\n')
    with pytest.raises(SourceError, match=r"spread over several lines.*jq -c"):
        folder.land("a.json")


def test_an_empty_file_is_refused(folder: Folder) -> None:
    folder.write("a.jsonl", "")
    with pytest.raises(SourceError, match="a.jsonl: The file is empty"):
        folder.land("a.jsonl")


def test_other_encodings_are_read(folder: Folder) -> None:
    folder.write("a.jsonl", '{"name": "Müller"}\n', "utf-16")
    assert folder.land("a.jsonl").rows == [(1, "Müller")]
