"""A project that changes while events come in: the door follows, and no acknowledged event is out of sight."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.consenting import asking, consented
from tests.serving import VISITORS, WEB, Serving, collecting, serving

OTHER = "another-key-of-the-site"


def soon(true: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def logs(folder: Path) -> dict[str, str]:
    """Source -> everything in its log."""
    found = (folder / ".kinfolk" / "collect").glob("*/*.jsonl")
    return {path.parent.name: path.read_text() for path in sorted(found)}


def test_a_source_that_is_renamed_goes_on_under_its_new_name(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    with serving(tmp_path) as server:
        server.track(messageId="m1")
        company.write("sources/web.yml", WEB + "name: shop\n")
        company.write("sources/visitors.yml", VISITORS.replace("visitors_of: web", "visitors_of: shop"))
        server.wait_for("The project was read anew, for events of shop.")
        assert server.track(messageId="m2").status_code == 200
        told = server.status()
        server.stop()
    assert ('"m2"' in logs(tmp_path)["shop"], '"m2"' in logs(tmp_path)["web"]) == (True, False)
    assert told["unread"] == ["web"]
    company.run()
    assert company.ask("select event_id from profiles.events") == [("m2",)]


def test_keys_are_changed_while_it_runs_and_no_request_fails_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER_KEY", OTHER)
    company = collecting(tmp_path)
    with serving(tmp_path) as server:
        assert server.post("/v1/track", {"userId": "u1"}, OTHER).status_code == 401
        company.write("sources/web.yml", WEB.replace('"${WEB_KEY}"', '"${WEB_KEY}", "${OTHER_KEY}"'))
        sent = 0

        def other_is_known() -> bool:
            nonlocal sent
            sent += 1
            assert server.track(messageId=f"m{sent}").status_code == 200
            return bool(server.post("/v1/track", {"userId": "u1", "messageId": "other"}, OTHER).status_code == 200)

        assert soon(other_is_known)
        assert server.track(messageId="m1").status_code == 200
        assert server.status()["streams"][0]["repeated"] == 1, "what came before is remembered"
        server.stop()
    text = logs(tmp_path)["web"]
    assert all(text.count(f'"m{number}"') == 1 for number in range(1, sent + 1))


def test_a_source_that_is_paused_takes_nothing_in(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    with serving(tmp_path) as server:
        company.write("sources/web.yml", WEB + "status: paused\n")
        assert soon(lambda: server.track().status_code == 401)
        company.write("sources/web.yml", WEB)
        assert soon(lambda: server.track().status_code == 200)


def test_a_project_that_cannot_be_read_leaves_the_door_as_it_was(tmp_path: Path) -> None:
    company = asking(tmp_path)
    with serving(tmp_path) as server:
        company.write("policies/consent.yml", "purposes: {analytics: {")
        server.wait_for("The project cannot be read, so what it said before holds")
        assert server.track(messageId="shut").status_code == 200
        assert server.track(messageId="open", context=consented(C0002=True)).status_code == 200
        server.stop()
    text = logs(tmp_path)["web"]
    assert '"open"' in text and '"shut"' not in text


def test_a_policy_that_becomes_stricter_holds_for_what_comes_next(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    with serving(tmp_path) as server:
        assert server.track(messageId="before").status_code == 200
        asking(tmp_path)
        server.wait_for("The project was read anew")
        server.track(messageId="after")
        server.stop()
    assert '"before"' in logs(tmp_path)["web"] and '"after"' not in logs(tmp_path)["web"]
    assert company.folder == tmp_path


def two_keys(server: Serving, *keys: Any, header: str | None = None) -> Any:
    events = [{"type": "track", "userId": "u1", "messageId": f"m{n}", "writeKey": key} for n, key in enumerate(keys)]
    return server.post("/v1/batch", {"batch": events}, header)


def test_of_a_batch_each_event_goes_where_its_own_key_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_KEY", OTHER)
    company = collecting(tmp_path)
    company.write("sources/app.yml", WEB.replace("WEB_KEY", "OTHER_KEY"))
    with serving(tmp_path) as server:
        web = "key-of-the-web-site"
        assert two_keys(server, web, OTHER, "unknown-key", None).status_code == 200
        assert two_keys(server, "unknown-key", "other-unknown").status_code == 401
        assert two_keys(server, OTHER, None, header=web).status_code == 200
        told = server.status()
        server.stop()
    assert told["strangers"] == {"unknown write key": 4}
    assert {stream["source"]: stream["received"] for stream in told["streams"]} == {"app": 2, "web": 2}
