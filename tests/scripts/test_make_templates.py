"""The project templates: written by a script, small, and sound as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kinfolk.commands.check import check
from kinfolk.commands.init import TEMPLATES, init

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "src" / "kinfolk" / "templates"
COMPANIES = [name for name in TEMPLATES if name != "blank"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("templates")
    subprocess.run([sys.executable, str(ROOT / "scripts" / "make_templates.py"), str(folder)], check=True, timeout=60)
    return folder


@pytest.mark.parametrize("company", COMPANIES)
def test_the_script_writes_the_shipped_files_byte_for_byte(written: Path, company: str) -> None:
    shipped = {path.name: path.read_bytes() for path in (SHIPPED / company / "data").iterdir()}
    again = {path.name: path.read_bytes() for path in (written / company / "data").iterdir()}
    assert shipped.keys() == again.keys()
    # Parquet and zip streams name or follow the library that wrote them, so other versions may differ in bytes.
    assert [name for name in shipped if shipped[name] != again[name]] == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_small(template: str) -> None:
    assert sum(path.stat().st_size for path in (SHIPPED / template).rglob("*") if path.is_file()) <= 150 * 1024


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_project_from_a_template_is_sound(tmp_path: Path, template: str) -> None:
    init(tmp_path / "new", template)
    assert check(tmp_path / "new") is not None


def test_mail_addresses_lie_under_names_nobody_can_own() -> None:
    allowed = ("example.com", "example.org", "example.net", ".example")
    texts = [path for path in SHIPPED.rglob("*") if path.suffix in (".csv", ".jsonl", ".yml", ".md")]
    addresses = [word for path in texts for word in _addresses(path.read_text("latin-1"))]
    assert len(addresses) > 500
    assert [address for address in addresses if not address.lower().endswith(allowed)] == []


def _addresses(text: str) -> list[str]:
    for mark in '";,|{}[]<>()`\r\n\t':
        text = text.replace(mark, " ")
    return [w.rstrip(".") for w in text.split() if "@" in w.strip("@*") and "*" not in w and not w.startswith("@")]
