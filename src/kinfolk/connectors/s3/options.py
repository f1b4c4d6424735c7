"""What a person writes about a source that is made of objects in S3."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from kinfolk.connectors.file.options import FormatOptions


class S3Options(FormatOptions):
    """Settings of connector `s3`. Only `path` must be written.

    Without keys those of the environment (AWS_ACCESS_KEY_ID …) or of the machine's role are used.
    """

    path: str = Field(min_length=1, description="Bucket and object, or a glob: `acme-exports/shop/*.csv`.")
    endpoint: str | None = Field(None, description="Address of storage that is not Amazon's: `https://minio.acme.io`.")
    region: str | None = Field(None, description="Region of the bucket, such as eu-central-1.")
    access_key_id: str | None = Field(None, description="Name of the access key.")
    secret_access_key: str | None = Field(None, description="The key itself: `${NAME}` of an environment variable.")
    session_token: str | None = Field(None, description="Token of a temporary key: `${NAME}`.")
    anonymous: bool = Field(False, description="Read a public bucket without a key.")
    timeout: float = Field(30, gt=0, description="Seconds an answer may take to come.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.endpoint is not None and not self.endpoint.startswith(("https://", "http://")):
            raise ValueError("`endpoint` begins with https:// (or http:// in a network of your own).")
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("`access_key_id` and `secret_access_key` go together.")
        if self.anonymous and self.access_key_id is not None:
            raise ValueError("`anonymous` and a key exclude each other.")
        if not self.bucket:
            raise ValueError("`path` begins with the name of a bucket: `bucket/folder/*.csv`.")
        return self

    @property
    def bucket(self) -> str:
        """The name of the bucket."""
        return self.path.removeprefix("s3://").partition("/")[0]

    @property
    def key(self) -> str:
        """What follows the bucket: an object's key, or a glob of keys."""
        return self.path.removeprefix("s3://").partition("/")[2]
