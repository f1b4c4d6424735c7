"""Another tool that reads the Open Data Contract Standard accepts our contracts, and finds that our data keeps them.

KINFOLK_DATACONTRACT names the program `datacontract` (PyPI: datacontract-cli), which has an environment of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kinfolk.commands.contract_draft import draft
from kinfolk.commands.init import init
from tests.company import Company

TOOL = os.environ.get("KINFOLK_DATACONTRACT") or shutil.which("datacontract")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(TOOL is None, reason="datacontract-cli is not there; KINFOLK_DATACONTRACT names its program"),
]


def datacontract(folder: Path, *words: str) -> str:
    """What the tool says; it must be content."""
    assert TOOL is not None
    done = subprocess.run([TOOL, *words], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_contract_of_the_template_is_valid_and_kept(tmp_path: Path) -> None:
    init(tmp_path / "shop", "ecommerce")
    file = "contracts/guest_orders.odcs.yaml"
    assert "valid against ODCS" in datacontract(tmp_path / "shop", "lint", file)
    assert "field total has a minimum of 0" in " ".join(datacontract(tmp_path / "shop", "test", file).split())


def test_a_drafted_contract_is_valid_and_kept(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.source("crm", "record_id: id\npeople: {first_name: name, email: mail}\n")
    company.csv(
        "crm",
        [
            {
                "id": f"K{n:05}",
                "name": "Ann" if n % 3 else "",
                "mail": f"p{n}@example.com",
                "tier": ("gold", "tin")[n % 2],
                "age": n,
                "balance": n - 50.5,
                "born": f"{1950 + n % 50}-03-01",
                "seen": f"2024-01-{1 + n % 28:02} 10:00:00",
            }
            for n in range(100)
        ],
    )
    path, _ = draft(tmp_path, "crm")
    assert "valid against ODCS" in datacontract(tmp_path, "lint", str(path))
    assert "failed" not in datacontract(tmp_path, "test", str(path))


def test_a_tool_that_is_content_with_everything_would_be_noticed(tmp_path: Path) -> None:
    init(tmp_path / "shop", "ecommerce")
    file = tmp_path / "shop" / "contracts" / "guest_orders.odcs.yaml"
    file.write_text(file.read_text().replace("maximum: 99", "maximum: 2"))
    with pytest.raises(AssertionError, match="items"):
        datacontract(tmp_path / "shop", "test", str(file))
