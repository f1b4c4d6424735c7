"""Resources of dlt become rows by the rules of JSON Lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kinfolk.connectors import CONNECTORS
from kinfolk.errors import NothingToLoadError, SourceError
from kinfolk.model.secret import Secret
from tests.connectors.reading import Landed, land, source_of

DLT: Any = CONNECTORS["dlt"]

CRM = """
from datetime import date, datetime, timezone
from decimal import Decimal

import dlt
import pyarrow as pa


@dlt.source
def crm(api_key, since="2000"):
    @dlt.resource(primary_key="id", columns={"id": {"data_type": "bigint"}, "name": {"data_type": "text"}})
    def contacts():
        if api_key != "right":
            raise PermissionError(f"the key {api_key} is not known")
        yield {"id": 1, "name": "Zoë", "since": since, "spent": Decimal("12.50"), "tags": ["a", date(2024, 5, 1)]}
        yield [{"id": 2, "seen": datetime(2024, 5, 1, 10, tzinfo=timezone.utc), "score": float("nan")}]

    @dlt.resource
    def companies():
        yield pa.table({"id": ["a", "b"], "size": [1, None]})

    @dlt.transformer(data_from=companies)
    def details(company):
        for one in company.to_pylist():
            yield {"id": one["id"] + "!"}

    return contacts, companies, details


@dlt.resource
def odd():
    yield {"id": "1"}
    yield "no object"
    yield {"id": "a\\0b"}


@dlt.resource
def nothing():
    yield from []


def plain():
    yield {"id": "7"}


def breaks():
    yield {"id": "1"}
    raise ConnectionError("the service is gone")
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project with sources of dlt in crm.py."""
    pytest.importorskip("dlt", reason="dlt is an extra")
    (tmp_path / "crm.py").write_text(CRM)
    yield tmp_path
    sys.modules.pop("crm", None)


def landed(project: Path, source: str, since: str | None = None, **options: Any) -> Landed:
    return land(source_of("dlt", {"source": source, **options}), project, since)


def test_items_become_rows_of_text(project: Path) -> None:
    read = landed(project, "crm:crm", resource="contacts", arguments={"api_key": "right"})
    assert read.columns == ["_row", "id", "name", "since", "spent", "tags", "seen", "score"]
    assert read.rows == [
        (1, "1", "Zoë", "2000", "12.50", '["a","2024-05-01"]', None, None),
        (2, "2", None, None, None, None, "2024-05-01 10:00:00+00:00", None),
    ]


def test_arrow_tables_and_transformers_are_read_too(project: Path) -> None:
    key = {"arguments": {"api_key": "right"}}
    assert landed(project, "crm:crm", resource="companies", **key).rows == [(1, "a", "1"), (2, "b", None)]
    assert landed(project, "crm:crm", resource="details", **key).rows == [(1, "a!"), (2, "b!")]
    assert landed(project, "crm:plain").rows == [(1, "7")]


def test_what_is_no_object_is_kept_with_the_reason(project: Path) -> None:
    read = landed(project, "crm:odd")
    assert read.rows == [(1, "1")]
    assert [reason for _, reason, _ in read.rejections] == ["JSON, but not an object", "contains a NUL character"]


def test_the_cursor_is_handed_over_as_an_argument(project: Path) -> None:
    options = {"resource": "contacts", "arguments": {"api_key": "right"}, "since_argument": "since"}
    assert landed(project, "crm:crm", since="2024-05-01", **options).rows[0][3] == "2024-05-01"


def test_what_goes_wrong_is_told_without_the_secret(project: Path) -> None:
    key = Secret("${CRM_KEY}", "wrong-key")
    with pytest.raises(SourceError, match="PermissionError: the key ••• is not known"):
        landed(project, "crm:crm", resource="contacts", arguments={"api_key": key})
    with pytest.raises(SourceError, match="crm:breaks: It failed: ConnectionError: the service is gone"):
        landed(project, "crm:breaks")
    with pytest.raises(
        SourceError, match="several resources. Write `resource:`; there is companies, contacts, details"
    ):
        landed(project, "crm:crm", arguments={"api_key": key})
    with pytest.raises(SourceError, match="no resource people"):
        landed(project, "crm:crm", resource="people", arguments={"api_key": key})
    with pytest.raises(SourceError, match="no function shop in crm"):
        landed(project, "crm:shop")
    with pytest.raises(SourceError, match="no module nowhere. Write it as nowhere.py in the project"):
        landed(project, "nowhere:shop")
    (project / "json.py").write_text("")
    with pytest.raises(SourceError, match="Rename json.py"):
        landed(project, "json:loads")
    with pytest.raises(NothingToLoadError, match="has no items"):
        landed(project, "crm:nothing")


def test_resources_are_found_with_what_they_declare(project: Path) -> None:
    options = {"source": "crm:crm", "arguments": {"api_key": "right"}}
    assert DLT.ping(options, project) == "crm:crm has the resources contacts, companies, details."
    found = {one.name: one for one in DLT.discover(options, project)}
    assert list(found) == ["companies", "contacts", "details"]
    assert (dict(found["contacts"].columns), found["contacts"].key) == ({"id": "bigint", "name": "text"}, ("id",))
    assert found["contacts"].options == {**options, "resource": "contacts"}


def test_without_the_extra_a_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlt", None)
    with pytest.raises(SourceError, match=r"pip install 'kinfolk\[dlt\]'"):
        landed(tmp_path, "crm:crm")
