"""The process in which Splink runs on Spark: what it fails at is told in a sentence, and nothing is left behind."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pyarrow as pa
import pytest

from kinfolk.engine.spark import SplinkOnSpark
from kinfolk.engine.step import PairSearch
from kinfolk.errors import EngineError


def same(*texts: pa.Array) -> pa.Array:
    """A function that a search may send along."""
    return texts[0]


@pytest.mark.skipif(importlib.util.find_spec("pyspark") is not None, reason="pyspark is here, so this would start it")
def test_what_fails_is_told_with_the_place_of_the_log_and_leaves_nothing_behind(tmp_path: Path) -> None:
    rows = pa.table({"unique_id": [0, 1], "email": ["ada@example.com", None]})
    finder = SplinkOnSpark(tmp_path / "state", tmp_path / "spark.log")
    with pytest.raises(EngineError, match=r"Splink on Spark failed \(ModuleNotFoundError\): No module named '…'"):
        finder.patterns(PairSearch(rows, {}, {}, ("levels", same)))
    assert list((tmp_path / "state").iterdir()), "the folder stands until the finder is closed"
    finder.close()
    assert not list((tmp_path / "state").iterdir())
    assert "No module named 'pyspark'" in (tmp_path / "spark.log").read_text()
    finder.close()
