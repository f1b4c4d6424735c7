"""Whatever stands in the files, the answer is a project or a list of mistakes, each in one of the files."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kinfolk.errors import ProjectError
from tests.project.folder import CRM, IDENTITY, KINFOLK, ORDERS, OWNERS, WEBSHOP, Folder

FILES = {"kinfolk": KINFOLK, "identity": IDENTITY, "owners": OWNERS, "webshop": WEBSHOP, "orders": ORDERS, "crm": CRM}
PLACES = {"kinfolk.yml", "identity.yml", "owners.yml"} | {
    f"sources/{name}.yml" for name in ("webshop", "orders", "crm")
}
VALUES: list[Any] = [None, True, 7, -1.5, "", "x", "${X}", "no such", [], [[]], ["a", None], {}, {"a": "b"}, [{"x": 1}]]


def answered(files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name)).write(**files)
        try:
            folder.load(env={"X": "from outside"})
        except ProjectError as error:
            assert error.mistakes
            for mistake in error.mistakes:
                text = (folder.path / mistake.place.file).read_bytes().decode()
                assert mistake.place.file in PLACES
                assert 1 <= mistake.place.line <= len(text.splitlines()) + 1
                assert "from outside" not in str(mistake)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, inner in items for found in ((*path, key), *paths(inner, (*path, key)))]


@settings(max_examples=60)
@given(st.data())
def test_any_value_in_any_place(data: st.DataObject) -> None:
    contents = {name: yaml.load(text, Loader=yaml.BaseLoader) for name, text in FILES.items()}
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(contents)))
        path = data.draw(st.sampled_from(paths(contents[name]) or [()]))
        if path:
            inside = contents[name]
            for step in path[:-1]:
                inside = inside[step]
            inside[path[-1]] = deepcopy(data.draw(st.sampled_from(VALUES)))
    answered({name: yaml.safe_dump(value, sort_keys=False) for name, value in contents.items()})


@settings(max_examples=60)
@given(st.sampled_from(sorted(FILES)), st.integers(0, 2000), st.integers(0, 30), st.text(max_size=5))
def test_any_text_in_any_place(name: str, at: int, gone: int, typed: str) -> None:
    text = FILES[name]
    at %= len(text)
    new = (text[:at] + typed + text[at + gone :]).encode("utf-8", "ignore").decode()
    answered({**FILES, name: new})
