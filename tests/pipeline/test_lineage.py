"""Lineage tells the truth: from a golden value back to the very cell of the file it came from."""

from __future__ import annotations

import csv
import random
from pathlib import Path

from kinfolk.commands.open_project import open_project
from kinfolk.engine.reader import reading
from kinfolk.engine.sql import column, query, table
from kinfolk.stages.staging import reading as reads
from kinfolk.tables import staging
from tests.company import Company
from tests.disagreeing import SOURCE, TRUST, disagreeing_customers

IDENTITY = """
keys: [customer_number]
survivorship: {default: [most_recent, most_trusted], trust: [crm, shop, desk], fields: {email: [verified, longest]}}
"""


def test_the_original_of_a_thousand_golden_values_stands_in_the_cell_their_lineage_names(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.identity(IDENTITY)
    for name in TRUST:
        company.source(name, SOURCE)
    disagreeing_customers(company, 200, seed=5)
    company.run()
    lineage = company.ask(
        "select customer_id, field, value, source, record_id, record_no, original from profiles.lineage"
    )
    constant = [(value, original) for _, field, value, _, _, _, original in lineage if field == "country"]
    assert set(constant) == {("DE", "'DE'")}  # declared for the whole source: no cell says it, and lineage says so
    chosen = random.Random(1).sample([row for row in lineage if row[1] != "country"], 1000)
    files = {name: list(csv.DictReader((tmp_path / f"data/{name}.csv").open())) for name in TRUST}
    landed = {
        (source, number): (record_id, row)
        for source in TRUST
        for number, record_id, row in company.ask(f"select _record_no, _record_id, _row from landing.{source}")
    }
    standardised = _standardised_cells(company)
    for _, field, golden, source, record_id, number, original in chosen:
        landed_id, row = landed[source, number]
        cell = files[source][row - 1][original]
        assert landed_id == record_id == files[source][row - 1]["id"]
        assert standardised[source, number, field] == (cell, golden)


def _standardised_cells(company: Company) -> dict[tuple[str, int, str], tuple[str, str]]:
    """(source, landing row, field) -> (the cell as landed, the cell standardised), computed apart from the run."""
    project = open_project(company.folder)
    cells = {}
    with reading(project.state) as reader:
        for source in project.sources:
            [mapping] = source.mappings
            for field, rule in (*mapping.columns.items(), *mapping.attributes.items()):
                if not rule.columns:
                    continue
                described = staging.canonical("people").get(field)
                kind = described.kind if described and described.kind else "text"
                tree = query(
                    "select _record_no, $cell, cast($value as varchar) from landed where $cell is not null",
                    cell=column(rule.columns[0]),
                    value=reads(rule, field, kind, source.conventions).value,
                    landed=table(f"landing.{source.name}"),
                )
                for number, cell, made in reader.read(tree).rows:
                    cells[source.name, number, field] = (cell, made)
    return cells
