"""Renders every page into a new folder, then puts it in the place of the old one."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from kinfolk.commands.docs.diagram import diagram
from kinfolk.commands.docs.facts import Facts, gather
from kinfolk.commands.docs.highlight import highlighted
from kinfolk.commands.docs.words import identity_words, survivorship_words
from kinfolk.commands.open_project import open_project
from kinfolk.connectors import OPTIONS
from kinfolk.errors import KinfolkError
from kinfolk.project import environment_values

_MARK = ".made-by-kinfolk"
_ASSETS = ("style.css", "site.js")
_SHORT = 4  # a value shorter than this is an ordinary word in other places


@dataclass(frozen=True)
class Site:
    """A website that was written. start: the page to open."""

    folder: Path
    pages: int
    start: Path


def build_docs(folder: Path, out: Path | None = None, environment: str | None = None, home: str | None = None) -> Site:
    """Writes the project's website into `out` (default: site/ in the project), whole or not at all.

    home    where each page leads back to, where it is part of something larger
    Errors  ProjectError; KinfolkError when `out` holds something that is no such website
    """
    project = open_project(folder, environment)
    out = (out or folder / "site").absolute()
    if out.exists() and not (out.is_dir() and ((out / _MARK).exists() or not any(out.iterdir()))):
        raise KinfolkError("The folder holds something else.", where=str(out), hint="Choose another with --out.")
    facts = gather(project)
    mask = _mask(environment_values(folder, OPTIONS, environment))
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".site-", dir=out.parent))
    try:
        pages = _write(made, facts, mask, home)
        shutil.rmtree(out, ignore_errors=True)
        made.chmod(0o755)
        made.rename(out)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return Site(out, pages, out / "index.html")


def _write(out: Path, facts: Facts, mask: Callable[[Any], Any], home: str | None) -> int:
    environment = Environment(
        loader=PackageLoader("kinfolk.commands.docs"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=mask,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["sql"] = lambda text: Markup(highlighted(mask(text)))
    environment.globals.update(facts=facts, project=facts.project, href=facts.href, home=home)
    pages = dict(_pages(facts))
    for path, (template, context) in pages.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        root = "../" * path.count("/")
        text = environment.get_template(template).render(root=root, path=path, **context)
        target.write_text(text, encoding="utf-8")
    for name in _ASSETS:
        asset = files("kinfolk") / "commands" / "docs" / "templates" / name
        (out / name).write_bytes(asset.read_bytes())
    entries = [{key: mask(value) for key, value in entry.items()} for entry in facts.search_entries()]
    index = json.dumps(entries, ensure_ascii=False).replace("<", "\\u003c")
    (out / "search.js").write_text(f"const ENTRIES = {index};\n", encoding="utf-8")
    (out / _MARK).write_text("`kinfolk docs build` replaces this folder.\n", encoding="utf-8")
    return len(pages)


def _pages(facts: Facts) -> list[tuple[str, tuple[str, Mapping[str, Any]]]]:
    project = facts.project
    pages: list[tuple[str, tuple[str, Mapping[str, Any]]]] = [
        ("index.html", ("index.html", {"drawing": diagram(facts)})),
        (
            "identity.html",
            ("identity.html", {"rules": identity_words(project), "survivorship": survivorship_words(project)}),
        ),
        ("owners.html", ("owners.html", {})),
        ("tables.html", ("tables.html", {})),
    ]
    pages += [(facts.page("sources", s.name), ("source.html", {"source": s})) for s in project.sources]
    pages += [(facts.page("tables", t.name), ("table.html", {"table": t})) for t in facts.tables]
    pages += [(facts.page("models", m.name), ("model.html", {"model": m})) for m in project.models]
    return pages


def _mask(values: Mapping[str, str]) -> Callable[[Any], Any]:
    """Shows what the environment held as the reference that stands in the file."""
    known = sorted(filter(None, values), key=len, reverse=True)
    long = [value for value in known if len(value) >= _SHORT]
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(value)}(?!\w)" for value in long)) if long else None

    def mask(shown: Any) -> Any:
        if shown is None:
            return ""
        if isinstance(shown, Markup):
            return shown
        text = str(shown)
        if text in values:
            return values[text]
        return pattern.sub(lambda found: values[found[0]], text) if pattern else shown

    return mask
