"""What of SCIM's users and groups is kept here, and what the service says of itself."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Filter,
    Meta,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

from kinfolk.model import access


class User(Resource[Any]):
    """Somebody who can sign in. Other attributes of SCIM's users (phones, titles, passwords …) are not kept."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = Field(
        None, description="The e-mail address that the person signs in with."
    )
    display_name: str | None = Field(None, description="What the person is called.")
    active: Annotated[bool, Required.true] = Field(True, description="Whether the person may sign in.")


class Member(ComplexAttribute):
    """A user in a group."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = Field(None, description="The user's id.")
    ref: Annotated[Reference[User] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref", description="The user's address here."
    )


class Group(Resource[Any]):
    """People who are given roles together: `groups` of policies/access.yml says which."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Uniqueness.server, Required.true] = Field(
        None, description="The name by which policies/access.yml knows the group."
    )
    members: list[Member] | None = Field(None, description="Who is in it.")


def user_resource(user: access.User) -> User:
    """The user as SCIM shows it."""
    shown = User(
        id=user.user_id,
        external_id=user.external_id,
        user_name=user.email,
        display_name=user.name,
        active=user.active,
    )
    shown.meta = _meta("User", user, (user.external_id, user.email, user.name, user.active))
    return shown


def group_resource(group: access.Group) -> Group:
    """The group as SCIM shows it."""
    members = [Member(value=user_id, ref=Reference(f"Users/{user_id}")) for user_id in group.members]
    shown = Group(
        id=group.group_id,
        external_id=group.external_id,
        display_name=group.name,
        members=members or None,
    )
    shown.meta = _meta("Group", group, (group.external_id, group.name, group.members))
    return shown


def _meta(kind: str, kept: access.User | access.Group, shown: tuple[object, ...]) -> Meta:
    """When it was made and changed, and a version that is another whenever what is shown is."""
    content = repr((kept.updated_at, shown)).encode()
    version = f'W/"{hashlib.sha256(content).hexdigest()[:16]}"'
    return Meta(resource_type=kind, created=kept.created_at, last_modified=kept.updated_at, version=version)


_CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=1000),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Token",
            description="A token made by `kinfolk token create`, in the header `Authorization: Bearer …`.",
            spec_uri=Reference("https://www.rfc-editor.org/rfc/rfc6750"),
            primary=True,
        )
    ],
)

# Identity providers send more than is kept here, and Entra ID says by a value what is to be removed: neither is a
# reason to refuse what can be understood.
_LENIENT = ScimPolicy(unknown=ScimPolicy.Unknown.ignore, remove_value_as_filter=ScimPolicy.RemoveValue.apply)

PROVIDER = ScimProvider(models=[User, Group], config=_CONFIG, policy=_LENIENT)
