"""The door over HTTP: a real server, real requests."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kinfolk.commands.open_project import open_project
from kinfolk.commands.serving import served
from kinfolk.connectors.collect.reading import lines
from kinfolk.errors import KinfolkError
from tests.serving import KEY, Serving, collecting, serving

TYPES = {"t": "track", "i": "identify", "p": "page", "s": "screen", "g": "group", "a": "alias"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One server for the tests of this file."""
    folder = tmp_path_factory.mktemp("web")
    collecting(folder)
    with serving(folder) as made:
        yield made


def kept(server: Serving) -> list[dict[str, Any]]:
    """Every event in the log."""
    log = server.folder / ".kinfolk" / "collect" / "web"
    return [json.loads(line) for _, line in lines(log, 0, 1 << 62)]


def named(server: Serving, message: str) -> list[dict[str, Any]]:
    return [event for event in kept(server) if event["messageId"] == message]


@pytest.mark.parametrize(
    ("path", "type"),
    [
        *((f"/v1/{name}", name) for name in TYPES.values()),
        *((f"/v1/{letter}", name) for letter, name in TYPES.items()),
        *((f"/api/s/{name}", name) for name in TYPES.values()),
        ("/api/s/s2s/track", "track"),
        ("/v1/track/", "track"),
    ],
)
def test_every_address_of_one_event(server: Serving, path: str, type: str) -> None:
    answer = server.post(path, {"userId": "u1", "messageId": f"at {path}", "type": "whatever"})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert [event["type"] for event in named(server, f"at {path}")] == [type]


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import", "/api/s/batch"])
def test_every_address_of_a_batch(server: Serving, path: str) -> None:
    events = [{"type": name, "userId": "u1", "messageId": f"{path} {name}"} for name in TYPES.values()]
    answer = server.post(path, {"batch": events, "sentAt": "2026-03-01T00:00:00Z"})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    found = [event for event in kept(server) if event["messageId"].startswith(f"{path} ")]
    assert [event["type"] for event in found] == list(TYPES.values())


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()},
        {"Authorization": "basic " + base64.b64encode(f"{KEY}:secret".encode()).decode()},
        {"Authorization": "Basic " + base64.b64encode(KEY.encode()).decode()},
        {"Authorization": f"Bearer {KEY}"},
        {"X-Write-Key": KEY},
    ],
)
def test_the_key_in_headers(server: Serving, headers: dict[str, str]) -> None:
    assert server.post("/v1/track", {"userId": "u1"}, None, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/t", {"userId": "u1", "writeKey": KEY}),
        ("/v1/batch", {"batch": [{"type": "track", "userId": "u1"}], "writeKey": KEY}),
        ("/v1/batch", {"batch": [{"type": "track", "userId": "u1", "writeKey": KEY}]}),
    ],
)
def test_the_key_in_the_body_is_used_and_not_kept(server: Serving, path: str, body: dict[str, Any]) -> None:
    assert server.post(path, body, None).status_code == 200
    assert KEY not in json.dumps(kept(server))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic " + base64.b64encode(b"another-key:").decode()},
        {"Authorization": "Basic not base64"},
        {"Authorization": "Basic"},
        {"Authorization": f"Digest {KEY}"},
        {"X-Write-Key": KEY.upper()},
        {"X-Write-Key": "\xff\xfe"},
    ],
)
def test_without_a_key_that_is_known_nothing_is_taken_in(server: Serving, headers: dict[str, str]) -> None:
    before = len(kept(server))
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = server.client.post(f"{server.url}/v1/track", json={"userId": "u1"}, headers=encoded)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["success"]) == (401, False)
    assert len(kept(server)) == before


@pytest.mark.parametrize("kind", ["application/json", "text/plain;charset=UTF-8", "application/octet-stream", ""])
@pytest.mark.parametrize("packed", [True, False], ids=["gzip", "plain"])
def test_what_headers_say_of_the_body_is_not_believed(server: Serving, kind: str, packed: bool) -> None:
    message = f"of {kind} {packed}"
    body = json.dumps({"userId": "u1", "messageId": message}).encode()
    answer = server.post("/v1/track", gzip.compress(body) if packed else body, headers={"Content-Type": kind})
    assert answer.status_code == 200
    assert len(named(server, message)) == 1


def test_a_body_that_says_it_is_packed_and_is_not(server: Serving) -> None:
    headers = {"Content-Encoding": "gzip"}
    assert server.post("/v1/track", {"userId": "u1"}, headers=headers).status_code == 200


