"""A shop whose customer data is looked at and worked on in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kinfolk.commands.init import init
from kinfolk.commands.run import run
from tests.people import Shop, first_owner
from tests.serving import serving


def atelier(folder: Path) -> Path:
    """The e-commerce project, run once, with so wide a margin that far more than fifty pairs wait for a person."""
    init(folder, "ecommerce")
    rules = folder / "identity.yml"
    text = rules.read_text(encoding="utf-8")
    for was, now in (("merge_at: 0.95", "merge_at: 0.9999"), ("review_at: 0.60", "review_at: 0.5")):
        assert was in text
        text = text.replace(was, now)
    rules.write_text(text, encoding="utf-8")
    run(folder)
    return folder


@pytest.fixture(scope="package")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A server of that project, and the browser of its first owner. No test changes what is decided there."""
    with serving(atelier(tmp_path_factory.mktemp("atelier"))) as server:
        owner = first_owner(server)
        yield server, owner
