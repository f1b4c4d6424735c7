"""The same company, its exports lying elsewhere: the customers are the same."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kinfolk.commands.init import init
from kinfolk.commands.query import query
from kinfolk.commands.run import run
from kinfolk.commands.source import add
from kinfolk.errors import KinfolkError, ProjectError, SourceError
from tests.company import Company
from tests.connectors.http.server import Asked, Reply, Service, service
from tests.connectors.s3.server import Storage, storage


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """A storage server, and its key in the environment."""
    monkeypatch.setenv("STORAGE_KEY", "not-a-secret")
    with storage() as made:
        yield made


def shop(folder: Path) -> Path:
    """The demo shop, fed from its files."""
    init(folder, "ecommerce")
    return folder


def shop_in(bucket: Storage, folder: Path) -> Path:
    """The demo shop, fed from the bucket."""
    for file in (shop(folder) / "data").iterdir():
        bucket.put(f"exports/{file.name}", file.read_bytes())
        file.unlink()
    for source in (folder / "sources").glob("*.yml"):
        written = yaml.safe_load(source.read_text())
        file = written.pop("file")
        settings = {"path": file} if isinstance(file, str) else file
        where = {
            "path": settings["path"].replace("data/", "acme/exports/"),
            "endpoint": bucket.endpoint,
            "region": "us-east-1",
            "access_key_id": "reader",
            "secret_access_key": "${STORAGE_KEY}",
        }
        source.write_text(yaml.safe_dump({**written, "s3": settings | where}, sort_keys=False))
    return folder


def facts(folder: Path) -> list[tuple[Any, ...]]:
    """Who is who, and every golden value."""
    members = "select source, record_id, customer_id from identity.members order by all"
    return query(folder, members).rows + query(folder, "select * from profiles.customers order by customer_id").rows


def test_the_demo_shop_has_the_same_customers_from_s3_as_from_files(bucket: Storage, tmp_path: Path) -> None:
    from_files, from_s3 = shop(tmp_path / "files"), shop_in(bucket, tmp_path / "s3")
    run(from_files)
    run(from_s3)
    assert facts(from_s3) == facts(from_files)
    assert len(facts(from_s3)) > 500
    everything = "\n".join(
        path.read_text(errors="replace") for path in (from_s3 / ".kinfolk").rglob("*") if path.is_file()
    )
    assert "not-a-secret" not in everything


def test_a_run_that_finds_nothing_new_in_the_bucket_changes_nothing(bucket: Storage, tmp_path: Path) -> None:
    folder = shop_in(bucket, tmp_path / "shop")
    run(folder)
    before = query(folder, "select count(*) from landing.loads").rows
    run(folder)
    assert query(folder, "select count(*) from landing.loads").rows == before


def test_an_object_that_cannot_be_read_stops_the_run_and_the_next_one_completes(
    bucket: Storage, tmp_path: Path
) -> None:
    folder = shop_in(bucket, tmp_path / "shop")
    run(folder)
    before = facts(folder)
    whole = (shop(tmp_path / "files") / "data" / "webshop-portugal.csv").read_bytes()
    bucket.put("exports/webshop-portugal.csv", b"")
    with pytest.raises(SourceError, match=r"s3://acme/exports/webshop-portugal.csv: The file is empty"):
        run(folder)
    assert facts(folder) == before
    bucket.put("exports/webshop-portugal.csv", whole)
    run(folder)
    assert facts(folder) == before


CRM = """
http:
  url: ${CRM}/contacts
  auth: {bearer: {token: "${CRM_TOKEN}"}}
  pages: {number: {}}
  retries: 0
record_id: id
people: {full_name: name, email: email}
"""


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Company, Service]]:
    """A company whose only source is an API, two contacts a page."""
    with service() as api:
        monkeypatch.setenv("CRM", api.address)
        monkeypatch.setenv("CRM_TOKEN", "let-me-in")
        made = Company(tmp_path / "company")
        made.write("sources/crm.yml", CRM)
        made.identity("keys: [email]\n")
        yield made, api


def contacts(*names: str) -> Callable[[Asked], Any]:
    """An API's answer: these people, two a page, for those who know the token."""
    people = [{"id": number, "name": name, "email": f"{name}@example.com"} for number, name in enumerate(names)]

    def answer(asked: Asked) -> Any:
        if asked.headers.get("authorization") != "Bearer let-me-in":
            return Reply({"message": "who are you"}, 401)
        start = 2 * (int(asked.query["page"]) - 1)
        return people[start : start + 2]

    return answer


def names(company: Company) -> list[str]:
    return [name for (name,) in company.ask("select lower(full_name) from profiles.customers order by 1")]


