"""A large load that breaks in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kinfolk.errors import SourceError
from kinfolk.pipeline import spool
from tests.company import Company
from tests.servers import Postgres

ROWS = 60_000


@pytest.fixture
def company(tmp_path: Path, postgres: Postgres) -> Company:
    """People in a table that arrives in several batches."""
    postgres.run(
        "drop table if exists people",
        "create table people as select i as id, 'p' || i || '@example.com' as mail, repeat('x', 400) as notes,"
        f" timestamp '2026-01-01' + i * interval '1 second' as changed from generate_series(1, {ROWS}) i",
    )
    made = Company(tmp_path)
    made.identity("keys: [email]\n")
    where = "{" + ", ".join(f"{key}: {value}" for key, value in postgres.options.items()) + ", table: people}"
    source = f"postgres: {where}\nrecord_id: id\nload: incremental\ncursor: changed\npeople: {{email: mail}}\n"
    made.write("sources/shop.yml", source)
    return made


def pieces(company: Company) -> list[Path]:
    return sorted((company.folder / ".kinfolk/spool/shop").glob("*.parquet"))


def read_from(company: Company, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The values of `since` with which the next run asks the database."""
    from kinfolk.connectors import CONNECTORS

    asked: list[str | None] = []
    plain = CONNECTORS["postgres"].open

    def noting(self: object, source: object, part: object) -> object:
        asked.append(part.since)  # type: ignore[attr-defined]
        return plain(source, part)  # type: ignore[arg-type]

    monkeypatch.setattr(type(CONNECTORS["postgres"]), "open", noting)
    return asked


def test_a_load_whose_connection_breaks_goes_on_from_there(
    company: Company, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "PIECE_ROWS", 5_000)
    keep = spool._Spool._keep

    def keeping(self: spool._Spool, *args: object) -> None:
        keep(self, *args)  # type: ignore[arg-type]
        postgres.hang_up()

    with monkeypatch.context() as patch:
        patch.setattr(spool._Spool, "_keep", keeping)
        with pytest.raises(SourceError, match="The connection broke"):
            company.run()
    kept = len(pieces(company))
    assert kept >= 1
    asked = read_from(company, monkeypatch)
    company.run()
    assert asked[0] is not None and asked[0] > "2026-01-01 00:30:00"
    assert company.ask("select count(*), count(distinct _record_id) from landing.shop") == [(ROWS, ROWS)]
    assert company.ask("select count(*) from quarantine.records") == [(0,)]
    assert not (company.folder / ".kinfolk/spool").exists()


def test_what_was_kept_for_another_question_is_not_used(
    company: Company, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "PIECE_ROWS", 5_000)
    folder = company.folder / ".kinfolk/spool/shop"
    folder.mkdir(parents=True)
    (folder / "made_for").write_text("something else")
    (folder / "000001.parquet").write_bytes(b"damaged")
    asked = read_from(company, monkeypatch)
    company.run()
    assert asked == [None]
    assert company.ask("select count(*) from landing.shop") == [(ROWS,)]


@pytest.mark.slow
def test_a_load_that_is_killed_goes_on_from_there(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys, pathlib; from kinfolk.pipeline import spool; spool.PIECE_ROWS = 5000;"
        "from kinfolk.commands.run import run; run(pathlib.Path(sys.argv[1]))"
    )
    started = subprocess.Popen([sys.executable, "-c", code, str(company.folder)], env=os.environ)
    try:
        for _ in range(600):
            if pieces(company) or started.poll() is not None:
                break
            time.sleep(0.05)
        assert started.poll() is None and pieces(company), "It was done before it could be killed."
        started.send_signal(signal.SIGKILL)
    finally:
        started.wait(30)
    assert company.folder.joinpath(".kinfolk/spool").exists()
    asked = read_from(company, monkeypatch)
    company.run()
    assert asked[0] is not None
    assert company.ask("select count(*), count(distinct _record_id) from landing.shop") == [(ROWS, ROWS)]
