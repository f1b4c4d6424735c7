"""Draws docs/pictures/demo.svg from a real run of the demo: `python scripts/make_pictures.py`."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

from rich.console import Console

from kinfolk.commands.demo import demo
from kinfolk.interfaces.cli import profile_views, views

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "demo.svg"
WIDTH = 132


def main() -> None:
    """Runs the demo in a temporary folder and draws what it prints, without fonts fetched from elsewhere."""
    recorder = Console(record=True, width=WIDTH, highlight=False, file=io.StringIO())
    views.console = lambda: recorder  # type: ignore[assignment]  # the views draw on the recorder
    with tempfile.TemporaryDirectory() as folder:
        found = demo(Path(folder) / "shop")
        profile_views.profile(recorder, found.profile)
        profile_views.waiting(recorder, found.waiting)
    svg = recorder.export_svg(title="kinfolk demo", clear=False)
    svg = re.sub(r"@font-face\s*\{[^}]*\}", "", svg).replace("Fira Code", "ui-monospace, Menlo, Consolas")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
