"""What is written is what arrives: text stays text, every line is known, nothing is doubled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kinfolk.project.yaml_reader import read
from tests.project.folder import Folder


def values(tmp_path: Path, text: str | bytes) -> dict[str, Any]:
    path = tmp_path / "a.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    document, mistakes = read(path, "a.yml")
    assert mistakes == []
    return dict(document.data)


def mistakes(tmp_path: Path, text: str | bytes) -> list[str]:
    path = tmp_path / "a.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [str(mistake) for mistake in read(path, "a.yml")[1]]


@pytest.mark.parametrize(
    "word", ["NO", "no", "yes", "on", "Off", "y", "2024-01-02", "0123", "007", "1_000", "0x1F", "12:30:45"]
)
def test_words_stay_words(tmp_path: Path, word: str) -> None:
    assert values(tmp_path, f"a: {word}")["a"] == word


def test_norway_is_a_country(folder: Folder) -> None:
    folder.write(crm="file: a.csv\ncountry: NO\npeople: {email: mail, country: {value: NO}, region: on}\n")
    source = folder.load().source("crm")
    people = source.mapping("people")
    assert people is not None
    assert (source.conventions.country, people.columns["country"].value) == ("NO", "NO")
    assert people.columns["region"].columns == ("on",)


def test_numbers_booleans_and_nothing(tmp_path: Path) -> None:
    found = values(tmp_path, "a: 12\nb: -1.5e3\nc: true\nd: False\ne: null\nf: ~\ng:\nh: '12'\ni: \"true\"\n")
    assert found == {
        "a": 12,
        "b": -1500.0,
        "c": True,
        "d": False,
        "e": None,
        "f": None,
        "g": None,
        "h": "12",
        "i": "true",
    }


@pytest.mark.parametrize("written", ["49", "1.10", "+4930123", "0123", "1e3", "true", "NO"])
def test_a_constant_is_the_text_that_was_written(folder: Folder, written: str) -> None:
    folder.write(crm=f"file: a.csv\npeople: {{email: {{value: {written}}}}}\n")
    people = folder.load().source("crm").mapping("people")
    assert people is not None
    assert people.columns["email"].value == written


def test_every_key_and_item_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("a:\n  b: 1\n  c:\n    - x\n\n    - {d: 2,\n       e: 3}\nf: |\n  long\n  text\ng: 1\n")
    document, _ = read(path, "a.yml")
    lines = {path: document.place(*path).line for path in document.lines if path}
    assert lines == {
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "c"): 3,
        ("a", "c", 0): 4,
        ("a", "c", 1): 6,
        ("a", "c", 1, "d"): 6,
        ("a", "c", 1, "e"): 7,
        ("f",): 8,
        ("g",): 11,
    }


def test_lines_survive_leaving_parts_out(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("a:\n  - x\n  - y\n  - z\nb: 1\n")
    left = read(path, "a.yml")[0].without([("a", 0), ("b",)])
    assert left.data == {"a": ["y", "z"]}
    assert [left.place("a", number).line for number in (0, 1)] == [3, 4]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", "a.yml:3: `a` is written twice; the first is on line 1. Keep one of them."),
        ("a: 1\nb:\n\tc: 2\n", "a.yml:3: The line is indented with a tab. YAML is indented with spaces."),
        ("a: 1\nb: 'x\n", "A quote is opened and never closed."),
        ("a: 1\nb: c: d\n", "a.yml:2: This is not YAML: mapping values are not allowed in this context."),
        ("a: 1\nb: @x\n", "a.yml:2: This is not YAML: found character that cannot start any token"),
        ("a: 1\n---\nb: 2\n", "a.yml:2: This is not YAML: but found another document"),
        ("a: *x\n", "a.yml:1: This is not YAML: found undefined alias"),
        ("a: 1\nb: !secret x\n", "a.yml:2: YAML tags such as `!secret` are not used here."),
        ("? [a]\n: 1\n", "a.yml:1: A key is a single word or text"),
        ("just text\n", "a.yml:1: The file holds no keys and values"),
        ("a: 1\nb: x\0y\n", "a.yml:2: The file holds a NUL byte."),
        ("a: 1\nb: x\x01y\n", "a.yml:2: The line holds a control character"),
        (
            "a: 1\nb: caf\xe9\n".encode("latin-1"),
            "a.yml:2: The file is not UTF-8 text: byte 0xe9 on this line. Save it as UTF-8.",
        ),
        ("a: 1\n".encode("utf-16"), "a.yml:1: The file is UTF-16 text. Save it as UTF-8."),
    ],
)
def test_what_is_no_yaml_is_told_in_a_sentence(tmp_path: Path, text: str | bytes, expected: str) -> None:
    found = mistakes(tmp_path, text)
    assert len(found) == 1
    assert expected in found[0]


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert values(tmp_path, b"\xef\xbb\xbfa: caf\xc3\xa9\n") == {"a": "café"}


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert values(tmp_path, "") == {}
    assert values(tmp_path, "# only a comment\n") == {}


def test_aliases_may_repeat_but_not_explode(tmp_path: Path) -> None:
    assert values(tmp_path, "a: &x {b: 1}\nc: *x\n")["c"] == {"b": 1}
    laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    laughs += "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    assert "holds over 100,000 values" in mistakes(tmp_path, laughs)[0]
    assert "60 levels" in mistakes(tmp_path, "a: &a [*a]\n")[0]
