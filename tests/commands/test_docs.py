"""The website of a project: whole, linked, and silent about people and secrets."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kinfolk.commands.docs import Site, build_docs
from kinfolk.commands.docs.diagram import Box, diagram
from kinfolk.commands.docs.facts import gather
from kinfolk.commands.init import TEMPLATES, init
from kinfolk.commands.open_project import open_project
from kinfolk.errors import KinfolkError
from tests.company import Company


class Page(HTMLParser):
    """Links and anchors of a page, and whether every tag that opens also closes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.open: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.links += [v for k in ("href", "src") if (v := known.get(k)) is not None]
        self.anchors += [v for k, v in attrs if k == "id" and v]
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [v for k, v in attrs if k == "href" and v]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module", params=TEMPLATES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("docs") / "project"
    init(folder, request.param)
    return build_docs(folder)


def pages(site: Site) -> dict[Path, Page]:
    return {path: Page(path) for path in site.folder.rglob("*.html")}


def test_every_link_leads_to_a_page_and_a_place_on_it(site: Site) -> None:
    found = pages(site)
    assert len(found) == site.pages
    for path, page in found.items():
        assert not page.open, path
        for link in page.links:
            target, _, anchor = link.partition("#")
            aim = (path.parent / target).resolve() if target else path
            assert aim.is_file(), f"{path}: {link}"
            if anchor and aim.suffix == ".html":
                assert anchor in found[aim].anchors, f"{path}: {link}"


def test_nothing_is_fetched_from_elsewhere(site: Site) -> None:
    for path in site.folder.rglob("*"):
        if path.is_file():
            assert not re.search(r"(?:https?:)?//[\w.-]+\.\w", path.read_text("utf-8").replace("// ", "")), path


def test_everything_can_be_found_by_its_name(site: Site) -> None:
    text = (site.folder / "search.js").read_text("utf-8")
    entries = json.loads(text.removeprefix("const ENTRIES = ").rstrip(";\n"))
    names = {entry["name"] for entry in entries}
    assert {"profiles.customers", "identity.members", "email"} <= names
    assert all((site.folder / entry["page"].partition("#")[0]).is_file() for entry in entries)


def test_no_page_holds_data_of_a_person(tmp_path: Path) -> None:
    init(tmp_path / "p", "ecommerce")
    site = build_docs(tmp_path / "p")
    text = "".join(path.read_text("utf-8") for path in site.folder.rglob("*") if path.is_file())
    for known in ("marta.oliveira@example.com", "Oliveira", "casa-das-camelias", "encomendas@"):
        assert known not in text


def small(folder: Path) -> Company:
    company = Company(folder)
    company.identity('keys: [email]\nignore: {email: ["boss@x.org"]}\n')
    company.source("shop", "record_id: id\npeople: {email: mail}\n")
    return company


def test_what_the_environment_holds_is_shown_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_FOLDER", "hidden-folder-17")
    monkeypatch.setenv("SHOP_NOTE", "whispered")
    monkeypatch.setenv("SHOP_COUNTRY", "PT")
    company = small(tmp_path)
    company.source(
        "shop",
        'file: {path: "${SHOP_FOLDER}/shop.csv"}\nrecord_id: id\ndescription: a ${SHOP_NOTE} thing\n'
        "country: ${SHOP_COUNTRY}\npeople: {email: mail}\n",
    )
    site = build_docs(tmp_path)
    text = "".join(path.read_text("utf-8") for path in site.folder.rglob("*.*") if path.is_file())
    assert "hidden-folder-17" not in text
    assert "whispered" not in text
    assert ">PT<" not in text
    assert "${SHOP_FOLDER}/shop.csv" in text


def test_what_people_wrote_cannot_become_part_of_the_page(tmp_path: Path) -> None:
    company = small(tmp_path)
    evil = "<script>alert(1)</script>"
    company.source("shop", f"record_id: id\ndescription: '{evil}'\npeople: {{email: '{evil}'}}\n")
    company.write("models/m.sql", f"select '{evil}' as x -- {evil}")
    site = build_docs(tmp_path)
    for path in site.folder.rglob("*"):
        if path.is_file():
            assert evil not in path.read_text("utf-8"), path


def test_values_that_rules_name_are_counted_not_shown(tmp_path: Path) -> None:
    site = build_docs(small(tmp_path).folder)
    page = (site.folder / "identity.html").read_text("utf-8")
    assert "1 pattern of email" in page
    assert "boss@x.org" not in page


def test_a_second_build_takes_the_place_of_the_first(tmp_path: Path) -> None:
    company = small(tmp_path)
    company.write("models/m.sql", "select 1 as x")
    site = build_docs(tmp_path, tmp_path / "web")
    (tmp_path / "models/m.sql").unlink()
    build_docs(tmp_path, tmp_path / "web")
    assert not (site.folder / "models/m.html").exists()
    assert [path.name for path in tmp_path.glob(".site-*")] == []


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    company = small(tmp_path)
    with pytest.raises(KinfolkError, match="The folder holds something else"):
        build_docs(company.folder, company.folder / "sources")


def test_boxes_of_the_diagram_do_not_overlap_and_lines_join_them(tmp_path: Path) -> None:
    init(tmp_path / "p", "ecommerce")
    drawing = diagram(gather(open_project(tmp_path / "p")))
    boxes = drawing.boxes
    assert {line.start for line in drawing.lines} | {line.end for line in drawing.lines} <= {box.name for box in boxes}
    assert not [(a.name, b.name) for a in boxes for b in boxes if a.name < b.name and overlap(a, b)]
    assert all(box.x + box.width <= drawing.width and box.y + box.height <= drawing.height for box in boxes)
    flows = {(line.start, line.end) for line in drawing.lines}
    assert ("landing.crm", "staging.records") in flows
    assert ("profiles.orders", "models.customer_value") in flows


def overlap(a: Box, b: Box) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height
