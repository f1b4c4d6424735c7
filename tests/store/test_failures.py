"""Failures to sign in, as many as somebody makes who tries every address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, inspect, select, text

from kinfolk.store.database import open_store
from kinfolk.store.schema import metadata, sign_in_failures
from kinfolk.store.write.failures import begin_attempt

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_those_of_long_ago_are_forgotten_whoever_they_were(tmp_path: Path) -> None:
    engine = open_store(tmp_path)
    for number in range(5):
        begin_attempt(engine, f"{number:064}", 5, timedelta(minutes=15), NOW + timedelta(hours=number))
    begin_attempt(engine, "f" * 64, 5, timedelta(minutes=15), NOW + timedelta(days=1, hours=2, minutes=1))
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(sign_in_failures)).scalar() == 3


def test_they_are_found_without_a_look_at_those_of_today(tmp_path: Path) -> None:
    engine = open_store(tmp_path)
    with engine.connect() as connection:
        plan = connection.execute(text("explain query plan delete from sign_in_failures where failed_at < 'x'")).all()
    assert "sign_in_failures_by_time" in str(plan)
    made = {index["name"] for index in inspect(engine).get_indexes("sign_in_failures")}
    assert made == {index.name for index in metadata.tables["sign_in_failures"].indexes}
