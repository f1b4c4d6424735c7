"""Traces of real runs, as OpenTelemetry's own exporter receives them."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from kinfolk.commands.open_project import open_project
from kinfolk.connectors import CONNECTORS
from kinfolk.errors import KinfolkError
from kinfolk.pipeline.run import run_project
from kinfolk.pipeline.tracing import Traces
from tests.company import Company

trace = pytest.importorskip("opentelemetry.sdk.trace", reason="opentelemetry-sdk is not installed")

from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: E402
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: E402
from opentelemetry.trace import StatusCode  # noqa: E402


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.source("crm", "record_id: id\npeople: {email: mail}\n")
    made.csv("crm", [{"id": n, "mail": f"s3cret{n}@example.com"} for n in range(3)])
    return made


def spans(company: Company) -> list[trace.ReadableSpan]:
    exporter, provider = InMemorySpanExporter(), trace.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with contextlib.suppress(KinfolkError):
        run_project(open_project(company.folder), CONNECTORS, watcher=Traces(provider.get_tracer("kinfolk")))
    return list(exporter.get_finished_spans())


def test_a_run_is_a_span_and_each_of_its_steps_one_within_it(company: Company) -> None:
    *steps, run = spans(company)
    assert (run.name, run.attributes["kinfolk.run_id"], run.attributes["kinfolk.status"]) == (
        "kinfolk.run",
        1,
        "published",
    )
    assert {step.parent.span_id for step in steps} == {run.context.span_id}
    by_name = {step.name: step for step in steps}
    assert by_name["read.data/crm.csv"].attributes == {
        "kinfolk.source": "crm",
        "kinfolk.rows_in": 3,
        "kinfolk.rows_out": 3,
        "kinfolk.rows_rejected": 0,
    }
    assert {"profiles.customers", "publish"} <= set(by_name)
    assert "s3cret" not in "".join(span.to_json() for span in (*steps, run))


def test_a_failing_run_and_its_step_are_errors(company: Company) -> None:
    company.write("data/crm.csv", "id;other\n1;s3cret\n")
    *_, run = spans(company)
    assert (run.status.status_code, run.status.description) == (StatusCode.ERROR, "SourceError")
    assert "s3cret" not in run.to_json()


def test_without_opentelemetry_nobody_traces(company: Company) -> None:
    without = (
        "import sys\nsys.modules['opentelemetry'] = None\n"
        "import importlib.util as util\nfind = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'opentelemetry' else find(name, *rest)\n"
        "from kinfolk.pipeline.tracing import tracing\nassert tracing() == []\n"
    )
    subprocess.run([sys.executable, "-c", without], check=True)