def test_customers_come_from_an_api_and_follow_it(crm: tuple[Company, Service]) -> None:
    company, api = crm
    api.on("/contacts", contacts("ana", "bo", "cleo"))
    company.run()
    assert names(company) == ["ana", "bo", "cleo"]
    api.on("/contacts", contacts("ana", "bob"))
    company.run()
    assert names(company) == ["ana", "bob"]
    everything = b"".join(path.read_bytes() for path in company.folder.rglob("*") if path.is_file())
    assert b"let-me-in" not in everything


def test_an_api_that_fails_on_a_later_page_changes_nothing(crm: tuple[Company, Service]) -> None:
    company, api = crm
    api.on("/contacts", contacts("ana", "bo", "cleo"))
    company.run()
    before = company.published()
    whole = contacts("dan", "eve", "fay", "gil")
    api.on("/contacts", lambda asked: Reply({}, 500) if asked.query["page"] == "2" else whole(asked))
    with pytest.raises(SourceError, match=r"It fails \(500\)"):
        company.run()
    assert company.published() == before
    api.on("/contacts", lambda asked: [])
    with pytest.raises(SourceError, match="answers with no records"):
        company.run()
    assert company.published() == before
    api.on("/contacts", contacts("ana", "bo", "cleo", "dan"))
    company.run()
    assert names(company) == ["ana", "bo", "cleo", "dan"]


def test_only_what_changed_is_fetched_from_an_api_that_can_be_asked_for_it(crm: tuple[Company, Service]) -> None:
    company, api = crm
    settings = CRM.replace("pages: {number: {}}", "since_param: updated_after\n  records: data")
    company.write("sources/crm.yml", settings + "load: incremental\ncursor: updated\nlate: 1 hour\n")
    people: list[dict[str, Any]] = [
        {"id": 1, "name": "Ana", "email": "ana@example.com", "updated": "2024-05-01T10:00:00Z"},
        {"id": 2, "name": "Bo", "email": "bo@example.com", "updated": "2024-05-02T10:00:00Z"},
    ]
    api.on(
        "/contacts", lambda asked: {"data": [p for p in people if p["updated"] > asked.query.get("updated_after", "")]}
    )
    company.run()
    people.append({"id": 3, "name": "Cleo", "updated": "2024-05-02T09:30:00Z"})  # late, and without an e-mail address
    people[0] |= {"name": "Anabel", "updated": "2024-05-03T10:00:00Z"}
    company.run()
    assert names(company) == ["anabel", "bo", "cleo"]
    people[:] = []
    company.run()  # nothing is new, and nothing was deleted
    assert names(company) == ["anabel", "bo", "cleo"]
    assert [query.get("updated_after") for query in api.queries("/contacts")] == [
        None,
        "2024-05-02T09:00:00+00:00",
        "2024-05-03T09:00:00+00:00",
    ]


def test_a_source_is_written_from_what_an_api_answers(crm: tuple[Company, Service]) -> None:
    company, api = crm
    api.on("/contacts", contacts("ana", "bo", "cleo"))
    (company.folder / "sources" / "crm.yml").unlink()
    settings = ["url=${CRM}/contacts", "auth={bearer: {token: '${CRM_TOKEN}'}}", "pages={number: {}}"]
    added = add(company.folder, "contacts", "http", settings)
    assert "${CRM_TOKEN}" in added.file.read_text()
    assert "let-me-in" not in added.file.read_text()
    company.run()
    assert names(company) == ["ana", "bo", "cleo"]
    with pytest.raises(ProjectError, match="`token` is a secret written as plain text"):
        add(company.folder, "more", "http", [settings[0], "auth={bearer: {token: let-me-in}}"])
    with pytest.raises(KinfolkError, match="not closed, or no YAML") as caught:
        add(company.folder, "more", "http", [settings[0], "auth={bearer: {token: let-me-in}"])
    assert "let-me-in" not in str(caught.value)


def test_customers_come_through_dlt_from_a_file_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dlt", reason="dlt is an extra")
    monkeypatch.setenv("TILL_KEY", "let-me-in")
    company = Company(tmp_path)
    code = """
        import dlt

        @dlt.resource
        def receipts(api_key, since="0"):
            assert api_key == "let-me-in"
            for n in range(int(since) + 1, 4):
                yield {"id": n, "name": f"guest {n}", "email": f"{n}@example.com", "seen": n}
        """
    company.write("remote_tills.py", textwrap.dedent(code))
    settings = "{source: 'remote_tills:receipts', arguments: {api_key: '${TILL_KEY}'}, since_argument: since}"
    mapping = "record_id: id\nload: incremental\ncursor: seen\npeople: {full_name: name, email: email}\n"
    company.write("sources/tills.yml", f"dlt: {settings}\n{mapping}")
    company.identity("keys: [email]\n")
    company.run()
    assert names(company) == ["guest 1", "guest 2", "guest 3"]
    company.run()  # asked from the third on, it has nothing new
    assert names(company) == ["guest 1", "guest 2", "guest 3"]
