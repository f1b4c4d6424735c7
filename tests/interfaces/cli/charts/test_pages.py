"""Chart pages stand alone: nothing is fetched, nothing runs, and no value of a record becomes markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kinfolk.commands.charts import Charts, gather
from kinfolk.errors import ExistsError, NotFoundError
from kinfolk.interfaces.cli.charts import write
from kinfolk.interfaces.cli.charts.pages import rendered
from tests.browser import browse
from tests.company import Company
from tests.stages.identity.population import records

HOSTILE = "<script>alert(1)</script>"
SOURCE = """
record_id: id
people: {first_name: first_name, last_name: last_name, birth_date: birth_date, email: email, phone: phone}
"""
RULES = """
keys: [email]
match:
  compare: {first_name: name, last_name: name, birth_date: date, phone: phone}
"""


class Page(HTMLParser):
    """The tags of a page, and every address it names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        self.addresses += [named[name] or "" for name in ("src", "href") if name in named]
        self.ids += [named["id"] or ""] if "id" in named else []


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    made = Company(tmp_path_factory.mktemp("company"))
    rows = [{"id": n, **row} for n, row in enumerate(records(people=50, each=3))]
    same = [row for row in rows if row["truth"] == rows[0]["truth"]]
    for row in same:
        row["first_name"] = HOSTILE
    made.csv("crm", rows)
    made.source("crm", SOURCE)
    made.identity(RULES)
    made.run()
    made.write("pair", f"{same[0]['id']} {same[1]['id']}")
    return made


@pytest.fixture(scope="module")
def charts(company: Company) -> Charts:
    """Everything drawn, of the records whose given name is a script."""
    first, second = (company.folder / "pair").read_text().split()
    [(customer,)] = company.ask(f"select customer_id from identity.members where record_id = '{first}'")
    return gather(company.folder, (f"crm:{first}", f"crm:{second}"), customer)


@pytest.fixture(scope="module")
def pages(charts: Charts) -> dict[str, str]:
    return rendered(charts)


def test_pages_fetch_nothing_and_run_nothing(pages: dict[str, str]) -> None:
    assert list(pages) == ["index.html", "pair.html", "customer.html"]
    for text in pages.values():
        page = Page(text)
        assert not {"script", "link rel=stylesheet", "img", "iframe", "object"} & set(page.tags)
        assert all(a in pages or a.startswith(("#", "data:")) for a in page.addresses)
        assert not re.search(r"https?://|@import|url\(", text)


def test_no_value_of_a_record_becomes_markup(pages: dict[str, str]) -> None:
    for name in ("pair.html", "customer.html"):
        assert "alert(1)" in pages[name] and "<script" not in pages[name].lower()


def test_every_drawing_has_a_title_and_a_table(pages: dict[str, str]) -> None:
    for text in pages.values():
        page = Page(text)
        assert len(page.ids) == len(set(page.ids))
        for labelled in re.findall(r'aria-labelledby="([^"]+)"', text):
            assert labelled in page.ids
        assert text.count('class="chart"') == len(re.findall(r'class="chart"[^>]*role="img"', text))
        assert "table" in page.tags and page.tags.count("h1") == 1
    assert pages["index.html"].count("Show as table") == 3


def test_the_model_is_drawn_as_it_was_learned(charts: Charts, pages: dict[str, str]) -> None:
    assert charts.model is not None
    assert [field.column for field in charts.model.fields] == ["first_name", "last_name", "birth_date", "phone"]
    for field in charts.model.fields:
        assert sum(level.m for level in field.levels) == pytest.approx(1)
        for level in field.levels:
            assert f"{level.bits:+.1f}" in pages["index.html"]


def test_expected_recall_falls_and_precision_does_not_as_the_threshold_rises(charts: Charts) -> None:
    assert charts.model is not None
    steps = charts.model.thresholds
    assert [t.recall for t in steps] == sorted((t.recall for t in steps), reverse=True)
    assert all(0 <= t.precision <= 1 and min(t.precision, t.recall) <= t.f1 + 1e-9 for t in steps)
    assert steps[-1].precision >= steps[0].precision
    assert [r.below for r in charts.model.reach] == sorted(r.below for r in charts.model.reach)


def test_the_waterfall_adds_up_to_the_weight_of_the_pair(charts: Charts, pages: dict[str, str]) -> None:
    assert charts.pair is not None and charts.pair.evidence.weight is not None
    e = charts.pair.evidence
    assert e.prior + sum(f.bits + f.rarity for f in e.fields) + e.household == pytest.approx(e.weight)
    assert f"{e.weight:+.1f} bits" in pages["pair.html"]


def test_the_graph_has_every_record_of_the_customer_and_only_ties_between_what_is_drawn(charts: Charts) -> None:
    assert charts.customer is not None
    drawn = {node.record_no for node in charts.customer.nodes}
    assert sum(node.inside for node in charts.customer.nodes) == charts.customer.records
    assert all({edge.a, edge.b} <= drawn for edge in charts.customer.edges)
    inside = {node.record_no for node in charts.customer.nodes if node.inside}
    assert all(edge.cut != ({edge.a, edge.b} <= inside) for edge in charts.customer.edges)


def test_a_folder_of_something_else_is_left_alone(charts: Charts, tmp_path: Path) -> None:
    assert write(charts, tmp_path / "charts") == write(charts, tmp_path / "charts"), "its own pages it replaces"
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(ExistsError, match="Another file"):
        write(charts, tmp_path)
    assert not (tmp_path / "pair.html").exists()


def test_nobody_is_drawn_who_is_not_there(company: Company) -> None:
    with pytest.raises(NotFoundError, match="no customer C-999999"):
        gather(company.folder, customer="C-999999")
    with pytest.raises(NotFoundError, match="no record crm:nobody"):
        gather(company.folder, ("crm:nobody", "crm:1"))


def test_a_project_of_keys_alone_says_that_it_has_no_model(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.csv("crm", [{"id": 1, "email": "a@example.com"}, {"id": 2, "email": "a@example.com"}])
    company.source("crm", "record_id: id\npeople: {email: email}\n")
    company.identity("keys: [email]\n")
    company.run()
    pages = rendered(gather(tmp_path, ("crm:1", "crm:2"), "C-1"))
    assert "no model to draw" in pages["index.html"]
    assert "share the key email" in pages["pair.html"] and "a shared key" in pages["customer.html"]


@pytest.mark.slow
def test_a_browser_draws_every_page_without_complaint(charts: Charts, tmp_path: Path) -> None:
    for page in write(charts, tmp_path / "charts"):
        shot = tmp_path / f"{page.stem}.png"
        ended = browse(page.as_uri(), tmp_path / "user", "--enable-logging=stderr", f"--screenshot={shot}")
        assert "CONSOLE" not in ended.stderr
        assert shot.stat().st_size > 10_000
