"""Measurements, as Prometheus' own parser reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinfolk.commands.metrics import metrics
from kinfolk.errors import KinfolkError
from kinfolk.model.exposition import Family, exposition
from tests.company import Company

parser = pytest.importorskip("prometheus_client.parser", reason="prometheus-client is not installed")


def read(text: str) -> dict[tuple[str, str | None], float]:
    """(sample, its source, step or status) -> value, of text the parser takes."""
    found: dict[tuple[str, str | None], float] = {}
    for family in parser.text_string_to_metric_families(text):
        for sample in family.samples:
            assert sample.labels["project"] == "Test company"
            about = next((sample.labels[n] for n in ("step", "source", "status") if n in sample.labels), None)
            assert (sample.name, about) not in found
            found[sample.name, about] = sample.value
    return found


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.source("crm", "record_id: id\nrefresh: daily\npeople: {email: mail}\n")
    made.write("data/crm.csv", "id,mail\n1,ada@example.com\n2,ben@example.com\n3,c,d\n")
    return made


def test_before_the_first_run_there_are_no_runs(company: Company) -> None:
    assert set(read(metrics(company.folder)).values()) == {0}


def test_runs_sources_steps_and_quarantine_are_measured(company: Company) -> None:
    company.run()
    company.run()
    found = read(metrics(company.folder))
    assert found["kinfolk_runs_total", "published"] == found["kinfolk_runs_total", "unchanged"] == 1
    assert found["kinfolk_source_rows", "crm"] == 3
    assert found["kinfolk_source_rejected_rows", "crm"] == found["kinfolk_quarantined_rows", "crm"] == 1
    assert 0 <= found["kinfolk_source_lag_seconds", "crm"] < 3600
    assert found["kinfolk_source_late_seconds", "crm"] == found["kinfolk_failing", None] == 0
    assert found["kinfolk_last_success_timestamp_seconds", None] > 1.7e9
    assert found["kinfolk_step_seconds", "publish"] > 0
    assert found["kinfolk_customers", None] == 2


def test_a_failing_project_says_so(company: Company) -> None:
    company.run()
    (company.folder / "data" / "crm.csv").unlink()
    with pytest.raises(KinfolkError):
        company.run()
    found = read(metrics(company.folder))
    assert found["kinfolk_failing", None] == found["kinfolk_runs_total", "failed"] == 1


@given(st.text(), st.text(), st.floats(allow_nan=False))
def test_any_text_and_number_arrives_as_it_was(label: str, about: str, value: float) -> None:
    text = exposition(
        [Family("a", "gauge", about, [({"source": label}, value)])], {"project": label, "environment": None}
    )
    [family] = parser.text_string_to_metric_families(text)
    [sample] = family.samples
    assert (sample.labels, sample.value) == ({"project": label, "source": label}, value)


def test_what_has_no_value_is_left_out() -> None:
    assert exposition([Family("a", "gauge", "None yet.", [({}, None)])], {}) == ""