def bomb(size: int) -> bytes:
    """A small body that unpacks to many bytes."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = packing.compress(b'{"userId":"u1","properties":"')
    return start + b"".join(packing.compress(b"x" * 1_000_000) for _ in range(size)) + packing.flush()


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"userId":"u1"}{', "not JSON"),
        (b'{"userId":NaN}', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"\x1f\x8bnothing", "damaged gzip"),
        (gzip.compress(b'{"userId":"u1"}', mtime=0)[:-4], "damaged gzip"),
        (gzip.compress(b'{"userId":"u1"}', mtime=0) + b"more", "damaged gzip"),
        (bomb(200), "a body of more than 500 KB"),
        (b'{"userId":"u1","x":"' + b"x" * 600_000 + b'"}', "a body of more than 500 KB"),
        (b'{"a":' * 80_000 + b"1" + b"}" * 80_000, "nested too deeply"),
        (b'{"userId":"u1","a":' + b"[" * 150 + b"]" * 150 + b"}", "nested too deeply"),
        (b'{"userId":"u1","a":"\\ud83d' + b"[" * 90_000, "not JSON"),
        (json.dumps({"userId": "u1", "x": "x" * 33_000}).encode(), "larger than 32 KB"),
        (b'["a"]', "not an object"),
        (b'{"event":"Paid","userId":["u1"]}', "userId is no text"),
    ],
)
def test_what_cannot_be_taken_in_is_refused(server: Serving, body: bytes, cause: str) -> None:
    answer = server.post("/v1/track", body)
    assert (answer.status_code, answer.json()) == (400, {"success": False, "message": f"Not taken in: {cause}."})
    assert server.track().status_code == 200, "the server goes on"


def test_each_refusal_is_counted_by_its_cause(server: Serving) -> None:
    before = server.status()
    assert server.post("/v1/track", b"{").status_code == 400
    assert server.post("/v1/track", {"event": "Paid", "userId": ["u1"]}).status_code == 400
    assert server.post("/v1/batch", {"batch": [{}, {"type": "track"}]}, "another-key").status_code == 401
    assert server.post("/v1/track", b"{", None).status_code == 400
    after = server.status()
    counted = Counter(after["streams"][0]["refused"]) - Counter(before["streams"][0]["refused"])
    assert counted == {"not JSON": 1, "userId is no text": 1}
    assert Counter(after["strangers"]) - Counter(before["strangers"]) == {"unknown write key": 2, "not JSON": 1}


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ({"batch": [{"type": "track", "userId": "u1"}] * 2_501}, "more than 2,500 events"),
        ({"batch": "all"}, "no list of events"),
        ({"events": []}, "no list of events"),
        ("text", "no list of events"),
    ],
)
def test_what_is_no_batch_is_refused(server: Serving, body: Any, cause: str) -> None:
    answer = server.post("/v1/batch", body)
    assert (answer.status_code, answer.json()["message"]) == (400, f"Not taken in: {cause}.")


def test_the_largest_batch(server: Serving) -> None:
    events = [{"type": "track", "userId": "u1", "messageId": f"large {n}", "event": "x" * 100} for n in range(2_500)]
    assert server.post("/v1/batch", {"batch": events}).status_code == 200
    assert sum(event["messageId"].startswith("large ") for event in kept(server)) == 2_500


def test_of_a_batch_what_is_sound_is_taken_in_and_the_rest_is_counted(server: Serving) -> None:
    before = server.status()["streams"][0]
    good = {"type": "track", "userId": "u1", "messageId": "sound"}
    answer = server.post("/v1/batch", {"batch": [good, {"type": "track"}, {"type": "drop", "userId": "u1"}, 5]})
    assert answer.status_code == 200
    after = server.status()["streams"][0]
    assert after["received"] == before["received"] + 3, "whom an event is of, and of what type, a run judges"
    assert sum(after["refused"].values()) == sum(before["refused"].values()) + 1
    assert server.post("/v1/batch", {"batch": []}).status_code == 200


def test_what_comes_again_is_dropped_and_counted(server: Serving) -> None:
    before = server.status()["streams"][0]
    for sent_at in ("2026-03-01T00:00:00Z", "2026-03-01T00:00:09Z"):
        one = {"type": "track", "userId": "u1", "messageId": "twice", "timestamp": "2026-03-01T00:00:00Z"}
        assert server.post("/v1/batch", {"batch": [one, one], "sentAt": sent_at}).status_code == 200
    after = server.status()["streams"][0]
    assert len(named(server, "twice")) == 1
    assert (after["received"] - before["received"], after["repeated"] - before["repeated"]) == (1, 3)


def test_half_a_character_costs_no_event(server: Serving) -> None:
    body = b'{"userId":"u1","messageId":"emoji","event":"cut \\ud83d","properties":{"whole":"\\ud83d\\ude00"}}'
    assert server.post("/v1/track", body).status_code == 200
    [event] = named(server, "emoji")
    assert (event["event"], event["properties"]) == ("cut ?", {"whole": "😀"})


def test_a_batch_s_context_holds_for_events_that_have_none(server: Serving) -> None:
    own = {"type": "track", "userId": "u1", "messageId": "own", "context": {"ip": "2"}}
    none = {"type": "track", "userId": "u1", "messageId": "none"}
    assert server.post("/v1/batch", {"batch": [own, none], "context": {"ip": "1"}}).status_code == 200
    assert [named(server, m)[0]["context"]["ip"] for m in ("own", "none")] == ["2", "1"]


def test_a_browser_may_ask_before_it_sends(server: Serving) -> None:
    asked = {
        "Origin": "https://shop.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-write-key",
    }
    answer = server.client.options(f"{server.url}/v1/t", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == asked["Access-Control-Request-Headers"]
    assert server.track().headers["access-control-allow-origin"] == "*"


def test_the_settings_send_a_browser_s_program_to_us_alone(server: Serving) -> None:
    found = server.client.get(f"{server.url}/v1/projects/{KEY}/settings")
    assert (found.status_code, found.headers["cache-control"]) == (200, "no-store")
    ours = found.json()["integrations"]
    assert list(ours) == ["Segment.io"]
    told = ours["Segment.io"]
    assert (told["apiKey"], told["apiHost"], told["protocol"]) == (KEY, f"127.0.0.1:{server.port}/v1", "http")
    elsewhere = server.client.get(f"{server.url}/v1/projects/{KEY}/settings", headers={"Host": "events.example.com"})
    told = elsewhere.json()["integrations"]["Segment.io"]
    assert (told["apiHost"], told["protocol"]) == ("events.example.com/v1", "https")
    assert server.client.get(f"{server.url}/v1/projects/other-key/settings").status_code == 401


def test_where_programs_reach_it_is_told_whatever_a_request_claims(tmp_path: Path) -> None:
    collecting(tmp_path)
    with serving(tmp_path, "--url", "https://events.example.com") as server:
        forged = {"Host": "evil.example.org", "X-Forwarded-Host": "evil.example.org", "X-Forwarded-Proto": "http"}
        found = server.client.get(f"{server.url}/v1/projects/{KEY}/settings", headers=forged)
        told = found.json()["integrations"]["Segment.io"]
        assert (told["apiHost"], told["protocol"]) == ("events.example.com/v1", "https")


@pytest.mark.parametrize("url", ["events.example.com", "ftp://events.example.com", "https://", "https://a b"])
def test_what_is_no_address_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("WEB_KEY", KEY)
    collecting(tmp_path)
    with pytest.raises(KinfolkError, match="could reach the server"):
        served(open_project(tmp_path), url)


@pytest.mark.parametrize("url", ["http://localhost", "https://cdm.example.com/", "https://[::1]:8443"])
def test_an_address_is_kept_without_its_last_slash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("WEB_KEY", KEY)
    collecting(tmp_path)
    assert served(open_project(tmp_path), url).public_url == url.rstrip("/")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/track", "/v1/track/", "/v1//track", "/v2/track", "/health"])
def test_nothing_is_ever_redirected(server: Serving, method: str, path: str) -> None:
    answer = server.client.request(method, server.url + path)
    healthy = path == "/health" and method in ("GET", "HEAD")
    assert answer.status_code in ((200,) if healthy else (404, 405))
    assert "location" not in answer.headers


def test_a_request_that_breaks_off_leaves_nothing_behind(server: Serving) -> None:
    before = len(kept(server))

    def body() -> Iterator[bytes]:
        yield b'{"userId":"u1",'
        raise ConnectionResetError

    with pytest.raises((ConnectionResetError, httpx.TransportError)):
        server.client.post(f"{server.url}/v1/track", content=body(), headers={"X-Write-Key": KEY})
    assert server.track().status_code == 200
    assert len(kept(server)) == before + 1


def test_the_log_holds_personal_data_for_the_owner_s_eyes_only(server: Serving) -> None:
    server.track()
    state = server.folder / ".kinfolk"
    for path in (state, state / "collect", *(state / "collect").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_context_is_not_written_a_thousand_times_over(server: Serving) -> None:
    batch = {"context": {"text": "x" * 14_000}, "batch": [{"type": "track", "userId": "u1", "event": "Paid"}] * 2_000}
    answer = server.post("/v1/batch", gzip.compress(json.dumps(batch).encode()))
    assert (answer.status_code, answer.json()["message"]) == (400, "Not taken in: a context for too many events.")
