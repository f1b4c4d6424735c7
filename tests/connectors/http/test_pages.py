"""Page after page, by every way APIs have, and never in a circle."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kinfolk.errors import NothingToLoadError, SourceError
from tests.connectors.http.reading import ids, landed
from tests.connectors.http.server import Asked, Reply, Service, in_turn

PEOPLE = [{"id": str(number)} for number in range(1, 6)]
ALL = ["1", "2", "3", "4", "5"]


def test_one_page_becomes_rows_as_a_json_file_would(api: Service) -> None:
    one, two = (
        '{"id": 12345678901234567890, "price": 12.50, "ok": true, "no": null}',
        '{"id": 2, "at": {"city": "Köln"}}',
    )
    body = f"[{one}, {two}]".encode()
    url = api.on("/people", lambda asked: Reply(body, headers={"Content-Type": "application/json"}))
    read = landed(url)
    assert read.columns == ["_row", "id", "price", "ok", "no", "at"]
    assert read.rows == [
        (1, "12345678901234567890", "12.50", "true", None, None),
        (2, "2", None, None, None, '{"city":"Köln"}'),
    ]


def test_records_are_found_where_they_are_said_to_be_or_alone(api: Service) -> None:
    url = api.on("/people", lambda asked: {"count": 2, "data": {"items": [{"id": "1"}]}, "links": [{"id": "9"}]})
    assert ids(landed(url, records="data.items")) == ["1"]
    assert ids(landed(url)) == ["9"]
    assert ids(landed(url, records="links.0")) == ["9"]
    assert landed(url, records=".").columns == ["_row", "count", "data", "links"]


@pytest.mark.parametrize(
    ("answer", "records", "what"),
    [
        ({"a": [], "b": []}, None, 'Nothing says where .* It holds "a", "b"'),
        ({"error": "try later"}, None, 'Nothing says where .* It holds "error"'),
        ({"data": {"people": []}}, "data.items", "no records at data.items"),
        ("x", None, "It is a single value"),
    ],
)
def test_an_answer_without_records_is_told_from_an_empty_one(
    api: Service, answer: Any, records: str | None, what: str
) -> None:
    with pytest.raises(SourceError, match=what):
        landed(api.on("/people", lambda asked: answer), **({"records": records} if records else {}))


@pytest.mark.parametrize("answer", [[], {"data": []}])
def test_no_records_at_all_are_nothing_to_load(api: Service, answer: Any) -> None:
    with pytest.raises(NothingToLoadError, match="answers with no records"):
        landed(api.on("/people", lambda asked: answer))


def test_records_that_no_table_can_hold_are_kept_with_the_reason(api: Service) -> None:
    deep = b'{"id": ' + b"[" * 700 + b"]" * 700 + b"}"
    body = b'[{"id": "1"}, 7, {"id": "a\\u0000b"}, {"id": "M\xfcller"}, {"id": "2"}, ' + deep + b"]"
    read = landed(api.on("/people", lambda asked: Reply(body)))
    assert read.rows == [(1, "1"), (5, "2")]
    assert [(line, reason) for line, reason, _ in read.rejections] == [
        (2, "JSON, but not an object"),
        (3, "contains a NUL character"),
        (4, "bytes that are not UTF-8"),
        (6, "nested too deeply"),
    ]
    read = landed(api.on("/deep", lambda asked: Reply(b'[{"id": "1"}, ' + deep + b"]")))
    assert (read.rows, [reason for _, reason, _ in read.rejections]) == ([(1, "1")], ["nested too deeply"])


def test_links_in_the_answer_are_followed(api: Service) -> None:
    def answer(asked: Asked) -> Any:
        start = int(asked.query.get("from", 0))
        more = f"/people?from={start + 2}&size=2" if start < 4 else None
        return {"data": PEOPLE[start : start + 2], "links": {"next": more}}

    url = api.on("/people", answer)
    assert ids(landed(url, pages={"next_link": "links.next"}, params={"size": 2})) == ALL
    assert api.queries("/people") == [{"size": "2"}, {"from": "2", "size": "2"}, {"from": "4", "size": "2"}]


def test_links_in_the_header_are_followed(api: Service) -> None:
    def answer(asked: Asked) -> Any:
        start = int(asked.query.get("from", 0))
        link = f'<{api.address}/people>; rel="first"' + (
            f', </people?from={start + 2}>; rel="next"' if start < 4 else ""
        )
        return Reply(PEOPLE[start : start + 2], headers={"Link": link})

    assert ids(landed(api.on("/people", answer), pages={"link_header": True})) == ALL


@pytest.mark.parametrize("last", [None, "", False])
def test_cursors_are_handed_back_until_there_is_none(api: Service, last: Any) -> None:
    def answer(asked: Asked) -> Any:
        start = int(asked.query.get("cursor", 0))
        return {"data": PEOPLE[start : start + 2], "meta": {"next": start + 2 if start < 4 else last}}

    url = api.on("/people", answer)
    assert ids(landed(url, records="data", pages={"cursor": {"at": "meta.next", "param": "cursor"}})) == ALL
    assert api.queries("/people") == [{}, {"cursor": "2"}, {"cursor": "4"}]


def test_an_empty_page_with_a_cursor_is_not_the_end(api: Service) -> None:
    pages = in_turn(
        {"data": [], "next": "b"},
        {"data": [{"id": "1"}], "next": "c"},
        {"data": [], "next": "d"},
        {"data": [{"id": "2"}], "next": None},
    )
    read = landed(api.on("/people", pages), records="data", pages={"cursor": {"at": "next", "param": "after"}})
    assert ids(read) == ["1", "2"]


def test_the_last_record_may_be_the_cursor_and_the_answer_say_whether_there_is_more(api: Service) -> None:
    def answer(asked: Asked) -> Any:
        start = int(asked.query.get("starting_after", 0))
        return {"data": PEOPLE[start : start + 2], "has_more": start < 3}

    url = api.on("/people", answer)
    pages = {"cursor": {"of_last": "id", "param": "starting_after"}, "more": "has_more"}
    assert ids(landed(url, pages=pages)) == ALL
    assert len(api.asked) == 3


def test_numbered_pages_end_with_the_first_that_is_empty(api: Service) -> None:
    def answer(asked: Asked) -> Any:
        start = (int(asked.query["page"]) - 1) * 2
        return PEOPLE[start : start + 2]

    assert ids(landed(api.on("/people", answer), pages={"number": {}}, params={"per_page": 100})) == ALL
    assert [query["page"] for query in api.queries("/people")] == ["1", "2", "3", "4"]


def test_offsets_grow_by_what_came_not_by_what_was_asked_for(api: Service) -> None:
    url = api.on("/people", lambda asked: PEOPLE[int(asked.query["skip"]) :][:2])  # gives two, whatever the limit
    assert ids(landed(url, pages={"offset": {"param": "skip"}}, params={"limit": 1000})) == ALL
    assert [query["skip"] for query in api.queries("/people")] == ["0", "2", "4", "5"]


def test_a_service_that_is_posted_to_finds_paging_and_cursor_in_the_body(api: Service) -> None:
    url = api.on("/search", lambda asked: {"hits": PEOPLE[asked.json["from"] :][:3]})
    options = {"method": "POST", "body": {"query": "*"}, "pages": {"offset": {"param": "from"}}}
    assert ids(landed(url, since="2024-05-01", since_param="updated_after", **options)) == ALL
    assert [asked.json for asked in api.asked][0] == {"query": "*", "from": 0, "updated_after": "2024-05-01"}
    assert {asked.method for asked in api.asked} == {"POST"}


def test_only_what_changed_is_asked_for_on_every_page(api: Service) -> None:
    url = api.on("/people", lambda asked: PEOPLE[int(asked.query["offset"]) :][:3])
    landed(url, since="2024-05-01 10:00:00+00", since_param="since", pages={"offset": {}})
    assert {query["since"] for query in api.queries("/people")} == {"2024-05-01 10:00:00+00"}


@pytest.mark.parametrize(
    ("pages", "answer", "what"),
    [
        ({"number": {}}, lambda n: PEOPLE, "holds the same records as a page before it"),
        ({"cursor": {"at": "next", "param": "c"}}, lambda n: {"data": [{"id": n}], "next": "x"}, "read already"),
        ({"next_link": "next"}, lambda n: {"data": [{"id": n}], "next": "/people"}, "read already"),
        ({"next_link": "next"}, lambda n: {"data": PEOPLE, "next": f"/people?n={n}"}, "holds the same records"),
    ],
)
def test_a_circle_is_noticed_and_nothing_lands(api: Service, pages: Any, answer: Any, what: str) -> None:
    url = api.on("/people", lambda asked: answer(len(api.asked)))
    with pytest.raises(SourceError, match=what):
        landed(url, pages=pages)
    assert len(api.asked) <= 4


def test_a_csv_export_is_read_as_a_file_would_be(api: Service) -> None:
    url = api.on(
        "/export", lambda asked: Reply("id;name\n1;Zoë\n".encode("cp1252"), headers={"Content-Type": "text/csv"})
    )
    assert landed(url, encoding="cp1252").rows == [("1", "Zoë", 1)]


def test_files_that_come_in_pages_are_one_table(api: Service) -> None:
    def answer(asked: Asked) -> Any:
        page = int(asked.query.get("page", 1))
        link = {"Link": f'<?page={page + 1}>; rel="next"'} if page < 3 else {}
        rows = "".join(json.dumps({"id": f"{page}-{row}"}) + "\n" for row in range(2))
        return Reply(
            rows.encode() + b"broken\n" * (page == 2), headers={"Content-Type": "application/x-ndjson", **link}
        )

    read = landed(api.on("/events", answer), pages={"link_header": True})
    assert read.rows == [(1, "1-0"), (2, "1-1"), (3, "2-0"), (4, "2-1"), (5, "3-0"), (6, "3-1")]
    assert [text for _, _, text in read.rejections] == ["broken"]
    url = api.on(
        "/export", lambda asked: Reply(b"id\n1\n", headers={"Link": "<?page=2>; rel=next"} if not asked.query else {})
    )
    with pytest.raises(SourceError, match="same records"):
        landed(url, format="csv", pages={"link_header": True})
    with pytest.raises(SourceError, match="`link_header` only"):
        landed(url, format="csv", pages={"number": {}})
