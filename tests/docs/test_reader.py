"""The reader of the documentation notices what is wrong with a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.page import PageError, read
from tests.docs.reader import Reader, WrongPage, exchanges, matches
from tests.docs.test_pages import anchors, links


@pytest.fixture
def follow(tmp_path: Path):
    """Write a page and let a reader follow it; returns the folder the reader ends up in."""

    def _follow(text: str) -> Path:
        page = tmp_path / "page.md"
        page.write_text(text)
        folder = tmp_path / "reader"
        folder.mkdir()
        reader = Reader(folder, data=tmp_path, seconds=20)
        reader.follow(read(page))
        return reader.here()

    return _follow


def test_blocks_run_in_order_in_one_folder(follow) -> None:
    here = follow("```bash\nmkdir shop && cd shop\nexport NAME='a b'\n```\n\n```bash\necho \"$NAME\" > name.txt\n```\n")
    assert here.name == "shop"
    assert (here / "name.txt").read_text() == "a b\n"


def test_the_program_of_this_environment_comes_first(follow) -> None:
    follow("```bash\npython -c 'import kinfolk'\n```\n")


def test_a_command_that_fails_is_noticed_even_in_the_middle(follow) -> None:
    with pytest.raises(WrongPage, match=r"page.md:1: exit code 1 where 0 is said"):
        follow("```bash\nfalse\ntrue\n```\n")


def test_a_failure_that_the_page_announces_is_right(follow) -> None:
    follow("<!-- docs-test: exit 3 -->\n```bash\nexit 3\n```\n")
    follow_again = "<!-- docs-test: exit 3 -->\n```console\n$ echo no; exit 3\nno\n```\n"
    assert [b.exit for b in _blocks(follow_again)] == [3]


def test_output_is_compared_with_what_the_page_shows(follow) -> None:
    with pytest.raises(WrongPage, match="is said to print"):
        follow("```console\n$ echo five\nfour\n```\n")


def test_output_with_wildcards_is_right(follow) -> None:
    follow("```console\n$ printf 'took 12 s\\na\\nb\\nc\\n'\ntook ... s\n...\nc\n$ true\n```\n")


def test_a_file_is_saved_where_the_reader_stands(follow) -> None:
    here = follow(
        "```bash\nmkdir a; cd a\n```\n"
        "```yaml\n# file: sources/shop.yml\nname: shop\n```\n"
        "```bash\ngrep shop sources/shop.yml\n```\n"
    )
    assert (here / "sources" / "shop.yml").read_text() == "# file: sources/shop.yml\nname: shop\n"


def test_a_file_without_comments_is_named_above_it(follow) -> None:
    here = follow("<!-- docs-test: file people.csv -->\n```csv\nid,name\n1,Ann\n```\n")
    assert (here / "people.csv").read_text() == "id,name\n1,Ann\n"


def test_a_file_outside_the_folder_is_refused(follow) -> None:
    with pytest.raises(WrongPage, match="outside"):
        follow("```yaml\n# file: ../../a.yml\na: 1\n```\n")


@pytest.mark.parametrize(
    ("language", "text"), [("yaml", "a: [1"), ("json", "{"), ("toml", "a ="), ("sql", "select from from")]
)
def test_what_does_not_parse_is_noticed(language: str, text: str, follow) -> None:
    with pytest.raises(WrongPage, match=f"this is no {language}"):
        follow(f"```{language}\n{text}\n```\n")


def test_python_is_executed(follow) -> None:
    with pytest.raises(WrongPage, match="ZeroDivisionError"):
        follow("```python\n1 / 0\n```\n")


def test_a_block_inside_a_list_is_run(follow) -> None:
    assert (follow("1. Do this:\n\n    ```bash\n    echo 1 > a\n    ```\n") / "a").exists()


def test_an_installation_may_be_skipped_with_its_reason() -> None:
    (block,) = _blocks("<!-- docs-test: skip fetches from a registry -->\n```bash\npip install kinfolk\n```\n")
    assert block.skip == "fetches from a registry"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- docs-test: skip too long -->\n```bash\nkinfolk run\n```\n", "may not be skipped"),
        ("<!-- docs-test: skip -->\n```bash\nmake test\n```\n", "means nothing"),
        ("<!-- docs-test: perhaps -->\n```bash\ntrue\n```\n", "means nothing"),
        ("<!-- docs-test: exit 1 -->\nSome text.\n", "just above"),
        ("```cobol\nDISPLAY 1\n```\n", "unknown language cobol"),
        ("```\ntrue\n```\n", r"unknown language \(none\)"),
        ("```bash\ntrue\n", "never closed"),
    ],
)
def test_a_page_that_cannot_be_tested_is_refused(text: str, message: str) -> None:
    with pytest.raises(PageError, match=message):
        _blocks(text)


def test_a_page_says_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("<!-- needs: a.parquet, b.parquet -->\n<!-- docs-test: slow -->\n# Page\n")
    page = read(path)
    assert (page.needs, page.slow) == (["a.parquet", "b.parquet"], True)


def test_a_long_command_goes_on_in_the_next_line() -> None:
    assert exchanges("$ echo \\\n> a\na\n") == [("echo \\\na", "a\n")]


def test_three_points_stay_within_their_line() -> None:
    assert not matches("a ... c", "a b\nc")
    assert matches("...\nb", "b")


def test_links_in_code_and_to_other_sites_are_not_ours() -> None:
    text = "[a](a.md#x) ![p](p.png) [w](https://example.org) `[c](c.md)`\n```text\n[d](d.md)\n```\n[e](e.md)"
    assert links(text) == ["a.md#x", "p.png", "e.md"]


def test_anchors_are_made_from_headings() -> None:
    assert anchors("# What `kinfolk run` does: steps\n## Two {#second}\n") >= {"what-kinfolk-run-does-steps", "second"}


def _blocks(text: str):
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".md") as file:
        file.write(text)
        file.flush()
        return read(Path(file.name)).blocks
