"""Connectors are found by name, and only then imported."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from kinfolk.connectors import CONNECTORS, OPTIONS


def test_every_connector_has_written_settings() -> None:
    assert set(CONNECTORS) == set(OPTIONS) >= {"file", "postgres", "adbc", "s3", "http", "dlt"}


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="delimeter"):
        OPTIONS["file"].model_validate({"path": "a.csv", "delimeter": ";"})


def test_naming_the_connectors_imports_none_of_them() -> None:
    code = "import sys, kinfolk.connectors as c; list(c.CONNECTORS); assert 'pydantic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
