"""Users and groups of the control state, as the SCIM library reads and writes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from scim2_models import (
    InvalidValueException,
    NotFoundException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimFilter,
    SearchRequest,
    UniquenessException,
)
from scim2_models.path import CompareOperator, Comparison
from scim2_server.storage import ScimStorage, SearchPage
from sqlalchemy import Engine

from kinfolk.commands.access import provisioning
from kinfolk.errors import BusyError, EngineError, ExistsError, KinfolkError, NotFoundError
from kinfolk.interfaces.scim.resources import User, group_resource, user_resource

_ONE_BY_ONE = RLock()


class Accounts(ScimStorage):
    """What the library asks for, asked of the commands. One request at a time: what was read is what is changed."""

    def __init__(self, store: Engine) -> None:
        self._store = store

    @contextmanager
    def operation(self) -> Iterator[None]:
        """Around each request: nobody else provisions meanwhile, and errors are said in SCIM's words."""
        with _ONE_BY_ONE, _in_words_of_scim():
            yield

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """The user or group of that id."""
        with self.operation():
            if resource_type.id == "User":
                return user_resource(provisioning.find_user(self._store, resource_id))
            return group_resource(provisioning.find_group(self._store, resource_id))

    def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """One page of those whom the filter lets through, and how many there are of them."""
        wanted = search_request.filter
        some = [one for kind in resource_types for one in self._candidates(kind, wanted)]
        found = [one for one in some if wanted is None or wanted.match(one)]
        page = slice(search_request.start_index_0, search_request.stop_index_0)
        return SearchPage(len(found), search_request.sort(found)[page])

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """A new user or group."""
        with self.operation():
            if isinstance(resource, User):
                kept = provisioning.provision_user(self._store, resource.user_name or "", **_of_user(resource))
                return user_resource(kept)
            return group_resource(provisioning.provision_group(self._store, *_of_group(resource)))

    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        """The user or group as it is to be from now on."""
        key = resource.id or ""
        with self.operation():
            self._check(resource_type, key, expected_version)
            if isinstance(resource, User):
                address = resource.user_name or ""
                changed = provisioning.change_provisioned(self._store, key, address, **_of_user(resource))
                return user_resource(changed)
            return group_resource(provisioning.change_provisioned_group(self._store, key, *_of_group(resource)))

    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        """Removes the user or group."""
        with self.operation():
            self._check(resource_type, resource_id, expected_version)
            if resource_type.id == "User":
                provisioning.remove_provisioned(self._store, resource_id)
            else:
                provisioning.remove_provisioned_group(self._store, resource_id)

    def _candidates(self, resource_type: ResourceType, wanted: ScimFilter[Any] | None) -> list[Any]:
        """Everybody; but for a filter that says who it is, as providers ask before each change, only them."""
        if resource_type.id == "User":
            named = _named(wanted)
            users = provisioning.users_named(self._store, *named) if named else provisioning.list_users(self._store)
            return [user_resource(user) for user in users]
        return [group_resource(group) for group in provisioning.list_groups(self._store)]

    def _check(self, resource_type: ResourceType, resource_id: str, expected: str | None) -> None:
        meta = self.get(resource_type, resource_id).meta
        if expected is not None and (meta is None or meta.version != expected):
            raise PreconditionFailedException


def _of_user(shown: User) -> dict[str, Any]:
    """What of the user is kept. Who leaves out `active` says nothing of it, so that it stays as it is."""
    said = {"active": shown.active} if "active" in shown.model_fields_set else {}
    return {"name": shown.display_name, "external_id": shown.external_id or None, **said}


def _of_group(shown: Any) -> tuple[str, str | None, set[str]]:
    members = {member.value or str(member.ref).rpartition("/")[2] for member in shown.members or ()}
    return shown.display_name or "", shown.external_id or None, members


def _named(wanted: ScimFilter[Any] | None) -> tuple[str, str] | None:
    """By what a filter says who it wants, and whom, where it says just that."""
    node = wanted.ast if wanted is not None else None
    if not isinstance(node, Comparison) or node.op != CompareOperator.eq or not isinstance(node.value, str):
        return None
    known = {"username": "email", "externalid": "external_id"}
    field = known.get(str(node.attr_path).lower())
    return (field, node.value) if field else None


@contextmanager
def _in_words_of_scim() -> Iterator[None]:
    try:
        yield
    except NotFoundError as error:
        raise NotFoundException(detail=str(error)) from error
    except ExistsError as error:
        raise UniquenessException(detail=str(error)) from error
    except (EngineError, BusyError):
        raise
    except KinfolkError as error:
        raise InvalidValueException(detail=str(error)) from error
