"""Parts of a source far away are opened before their turn, and nothing that was opened is left behind."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from kinfolk.errors import SourceError
from kinfolk.model.locator import ArrowBatches, Locator, Part, Rejection
from kinfolk.model.place import Place
from kinfolk.model.source import Source
from kinfolk.pipeline.ahead import opening
from kinfolk.pipeline.arrivals import Delivery

SOURCE = Source("far", Place("sources/far.yml"), "far", {}, ("id",), ())


class Far:
    """A system that answers only when so many ask at once."""

    ahead = 2

    def __init__(self, together: int) -> None:
        self.together = threading.Barrier(together, timeout=20)
        self.open_now: set[str] = set()

    def parts(self, source: Source, folder: Path) -> list[Part]:
        return [Part(str(number), str(number), folder) for number in range(6)]

    def open(self, source: Source, part: Part) -> tuple[Locator, list[Rejection]]:
        self.together.wait()
        if part.name == "3":
            raise SourceError("Gone.", where=part.name)
        self.open_now.add(part.name)
        return ArrowBatches(
            (), lambda: iter(()), discard=lambda: self.open_now.discard(part.name), notes=(part.name,)
        ), []


def test_parts_are_opened_together_and_come_in_order(tmp_path: Path) -> None:
    far = Far(2)
    names = []
    with opening(far, Delivery(SOURCE, tuple(far.parts(SOURCE, tmp_path)[:2])), tmp_path) as calls:
        for call in calls:
            locator, _ = call()
            names += locator.notes
            assert locator.discard
            locator.discard()
    assert names == ["0", "1"]
    assert far.open_now == set()


def test_a_part_that_fails_fails_in_its_turn_and_the_others_are_closed(tmp_path: Path) -> None:
    far = Far(1)
    seen = []
    with (
        pytest.raises(SourceError, match="3: Gone"),
        opening(far, Delivery(SOURCE, tuple(far.parts(SOURCE, tmp_path))), tmp_path) as calls,
    ):
        for call in calls:
            locator, _ = call()
            seen += locator.notes
            assert locator.discard
            locator.discard()
    assert seen == ["0", "1", "2"]
    assert far.open_now == set()
