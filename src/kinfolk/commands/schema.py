"""`kinfolk schema`: JSON Schemas that let an editor complete and check project files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kinfolk.connectors import OPTIONS
from kinfolk.project import schemas


def schema(folder: Path | None = None) -> dict[str, Any]:
    """Every schema by the kind of file it is for; written into `folder` as <kind>.schema.json when one is given."""
    made = schemas(OPTIONS)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, content in made.items():
            (folder / f"{kind}.schema.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return made
