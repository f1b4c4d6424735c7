"""`kinfolk init`: a new project from a template."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from kinfolk.errors import KinfolkError

TEMPLATES = ("ecommerce", "saas", "finance", "blank")


def init(folder: Path, template: str) -> list[Path]:
    """Copies a template into `folder` and returns the files made, in order.

    Errors  KinfolkError when the folder already holds something
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise KinfolkError("The folder is not empty.", where=str(folder), hint="Choose a new one.")
    with as_file(files("kinfolk") / "templates" / template) as source:
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
