"""What the SCIM library demands of a storage, of ours, by the library's own suite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scim2_models import ScimProvider
from scim2_server.testing import ScimStorageContract
from sqlalchemy import Engine, delete

from kinfolk.interfaces.scim.accounts import Accounts
from kinfolk.interfaces.scim.resources import PROVIDER
from kinfolk.store.database import open_store, writing
from kinfolk.store.schema import group_members, groups, users


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return open_store(tmp_path_factory.mktemp("state"))


@pytest.fixture(autouse=True)
def as_in_a_request() -> Iterator[None]:
    """What is not kept is ignored, as it is by the server."""
    with PROVIDER:
        yield


class TestAccounts(ScimStorageContract):
    @pytest.fixture
    def storage(self, store: Engine) -> Accounts:
        with writing(store) as connection:
            for table in (group_members, groups, users):
                connection.execute(delete(table))
        return Accounts(store)

    @pytest.fixture
    def provider(self) -> ScimProvider:
        return PROVIDER

    def search_users(self) -> list[dict[str, Any]]:
        """With attributes that we keep, and names in lower case, as addresses are."""
        return [
            {"userName": "alice", "displayName": "Alice", "externalId": "A1"},
            {"userName": "bob", "active": False, "externalId": "a1"},
            {"userName": "carol", "displayName": "carol"},
        ]
