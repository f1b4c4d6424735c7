"""What `kinfolk check` advises, where nothing is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinfolk.commands.check import check
from tests.consenting import POLICY, asking
from tests.serving import KEY, collecting


@pytest.fixture(autouse=True)
def _known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_KEY", KEY)


def test_events_that_nobody_asks_consent_for_are_told_where_there_is_a_policy(tmp_path: Path) -> None:
    company = collecting(tmp_path)
    assert check(tmp_path).warnings == ()
    company.write("policies/consent.yml", POLICY)
    assert check(tmp_path).warnings == (
        "sources/web.yml:1: Events of web come in whatever people consented to: write what for, in names of "
        "policies/consent.yml, as `purposes` under `collect`.",
    )
    asking(tmp_path)
    assert check(tmp_path).warnings == ()
