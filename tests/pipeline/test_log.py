"""The log of runs: every step with its rows, and never a person's data, whatever goes wrong."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from kinfolk.commands.run import run
from kinfolk.errors import KinfolkError
from tests.company import Company


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.identity("keys: [email]\n")
    made.source("crm", "record_id: id\npeople: {email: mail, last_name: name, attributes: {visits: visits}}\n")
    made.csv("crm", [{"id": f"S3CRET-{n}", "mail": "s3cret@example.com", "name": "S3cret", "visits": 1} for n in "ab"])
    return made


def logged(company: Company) -> tuple[str, list[dict[str, Any]]]:
    stream = io.StringIO()
    with contextlib.suppress(KinfolkError):
        run(company.folder, log=stream)
    return stream.getvalue(), [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_run_is_logged_from_its_beginning_over_its_steps_to_its_end(company: Company) -> None:
    text, lines = logged(company)
    assert [lines[0]["event"], lines[-1]["event"], lines[-1]["status"]] == ["run began", "run ended", "published"]
    assert {(line["project"], line["run"], line["level"]) for line in lines} == {("Test company", 1, "info")}
    [read] = [line for line in lines if line.get("step") == "read.data/crm.csv"]
    assert (read["source"], read["rows_in"], read["rows_out"]) == ("crm", 2, 2)
    assert all(line["seconds"] >= 0 for line in lines[1:])
    assert "s3cret" not in text.lower()


def test_a_failing_step_is_logged_without_what_the_data_says(company: Company) -> None:
    company.identity('keys: [email]\nsurvivorship: {fields: {email: {sql: "cast(last_name as bigint)"}}}\n')
    text, lines = logged(company)
    failed, ended = lines[-2:]
    assert (failed["event"], failed["level"], failed["step"]) == ("step failed", "error", "survivors.values")
    assert (ended["status"], ended["error"], ended["step"]) == ("failed", "EngineError", "survivors.values")
    assert "s3cret" not in text.lower()


def test_rows_that_cannot_be_landed_are_counted_and_not_quoted(company: Company) -> None:
    company.write(
        "data/crm.csv", "id,mail,name,visits\n1,s3cret@example.com,S3cret,1,too,many\n2,s3cret2@example.com,X,1\n"
    )
    text, lines = logged(company)
    [read] = [line for line in lines if line.get("step") == "read.data/crm.csv"]
    assert (read["rows_out"], read["rows_rejected"]) == (1, 1)
    assert "s3cret" not in text.lower()


def test_a_run_that_cannot_begin_is_logged_too(company: Company) -> None:
    company.identity("keys: [emial]\n")
    _, [line] = logged(company)
    assert (line["event"], line["error"]) == ("run did not begin", "ProjectError")
